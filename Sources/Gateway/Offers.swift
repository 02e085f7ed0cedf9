import AWSCore
import Kernel
import MCPCore

extension Transaction {
    /// What the targets of a gateway offer besides tools, in the order in which they were made.
    mutating func servedOffers(
        of gateway: GatewayID, _ serving: Serving
    ) -> [(target: TargetRecord, offer: OfferRecord)] {
        find(TargetRecord.self, where: "gateway", is: gateway.rawValue).compactMap { target in
            guard target.isServed(serving), let offer = find(OfferRecord.self, target.id) else {
                return nil
            }
            return (target, offer)
        }
    }
}

/// Prompts, resources and templates of all targets as one server's.
///
/// Prompts are called like tools, `<target>___<prompt>`. A resource keeps its URI; where two targets have the same, the
/// one with the lower `resourcePriority` answers, of equals the older target (ledger `gateway-resource-priority`).
struct Offers {
    private let endpoint: Endpoint
    init(_ endpoint: Endpoint) { self.endpoint = endpoint }

    func reply(to call: MCPCall) async throws(JSONRPCError) -> MCPReply {
        switch call.method {
        case "prompts/list": return .result(try endpoint.page(of: prompts(), "prompts", call.params))
        case "resources/list":
            return .result(try endpoint.page(of: unique("uri", \.resources), "resources", call.params))
        case "resources/templates/list":
            let templates = try unique("uriTemplate", \.templates)
            return .result(try endpoint.page(of: templates, "resourceTemplates", call.params))
        default: return try await Invocation(endpoint, call).reply()
        }
    }

    private func served() throws(JSONRPCError) -> [(target: TargetRecord, offer: OfferRecord)] {
        try endpoint.look { $0.servedOffers(of: endpoint.record.id, endpoint.serving) }
    }

    private func prompts() throws(JSONRPCError) -> [JSONValue] {
        try served().flatMap { target, offer in
            offer.prompts.compactMap { prompt -> JSONValue? in
                guard var definition = prompt.object, let name = definition["name"]?.string else { return nil }
                definition["name"] = .string(ToolName.joined(target.name, name))
                return .object(definition)
            }
        }
    }

    /// Best first where an URI stands twice.
    private func byPriority() throws(JSONRPCError) -> [(target: TargetRecord, offer: OfferRecord)] {
        try served().enumerated()
            .sorted { ($0.element.target.priority, $0.offset) < ($1.element.target.priority, $1.offset) }
            .map(\.element)
    }

    private func unique(
        _ member: String, _ items: (OfferRecord) -> [JSONValue]
    ) throws(JSONRPCError) -> [JSONValue] {
        var seen: Set<String> = []
        return try byPriority().flatMap { items($0.offer) }.filter { item in
            item[member]?.string.map { seen.insert($0).inserted } ?? false
        }
    }

    /// The target and its own name of a prompt.
    func prompt(_ params: JSONObject) throws(JSONRPCError) -> (TargetRecord, String) {
        guard let name = params["name"]?.string else { throw .invalidParams("Invalid params: name expected") }
        guard let (targetName, own) = ToolName.parts(name),
            let found = try served().first(where: { $0.target.name == targetName }),
            found.offer.prompts.contains(where: { $0["name"]?.string == own })
        else { throw .invalidParams("Unknown prompt: \(name)") }
        return (found.target, own)
    }

    /// The target that answers for a URI: one that lists it, else one that has a template for it.
    func resource(_ params: JSONObject, _ revision: Revision) throws(JSONRPCError) -> (TargetRecord, String) {
        guard let uri = params["uri"]?.string else { throw .invalidParams("Invalid params: uri expected") }
        let offers = try byPriority()
        let listed = offers.first { $0.offer.resources.contains { $0["uri"]?.string == uri } }
        let templated = offers.first { offer in
            offer.offer.templates.contains { URITemplate($0["uriTemplate"]?.string ?? "").fits(uri) }
        }
        guard let found = listed ?? templated else {
            // MCP 2026-07-28 took the code of its own away.
            throw JSONRPCError(
                revision.isStateless ? -32602 : -32002, "Resource not found", data: ["uri": .string(uri)])
        }
        return (found.target, uri)
    }
}

extension TargetRecord {
    /// `resourcePriority`; 1000 where none is given.
    fileprivate var priority: Int64 { mcpServer?["resourcePriority"]?.int ?? 1000 }
}

/// A URI with holes, as far as servers use them (RFC 6570 level 1): `test://item/{id}`.
struct URITemplate {
    private let literals: [Substring]

    init(_ text: String) {
        var literals: [Substring] = []
        var rest = text[...]
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            literals.append(rest[..<open])
            rest = rest[rest.index(after: close)...]
        }
        self.literals = literals + [rest]
    }

    /// Each hole takes at least one character and no slash.
    func fits(_ uri: String) -> Bool {
        guard literals.count > 1, let first = literals.first, uri.hasPrefix(first) else { return false }
        var rest = uri.dropFirst(first.count)
        for (index, literal) in literals.enumerated().dropFirst() {
            let isLast = index == literals.count - 1
            let hole = rest.prefix { $0 != "/" }
            guard !hole.isEmpty else { return false }
            if isLast, literal.isEmpty { return hole.count == rest.count }
            guard let next = literal.first, let end = rest.dropFirst().firstIndex(of: next), end <= hole.endIndex,
                rest[end...].hasPrefix(literal)
            else { return false }
            rest = rest[end...].dropFirst(literal.count)
        }
        return rest.isEmpty
    }
}
