import Kernel
package import Scenario

// What a file's secrets are, and what they are made of.

extension JSONValue {
    /// Each text and number in the value of a secret, with what reports call it: `db.password` inside a mapping. A flag
    /// and a null are none: two values hide nothing, and would be masked wherever one stands.
    func secretLeaves(of name: String) -> [(value: String, name: String)] {
        switch self {
        case .string(let text): text.isEmpty ? [] : [(text, name)]
        case .int, .double: [(text, name)]
        case .array(let items): items.enumerated().flatMap { $1.secretLeaves(of: "\(name).\($0)") }
        case .object(let object): object.members.flatMap { $0.value.secretLeaves(of: "\(name).\($0.name)") }
        default: []
        }
    }
}

extension DocumentNode {
    /// The same of a value that a file writes out: the scalars without a variable in them.
    package func secretLeaves(of name: String) -> [(node: DocumentNode, name: String)] {
        switch content {
        case .scalar: Template.holes(in: self).isEmpty && !json.secretLeaves(of: name).isEmpty ? [(self, name)] : []
        case .sequence(let items): items.enumerated().flatMap { $1.secretLeaves(of: "\(name).\($0)") }
        case .mapping(let members): members.flatMap { $0.value.secretLeaves(of: "\(name).\($0.name)") }
        }
    }
}

/// Names of what secrets are made of, directly or by way of other variables of the file.
package struct SecretSources: Sendable {
    package private(set) var variables: Set<String> = []
    package private(set) var environment: Set<String> = []

    package init(of file: ScenarioFile) {
        var nodes = file.secrets.compactMap { $0.value?.node }
        while let node = nodes.popLast() {
            for hole in Template.holes(in: node) {
                guard case .success(let path) = hole.path else { continue }
                if path.root == "env" {
                    var names = file.environment.map(\.name)
                    if path.segments.count > 1, case .member(let name) = path.segments[1] { names = [name] }
                    for name in names where environment.insert(name).inserted {
                        nodes += file.environment.filter { $0.name == name }.compactMap { $0.standard?.node }
                    }
                } else if !ScenarioRun.standardVariables.contains(path.root), variables.insert(path.root).inserted {
                    nodes += file.settings.filter { $0.name == path.root }.map(\.value.node)
                }
            }
        }
    }
}

extension ScenarioFile {
    /// Mistakes that make runs hard to read or to tell apart: a secret of so few letters that they stand in every other
    /// word, cells of a matrix that look the same, and a golden trace for several of them.
    func mistakesOfRuns(_ cells: [ScenarioFile]) -> [Diagnostic] {
        var mistakes: [Diagnostic] = []
        for secret in secrets {
            for leaf in secret.value?.node.secretLeaves(of: secret.name) ?? [] {
                let count = leaf.node.scalarText?.count ?? 0
                guard (1..<Self.shortestSecret).contains(count) else { continue }
                mistakes.append(
                    Diagnostic(
                        leaf.node.place, "the secret \(leaf.name) is too short: every word with it would be masked",
                        hint: "a secret has at least \(Self.shortestSecret) letters; what is none stands under with"))
            }
        }
        var names: Set<String> = []
        if let double = cells.first(where: { !names.insert($0.cellText).inserted }) {
            let lines = source.text.split(separator: "\n", omittingEmptySubsequences: false)
            let line = lines.firstIndex { $0.hasPrefix("matrix:") }.map { $0 + 1 }
            mistakes.append(
                Diagnostic(
                    line.map { Place(source, line: $0, column: 1, length: 6) } ?? place,
                    "the matrix has two cells that reports call [\(double.cellText)]",
                    hint: "nobody could tell their runs apart: write one of the values in another way"))
        }
        return mistakes + sharedGoldenTraces(cells)
    }

    private static let shortestSecret = 4
}
