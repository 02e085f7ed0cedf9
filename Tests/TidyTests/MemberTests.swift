import AWSCore
import Foundation
import Kernel
import TestSupport
import Testing

/// No member of a request is passed over in silence: some party reads it, or the journal says that nobody does, or it
/// is refused by name.
struct MemberTests {
    /// Parts of targets that this build refuses by name (scenario targets/other-kinds-of-targets).
    private static let refused = [
        "targetConfiguration.http", "targetConfiguration.inference", "targetConfiguration.mcp.connector",
        "targetConfiguration.mcp.openApiSchema.s3", "targetConfiguration.mcp.smithyModel.s3",
        "targetConfiguration.mcp.lambda.toolSchema.s3", "targetConfiguration.mcp.mcpServer.mcpToolSchema.s3",
    ]
    private static let readers = [
        "ControlPlane", "IdentityService", "Gateway", "AWSCore", "AccountServices", "LambdaService",
    ]

    private let contract: JSONValue
    /// Every word that stands in a text of the parties' code.
    private let words: Set<String>

    init() throws {
        contract = try Checkout.mock("contract/contract.json")
        var words: Set<String> = []
        for file in Repository.sources
        where Self.readers.contains(file.module) && !file.path.hasSuffix("/InertMembers.swift") {
            for (_, text) in file.code {
                // Every second piece between quotation marks is a text.
                for (place, piece) in text.components(separatedBy: "\"").enumerated() where !place.isMultiple(of: 2) {
                    words.formUnion(piece.split { !$0.isLetter && !$0.isNumber }.map(String.init))
                }
            }
        }
        self.words = words
    }

    @Test func everyMemberOfARequestIsReadOrSaidToBeInert() {
        for operation in contract["operations"]?.array ?? [] {
            let name = operation["name"]?.string ?? ""
            let excused = InertMembers.listed(for: name) + Self.refused
            for path in paths(operation) where !excused.contains(where: { path == $0 || path.hasPrefix($0 + ".") }) {
                let member = path.split(separator: ".").last.map(String.init) ?? ""
                if !words.contains(member) { Issue.record("nobody reads \(path) of \(name)") }
            }
        }
    }

    @Test func whatIsListedAsInertIsInTheModel() {
        let operations = Dictionary(
            uniqueKeysWithValues: (contract["operations"]?.array ?? []).map { ($0["name"]?.string ?? "", $0) })
        for operation in contract["operations"]?.array ?? [] {
            let name = operation["name"]?.string ?? ""
            guard name.hasPrefix("Create") else { continue }
            // Some the creation does not have.
            let update = "Update\(name.dropFirst("Create".count))"
            let known = Set(paths(operation)).union(operations[update].map(paths) ?? [])
            for path in InertMembers.listed(for: name) where !known.contains(path) {
                Issue.record("neither \(name) nor \(update) has a member \(path)")
            }
        }
    }

    private func paths(_ operation: JSONValue) -> [String] {
        guard let service = operation["service"]?.string, let input = operation["input"]?.string,
            let shapes = contract["shapes"]?[service]
        else { return [] }
        var found: [String] = []
        walk(input, "", shapes, [], &found)
        return found
    }

    private func walk(
        _ name: String, _ path: String, _ shapes: JSONValue, _ above: Set<String>, _ found: inout [String]
    ) {
        guard let shape = shapes[name], !above.contains(name) else { return }
        let above = above.union([name])
        for member in shape["members"]?.object?.members ?? [] {
            let place = path.isEmpty ? member.name : "\(path).\(member.name)"
            found.append(place)
            walk(member.value.string ?? member.value["shape"]?.string ?? "", place, shapes, above, &found)
        }
        for part in ["member", "value"] {
            if let inner = shape[part]?.string { walk(inner, path, shapes, above, &found) }
        }
    }
}
