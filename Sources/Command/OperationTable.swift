import AWSCore
import Foundation
import HTTPTypes
import Harness
import Kernel
import Scenario

/// Every AWS operation in scope: whether it is answered, which real client calls it in a test, which scenarios do, and
/// how sure the facts are that those rest on. Nothing in it is written by hand.
struct OperationTable {
    struct Row {
        let operation: String
        let isAnswered: Bool
        let clients: [String]
        let scenarios: Int
        /// Ledger rows that the scenarios name, by mark.
        let facts: [Ledger.Mark: Int]
    }

    let rows: [Row]
    private static let clientNames = [
        "test_cli.py": "AWS CLI", "test_sdk.py": "AgentCore SDK and toolkit", "test_deploy.py": "CDK",
    ]

    init(_ files: [ScenarioFile], _ ledger: Ledger, lab: Lab, root: String) async throws {
        let tests = Self.tests(root)
        var callers: [String: (paths: Set<String>, facts: Set<String>)] = [:]
        // A matrix is one file for each of its cells.
        var read: Set<String> = []
        for file in files where read.insert(file.path).inserted {
            for name in Self.operations(in: try DocumentNode.parse(file.source)) {
                callers[name, default: ([], [])].paths.insert(file.path)
                callers[name, default: ([], [])].facts.formUnion(file.spec)
            }
        }
        var rows: [Row] = []
        for operation in lab.contract.operations {
            let found = callers[operation.name] ?? ([], [])
            let marks = found.facts.compactMap { ledger[$0]?.mark }
            rows.append(
                Row(
                    operation: operation.name, isAnswered: try await Self.isAnswered(operation, by: lab),
                    clients: Self.clients(of: operation.name, in: tests), scenarios: found.paths.count,
                    facts: Dictionary(grouping: marks) { $0 }.mapValues(\.count)))
        }
        self.rows = rows
    }

    /// What the `aws` steps of a file call, wherever they stand in it.
    private static func operations(in node: DocumentNode) -> [String] {
        if let items = node.items { return items.flatMap(operations) }
        return node.members.flatMap { member in
            let own = member.name == AWSStep.keyword ? member.value.scalarText : nil
            return [own].compactMap(\.self) + operations(in: member.value)
        }
    }

    /// Asked for with nothing in it, an operation is refused for what it lacks and not for what it is.
    private static func isAnswered(_ operation: Contract.Operation, by lab: Lab) async throws -> Bool {
        let path = operation.uri.split(separator: "/", omittingEmptySubsequences: false)
            .map { $0.hasPrefix("{") ? "nobody-abcdefghij" : String($0) }.joined(separator: "/")
        let request = Request(
            operation.method, lab.addresses.origin(of: .aws) + path, headers: [.contentType: "application/json"],
            body: Array("{}".utf8))
        let answer = try await lab.network.port(of: .outside).send(request)
        return answer.status != 500 && answer.json?["message"]?.string?.contains("is not supported") != true
    }

    /// The files of the real clients' tests, where this program stands in its checkout.
    private static func tests(_ root: String) -> [(name: String, words: Set<String>)] {
        let folder = "\(root)/Tests/RealClients"
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        return names.filter { $0.hasSuffix(".py") }.map { name in
            let text = (try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8)) ?? ""
            return (name, Set(text.split { !$0.isLetter && !$0.isNumber && $0 != "_" && $0 != "-" }.map(String.init)))
        }
    }

    private static func clients(of operation: String, in tests: [(name: String, words: Set<String>)]) -> [String] {
        let spelt = [spelling(operation, "_"), spelling(operation, "-")]
        let callers = tests.filter { test in spelt.contains(where: test.words.contains) }
        return Set(callers.map { clientNames[$0.name] ?? "boto3" }).sorted()
    }

    /// `CreateOauth2CredentialProvider` as boto3 and the CLI spell it; a run of capitals is one word.
    private static func spelling(_ name: String, _ mark: String) -> String {
        let plain = name.replacingOccurrences(of: "CMK", with: "Cmk").replacingOccurrences(of: "JWT", with: "Jwt")
        return plain.reduce(into: "") { text, letter in
            if letter.isUppercase, !text.isEmpty { text += mark }
            text += letter.lowercased()
        }
    }

    var markdown: String {
        let marks = Ledger.Mark.allCases
        let head = ["operation", "answered", "called by", "scenarios"] + marks.map(\.rawValue)
        let lines = rows.map { row in
            let clients = row.clients.isEmpty ? "-" : row.clients.joined(separator: ", ")
            let cells = [row.operation, row.isAnswered ? "yes" : "no", clients, "\(row.scenarios)"]
            return cells + marks.map { "\(row.facts[$0, default: 0])" }
        }
        let table = [head, head.map { _ in "---" }] + lines
        return table.map { "| \($0.joined(separator: " | ")) |" }.joined(separator: "\n")
    }

    var json: JSONValue {
        .array(
            rows.map { row in
                let facts = Ledger.Mark.allCases.map {
                    JSONObject.Member($0.rawValue, .int(Int64(row.facts[$0, default: 0])))
                }
                return [
                    "operation": .string(row.operation), "answered": .bool(row.isAnswered),
                    "clients": .strings(row.clients), "scenarios": .int(Int64(row.scenarios)),
                    "facts": .object(JSONObject(facts)),
                ]
            })
    }
}
