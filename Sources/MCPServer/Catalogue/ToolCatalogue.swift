package import Kernel
import MCPCore
import OAuthCore

/// The data of an MCP server: who it says it is, who may call, what it offers and what it answers. `mocks/tools`
/// tells the language; every mistake is a `DataMistake` with the way to it.
package struct ToolCatalogue: Hashable, Sendable {
    /// In order of their names, as the list is.
    let tools: [Tool]
    /// Where each stands in it.
    private let places: [String: Int]
    let prompts: [Prompt]
    let resources: [Resource]
    let serverInfo: JSONValue
    let instructions: String?
    let access: Access
    let toolsets: [Toolset]
    /// Lists of which it tells when they change.
    let announces: [String]
    /// Whether it keeps sessions, streams and what else a client with a handshake may want.
    let hasSessions: Bool
    /// Whether it offers logging at all: whether some answer says something.
    let logs: Bool
    let pageSize: Int
    /// First rows of each collection.
    let rows: JSONObject

    static let members = [
        "server", "instructions", "open", "resourceName", "scopesSupported", "scopeTree", "tokenPrefixes",
        "scopedPrefixes", "hidingPrefixes", "pageSize", "toolsets", "announces", "sessions", "parts", "rows", "tools",
        "prompts", "resources",
    ]

    /// Who may call, and with what.
    struct Access: Hashable, Sendable {
        /// Nobody needs a token.
        let isOpen: Bool
        let resourceName: String
        let scopesSupported: ScopeSet
        /// Beginnings of the tokens it takes.
        let tokenPrefixes: [String]
        /// Beginnings of the tokens that are asked for further scopes.
        let scopedPrefixes: [String]
        /// Beginnings of the tokens from which tools are hidden that they have no scopes for.
        let hidingPrefixes: [String]
    }

    /// Tools that are switched on together.
    struct Toolset: Hashable, Sendable {
        let name: String
        let isDefault: Bool
    }

    /// `userMembers` are those of the authorization server's users: then the types of schemas and the holes of answers
    /// are looked at too, which takes longer than everything else and which no server needs. nil where nobody asks.
    package init(json: JSONValue, userMembers: [String]? = nil) throws { try self.init(DataNode(json), userMembers) }

    private init(_ node: DataNode, _ userMembers: [String]?) throws(DataMistake) {
        try node.expect("an MCP server", Self.members)
        let server = try node.require("server", of: "an MCP server")
        let name = try server.require("name", of: "server").text()
        _ = try server.require("version", of: "server").text()
        serverInfo = server.json
        instructions = try node["instructions"]?.text()
        access = Access(
            isOpen: try node["open"]?.flag() ?? false, resourceName: try node["resourceName"]?.text() ?? name,
            scopesSupported: ScopeSet(try node["scopesSupported"]?.texts() ?? []),
            tokenPrefixes: try node["tokenPrefixes"]?.texts() ?? [],
            scopedPrefixes: try node["scopedPrefixes"]?.texts() ?? [],
            hidingPrefixes: try node["hidingPrefixes"]?.texts() ?? [])
        pageSize = try node["pageSize"]?.whole(1...10_000) ?? 1000
        hasSessions = try node["sessions"]?.flag() ?? false
        announces =
            try node["announces"]?.items().map { item throws(DataMistake) in try item.word(of: Announcement.lists) }
            ?? []
        toolsets = try (node["toolsets"]?.members() ?? []).map { member throws(DataMistake) in
            try member.value.expect("a toolset", ["about", "default"])
            return Toolset(name: member.name, isDefault: try member.value["default"]?.flag() ?? false)
        }
        let rows = try node["rows"]?.object() ?? [:]
        for member in try node["rows"]?.members() ?? [] {
            for row in try member.value.items() { _ = try row.object() }
        }
        self.rows = rows
        let tree = try node["scopeTree"]?.object() ?? [:]
        let context = Context(
            collections: rows.names, toolsets: toolsets.map(\.name), scopeTree: tree, userMembers: userMembers)
        tools = try (node["tools"]?.items() ?? []).map { item throws(DataMistake) in try Tool(item, context) }
            .sorted { $0.name < $1.name }
        places = Dictionary(zip(tools.map(\.name), tools.indices)) { first, _ in first }
        prompts = try (node["prompts"]?.items() ?? []).map { item throws(DataMistake) in try Prompt(item, context) }
        resources = try (node["resources"]?.items() ?? []).map { item throws(DataMistake) in
            try Resource(item, context)
        }
        let answers = tools.flatMap(\.answers) + prompts.flatMap(\.answers)
        logs = answers.contains { $0.steps.contains { if case .log = $0 { true } else { false } } }
        try Self.expectOnce(tools.map(\.name), node["tools"])
        try Self.expectOnce(prompts.map(\.name), node["prompts"])
        try Self.expectOnce(resources.map(\.uri.text), node["resources"])
    }

    /// What answers may name.
    struct Context {
        let collections: [String]
        let toolsets: [String]
        let scopeTree: JSONObject
        let userMembers: [String]?
    }

    private static func expectOnce(_ names: [String], _ node: DataNode?) throws(DataMistake) {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            let items = try node?.items() ?? []
            let place = items.last { $0["name"]?.json == .string(name) || $0["uri"]?.json == .string(name) }
            throw (place ?? node ?? DataNode(.null)).mistake("\"\(name)\" stands twice")
        }
    }

    func tool(_ name: String) -> Tool? { places[name].map { tools[$0] } }
}
