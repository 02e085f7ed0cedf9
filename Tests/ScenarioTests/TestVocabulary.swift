import Foundation
import Kernel
import Scenario

/// A language as small as a test needs it.
struct CallStep: Step {
    static let keyword = "call"
    let saves: Saves
    let with: Template?
    let expectations: Expectations
    var defines: [String] { saves.names }

    init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(["with", "expect", "save"], &reading)
        let roots = ["status", "headers", "body"]
        with = members["with"].map { Template($0, &reading) }
        expectations = Expectations(members["expect"], roots: roots, &reading)
        saves = Saves(members["save"], roots: roots, &reading)
    }
}

struct OpenStep: Step {
    static let keyword = "browser"
    let url: Template
    var defines: [String] { [] }

    init?(_ node: StepNode, _ reading: inout Reading) {
        _ = node.members(["as"], &reading)
        url = Template(node.value, &reading)
    }
}

struct MovesCheck: Check {
    static let keyword = "transitions"
    init?(_ node: DocumentNode, _ reading: inout Reading) {}
}

enum TestLanguage {
    static var vocabulary: Vocabulary {
        var vocabulary = Vocabulary()
        vocabulary.steps = [CallStep.self, OpenStep.self]
        vocabulary.checks = [MovesCheck.self]
        vocabulary.rules = ["session-binding", "code-single-use"]
        vocabulary.unknowns = ["binding.mode": ["token", "sub"]]
        vocabulary.labs = ["default", "strict"]
        vocabulary.users = ["alice"]
        vocabulary.otherRows = { id in
            let rows = ["E1", "E2", "E30", "T2"]
            return rows.contains(id) ? nil : rows
        }
        return vocabulary
    }

    static let gateway = Source(
        name: "scenarios/given/gateway.yaml",
        text: """
            fragment: A gateway is there
            with: {searchType: SEMANTIC}
            steps:
              - call: create
                with: {type: "${searchType}"}
                save: {gateway: body.gatewayId}
            """)

    static func read(_ text: String, name: String = "test.yaml") -> (ScenarioFile?, [Diagnostic]) {
        let reader = ScenarioReader(vocabulary, fragments: ["gateway"]) { $0 == "gateway" ? gateway : nil }
        return reader.read(Source(name: name, text: text))
    }

    /// A node of a snippet, for what stands below a scenario.
    static func node(_ yaml: String) throws -> DocumentNode {
        try DocumentNode.parse(Source(name: "snippet.yaml", text: yaml))
    }

    static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
}
