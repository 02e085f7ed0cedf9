import AWSCore
import Kernel

/// What a target's document says: the tools, and for an HTTP API the calls behind them.
struct TargetDocument: Sendable {
    var tools: [JSONValue]
    var operations: [APIOperation] = []

    /// Why a document is of no use: the text for `statusReasons`.
    struct Failure: Error {
        let reason: String
        init(_ reason: String) { self.reason = reason }
    }

    /// What can be said about a configuration before its document is read.
    static func check(_ configuration: JSONObject, _ quotas: AWSSettings.Quotas) throws(AWSError) {
        let mcp = configuration["mcp"]
        if let schema = mcp?["lambda"]?["toolSchema"] {
            guard let payload = schema["inlinePayload"], let tools = payload.array else {
                throw onlyInline("lambda.toolSchema")
            }
            guard payload.bytes.count <= quotas.inlineSchema else {
                throw AWSError(.validation, "Invalid tool schema: more than \(quotas.inlineSchema) bytes")
            }
            guard tools.count <= quotas.toolsPerTarget else {
                throw AWSError(.validation, "Invalid tool schema: more than \(quotas.toolsPerTarget) tools")
            }
            return
        }
        for member in ["openApiSchema", "smithyModel"] {
            guard let schema = mcp?[member] else { continue }
            guard let text = schema["inlinePayload"]?.string else { throw onlyInline(member) }
            guard text.utf8.count <= quotas.inlineSchema else {
                throw AWSError(.validation, "\(member).inlinePayload has more than \(quotas.inlineSchema) bytes")
            }
        }
    }

    /// Limits of what was read, whichever document it stood in (ledger `aws-quotas`, `tool-name-length`).
    func check(_ quotas: AWSSettings.Quotas) throws(Failure) {
        guard tools.count <= quotas.toolsPerTarget else { throw Failure("More than \(quotas.toolsPerTarget) tools") }
        let most = ToolSchema.longestName
        let names = tools.lazy.compactMap { $0["name"]?.string }
        guard let name = names.first(where: { $0.unicodeScalars.count > most }) else { return }
        throw Failure("The name of tool '\(name.prefix(20))…' has more than \(most) characters")
    }

    private static func onlyInline(_ member: String) -> AWSError {
        AWSError(.validation, "\(member).s3 is not supported; supported: inlinePayload")
    }

    /// Tools of a Lambda target: given as an array, not as a text (ledger `lambda-tool-schema`). What a tool takes is
    /// an object, unless the lab says otherwise (ledger `lambda-input-schema`).
    static func lambda(_ schema: JSONValue?, _ switches: Switches) throws(Failure) -> TargetDocument {
        let tools = schema?["inlinePayload"]?.array ?? []
        var names: Set<String> = []
        for tool in tools {
            let name = tool["name"]?.string ?? ""
            guard !name.isEmpty else { throw Failure("Invalid tool schema: a tool has no name") }
            guard names.insert(name).inserted else { throw Failure("Invalid tool schema: tool '\(name)' stands twice") }
            guard tool["inputSchema"]?["type"] == "object" || switches.choice(.lambdaInputSchema) == "any" else {
                throw Failure("Invalid tool schema: inputSchema.type of tool '\(name)' must be object")
            }
        }
        return TargetDocument(tools: tools)
    }

    /// How many schemas a document may unfold to, and how many bytes. References that share references would make
    /// millions of a few lines, and variables gigabytes; the bounds are this emulator's own. Sixteen times what an
    /// inline document may have.
    final class Room {
        private static let mostSchemas = 100_000
        private static let mostBytes = 16 << 20
        private var schemas = 0
        private var bytes = 0

        func takeSchema(at place: String) throws(Failure) {
            schemas += 1
            guard schemas <= Self.mostSchemas else {
                throw Failure("The schemas of the document unfold to more than \(Self.mostSchemas)")
            }
            try take(place)
        }

        func take(_ texts: String...) throws(Failure) {
            for text in texts { try take(text.utf8.count) }
        }

        func take(_ value: JSONValue) throws(Failure) {
            switch value {
            case .string(let text): try take(text.utf8.count)
            case .array(let items): for item in items { try take(item) }
            case .object(let object):
                for member in object.members {
                    try take(member.name.utf8.count)
                    try take(member.value)
                }
            default: try take(1)
            }
        }

        private func take(_ count: Int) throws(Failure) {
            bytes += count + 1
            guard bytes <= Self.mostBytes else {
                throw Failure("The document unfolds to more than \(Self.mostBytes) bytes")
            }
        }
    }

    /// A hole that stands twice in a path, where each may stand once (OpenAPI Specification 3.2, "Path Templating";
    /// Smithy 2.0 specification, "http trait", labels).
    static func repeatedHole(in path: String) -> String? {
        var names: Set<Substring> = []
        for piece in path.pieces(by: "{", keepingEmpty: true).dropFirst() {
            guard let end = piece.place(of: "}") else { continue }
            let name = piece[..<end].hasSuffix("+") ? piece[..<end].dropLast() : piece[..<end]
            guard names.insert(name).inserted else { return String(name) }
        }
        return nil
    }

    static func json(_ text: String, _ what: String) throws(Failure) -> JSONValue {
        do throws(JSONFailure) {
            return try JSONValue(parsing: text)
        } catch {
            throw Failure("Invalid \(what): not JSON: \(error.description)")
        }
    }

    /// JSON or YAML (ledger `openapi-yaml`).
    static func openAPI(_ text: String, _ settings: AWSSettings) throws(Failure) -> JSONValue {
        if let value = try? JSONValue(parsing: text) { return value }
        // What begins as JSON does is meant as JSON, and its mistakes are told as those of JSON.
        guard let yaml = settings.yaml, !trimmed(text).hasPrefix("{") else { return try json(text, "OpenAPI schema") }
        do throws(AWSSettings.YAMLMistake) {
            return try yaml(text)
        } catch {
            throw Failure("Invalid OpenAPI schema: neither JSON nor YAML: \(error.reason)")
        }
    }
}

// Reading happens after the answer: CREATING, then READY or FAILED (ledger `T3`).
extension ControlPlane {
    /// Reads a target's document and settles the target either way.
    func readTarget(_ address: TargetAddress) async {
        let found = try? world.store.write { $0.find(TargetRecord.self, address.target) }
        guard let target = found ?? nil, target.gateway == address.gateway, target.status.isWorking else { return }
        let outcome: Result<TargetDocument, TargetDocument.Failure>
        do throws(TargetDocument.Failure) {
            let document = try await document(of: target)
            try document.check(settings.quotas)
            outcome = .success(document)
        } catch {
            outcome = .failure(error)
        }
        let now = world.clock.now
        _ = try? world.store.write { transaction in
            // It may have been deleted, or moved on, while a document was fetched.
            guard let current = transaction.find(TargetRecord.self, target.id), current.state == target.state,
                current.updatedAt == target.updatedAt
            else { return }
            switch outcome {
            case .success(let document):
                transaction.forgetContents(of: target.id)
                transaction.save(CatalogueRecord(id: target.id, gateway: target.gateway, tools: document.tools))
                transaction.save(
                    APIOperationsRecord(id: target.id, gateway: target.gateway, operations: document.operations))
                _ = try transaction.apply(.settle, to: current, cause: "document read", at: now)
                tellToolsChanged(at: target.gateway, now, in: &transaction)
            case .failure(let failure):
                _ = try transaction.apply(
                    .crawlFailed(reason: failure.reason), to: current, cause: "document not read", at: now)
            }
        }
    }

    private func document(of target: TargetRecord) async throws(TargetDocument.Failure) -> TargetDocument {
        let mcp = target.configuration["mcp"]
        switch target.kind {
        case .lambda: return try .lambda(mcp?["lambda"]?["toolSchema"], world.switches)
        case .openAPI:
            let text = mcp?["openApiSchema"]?["inlinePayload"]?.string ?? ""
            return try OpenAPIReader(try TargetDocument.openAPI(text, settings), world.switches).document()
        case .smithy:
            let text = mcp?["smithyModel"]?["inlinePayload"]?.string ?? ""
            let model = try TargetDocument.json(text, "Smithy model")
            return try SmithyReader(model, region: settings.region).document()
        case .apiGateway: return try await StageExport(self, mcp?["apiGateway"]?.object ?? [:]).document()
        default: throw TargetDocument.Failure("This type of target has no document")
        }
    }
}
