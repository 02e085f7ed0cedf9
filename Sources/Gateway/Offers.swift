import AWSCore
import Kernel
import MCPCore

extension Transaction {
    /// What the targets of a gateway offer besides tools, in the order in which they were made. What a DYNAMIC target
    /// offers is not known here: nil.
    mutating func servedOffers(
        of gateway: GatewayID, _ serving: Serving
    ) -> [(target: TargetRecord, offer: OfferRecord?)] {
        find(TargetRecord.self, where: "gateway", is: gateway.rawValue).compactMap { target in
            guard target.isServed(serving) else { return nil }
            if target.isDynamic { return (target, nil) }
            return find(OfferRecord.self, target.id).map { (target, $0) }
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
        case "prompts/list": return .result(try endpoint.page(of: await prompts(), "prompts", call.params))
        case "resources/list":
            let resources = try await unique("uri", \.resources, [.resources])
            return .result(try endpoint.page(of: resources, "resources", call.params))
        case "resources/templates/list":
            let templates = try await unique("uriTemplate", \.templates, [.templates])
            return .result(try endpoint.page(of: templates, "resourceTemplates", call.params))
        default: return try await Invocation(endpoint, call).reply()
        }
    }

    /// Of DYNAMIC targets these parts, as they are at this moment.
    private func served(
        _ parts: Set<Crawler.Part>
    ) async throws(JSONRPCError) -> [(target: TargetRecord, offer: OfferRecord)] {
        var result: [(target: TargetRecord, offer: OfferRecord)] = []
        for (target, kept) in try known() {
            if let kept {
                result.append((target, kept))
            } else if let live = await LiveListing(endpoint, target).offer(parts) {
                result.append((target, live))
            }
        }
        return result
    }

    private func known() throws(JSONRPCError) -> [(target: TargetRecord, offer: OfferRecord?)] {
        try endpoint.look { $0.servedOffers(of: endpoint.record.id, endpoint.serving) }
    }

    private func prompts() async throws(JSONRPCError) -> [JSONValue] {
        try await served([.prompts]).flatMap { target, offer in
            offer.prompts.compactMap { prompt -> JSONValue? in
                guard var definition = prompt.object, let name = definition["name"]?.string else { return nil }
                definition["name"] = .string(ToolName.joined(target.name, name))
                return .object(definition)
            }
        }
    }

    /// Best first where an URI stands twice.
    private func byPriority(
        _ parts: Set<Crawler.Part>
    ) async throws(JSONRPCError) -> [(target: TargetRecord, offer: OfferRecord)] {
        try await served(parts).enumerated()
            .sorted { ($0.element.target.priority, $0.offset) < ($1.element.target.priority, $1.offset) }
            .map(\.element)
    }

    private func unique(
        _ member: String, _ items: (OfferRecord) -> [JSONValue], _ parts: Set<Crawler.Part>
    ) async throws(JSONRPCError) -> [JSONValue] {
        var seen: Set<String> = []
        return try await byPriority(parts).flatMap { items($0.offer) }.filter { item in
            item[member]?.string.map { seen.insert($0).inserted } ?? false
        }
    }

    /// The target and its own name of a prompt. Any name may be asked of a DYNAMIC target.
    func prompt(_ params: JSONObject) throws(JSONRPCError) -> (TargetRecord, String) {
        guard let name = params["name"]?.string else { throw .invalidParams("Invalid params: name expected") }
        guard let (targetName, own) = ToolName.parts(name),
            let found = try known().first(where: { $0.target.name == targetName }),
            found.offer?.prompts.contains(where: { $0["name"]?.string == own }) ?? true
        else { throw .invalidParams("Unknown prompt: \(name)") }
        return (found.target, own)
    }

    /// The target that answers for a URI: one that lists it, else one that has a template for it.
    func resource(
        _ params: JSONObject, _ revision: Revision
    ) async throws(JSONRPCError) -> (TargetRecord, String) {
        guard let uri = params["uri"]?.string else { throw .invalidParams("Invalid params: uri expected") }
        let offers = try await byPriority([.resources, .templates])
        let listed = offers.first { $0.offer.resources.contains { $0["uri"]?.string == uri } }
        let templated = offers.first { offer in
            offer.offer.templates.contains { definition in
                guard let template = URITemplate(definition["uriTemplate"]?.string ?? "") else { return false }
                return template.isTemplate && template.match(uri) != nil
            }
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
