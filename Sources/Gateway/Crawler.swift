import AWSCore
import Kernel
import MCPCore

/// Why a catalogue could not be read: the text for `statusReasons`.
struct CrawlFailure: Error {
    let reason: String
}

/// Reads what a target offers. Always by the handshake of 2025-11-25, whatever the gateway itself offers: a target of
/// 2026-07-28 alone cannot be read (P34).
struct Crawler {
    /// With the target's credential on it.
    let network: any Network
    /// More tools than this are refused.
    let limit: Int

    /// What was read.
    struct Catalogue {
        var tools: [JSONValue] = []
        var prompts: [JSONValue] = []
        var resources: [JSONValue] = []
        var templates: [JSONValue] = []
    }

    /// One of the lists of a server.
    enum Part: CaseIterable {
        case tools
        case prompts
        case resources
        case templates
    }

    /// All of it, for keeping: a server must have tools then, and every tool is looked at.
    func catalogue(at endpoint: String) async throws(CrawlFailure) -> Catalogue {
        let catalogue = try await read(Set(Part.allCases), at: endpoint, needsTools: true)
        for tool in catalogue.tools { try check(tool) }
        return catalogue
    }

    /// Some of the lists, as the server has them.
    func read(
        _ parts: Set<Part>, at endpoint: String, needsTools: Bool = false
    ) async throws(CrawlFailure) -> Catalogue {
        var client = MCPClient(network: network, endpoint: endpoint, token: nil)
        var catalogue = Catalogue()
        do throws(MCPFailure) {
            try await client.connect(as: Gateway.name, version: Gateway.version)
            let (hasTools, hasPrompts) = (client.capabilities["tools"] != nil, client.capabilities["prompts"] != nil)
            let hasResources = client.capabilities["resources"] != nil
            guard hasTools || !needsTools else { throw .malformed("no tools capability") }
            if hasTools, parts.contains(.tools) {
                catalogue.tools = try await client.list("tools/list", "tools", limit: limit)
            }
            if hasPrompts, parts.contains(.prompts) {
                catalogue.prompts = try await client.list("prompts/list", "prompts")
            }
            if hasResources, parts.contains(.resources) {
                catalogue.resources = try await client.list("resources/list", "resources")
            }
            if hasResources, parts.contains(.templates) {
                catalogue.templates = try await client.list("resources/templates/list", "resourceTemplates")
            }
        } catch {
            throw CrawlFailure(reason: Self.reason(error, endpoint))
        }
        return catalogue
    }

    /// The texts people have seen (ledger `crawl-reasons`).
    static func reason(_ failure: MCPFailure, _ endpoint: String) -> String {
        if case .handshakeRefused(let status) = failure {
            return "MCP server '\(endpoint)' returned HTTP \(status) to the initialize handshake."
        }
        return prefixed(failure.cause)
    }

    static func prefixed(_ cause: String) -> String {
        "Failed to connect and fetch tools from the provided MCP target server. Error - \(cause)"
    }

    /// A tool must have a name and a schema that stands by itself: one that refers elsewhere fails the whole
    /// synchronization (ledger `schema-keywords`).
    private func check(_ tool: JSONValue) throws(CrawlFailure) {
        guard let name = tool["name"]?.string, !name.isEmpty, let schema = tool["inputSchema"], schema.object != nil
        else { throw CrawlFailure(reason: Self.prefixed("A tool has no name or no inputSchema")) }
        for schema in [schema, tool["outputSchema"]].compactMap({ $0 }) {
            guard let keyword = SchemaKeywords.forbidden(in: schema) else { continue }
            let cause = "The schema of tool '\(name)' uses \(keyword), which is not supported"
            throw CrawlFailure(reason: Self.prefixed(cause))
        }
    }
}

/// JSON Schema keywords that a tool's schema may not have.
enum SchemaKeywords {
    private static let forbidden = ["$ref", "$defs", "$anchor", "$dynamicRef", "$dynamicAnchor"]
    /// Their members are names of properties, not keywords.
    private static let maps = ["properties", "patternProperties", "dependentSchemas"]
    /// Their content is data, not a schema.
    private static let data = ["const", "enum", "default", "examples"]

    /// The first forbidden keyword, in the order of the document.
    static func forbidden(in schema: JSONValue) -> String? {
        if let items = schema.array { return items.lazy.compactMap(forbidden).first }
        guard let object = schema.object else { return nil }
        for member in object.members {
            if forbidden.contains(member.name) { return member.name }
            if data.contains(member.name) { continue }
            let inner =
                maps.contains(member.name)
                ? (member.value.object?.members ?? []).lazy.compactMap { forbidden(in: $0.value) }.first
                : forbidden(in: member.value)
            if let inner { return inner }
        }
        return nil
    }
}

extension MCPFailure {
    /// What happened, in the words of the real gateway where they are known.
    var cause: String {
        switch self {
        case .unauthorized: "Authorization error when sending message"
        case .unreachable: "Unable to connect to the MCP server. Please check the server"
        case .status(let status), .handshakeRefused(let status): "Received error (\(status)) from runtime."
        case .error(let error): "The MCP server answered with error \(error.code): \(error.message)"
        case .malformed:
            "Please check the server endpoint or tool capability support."
        }
    }
}
