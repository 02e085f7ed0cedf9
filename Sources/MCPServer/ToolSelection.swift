import HTTPTypes
import Kernel
import MCPCore
import OAuthCore

/// Tools named in a header that nobody has.
struct UnknownTools: Error, Hashable { let names: [String] }

/// Which of the tools a request sees: what its path says, and its headers where the path says nothing
/// (`github-mcp-selection`).
struct ToolSelection: Hashable, Sendable {
    /// nil for the default ones, empty for none.
    var toolsets: [String]?
    /// Tools beside those of the toolsets.
    var tools: [String] = []
    var excluded: [String] = []
    var isReadOnly = false

    private enum Header {
        static let isReadOnly = fieldName("X-MCP-Readonly")
        static let toolsets = fieldName("X-MCP-Toolsets")
        static let tools = fieldName("X-MCP-Tools")
        static let excluded = fieldName("X-MCP-Exclude-Tools")
    }

    /// Adds what the headers say.
    func adding(_ request: Request) -> ToolSelection {
        var result = self
        if Self.isTrue(request.header(Header.isReadOnly)) { result.isReadOnly = true }
        let toolsets = Self.list(request.header(Header.toolsets))
        if result.toolsets == nil, !toolsets.isEmpty { result.toolsets = toolsets }
        result.tools = Self.list(request.header(Header.tools))
        // Tools by name stand alone unless toolsets are named too.
        if result.toolsets == nil, !result.tools.isEmpty { result.toolsets = [] }
        result.excluded = Self.list(request.header(Header.excluded))
        return result
    }

    /// What is seen of a catalogue. A toolset that does not exist is passed over, a tool that does not is a mistake.
    func tools(of catalogue: ToolCatalogue, for token: KnownToken?) throws(UnknownTools) -> ChosenTools {
        let unknown = tools.filter { catalogue.tool($0) == nil }
        guard unknown.isEmpty else { throw UnknownTools(names: unknown) }
        let named = toolsets ?? ["default"]
        let chosen = Set(
            named.flatMap { name in
                name == "default" ? catalogue.toolsets.filter(\.isDefault).map(\.name) : [name]
            })
        let isHiding = token.map { token in catalogue.access.hidingPrefixes.contains { token.value.hasPrefix($0) } }
        return ChosenTools(
            catalogue: catalogue, selection: self, toolsets: named.contains("all") ? nil : chosen,
            scopes: isHiding == true ? token?.scopes.names : nil)
    }

    private static func list(_ header: String?) -> [String] {
        guard let header else { return [] }
        return header.split(separator: ",").map { trimmed($0) }.filter { !$0.isEmpty }
    }

    private static func isTrue(_ header: String?) -> Bool {
        guard let header else { return false }
        return !["", "false", "0", "no", "off", "n", "f"].contains(trimmed(header).lowercased())
    }
}

/// The tools that one request sees. None is copied before it is asked for: a call wants one of a thousand.
struct ChosenTools: Sendable {
    fileprivate let catalogue: ToolCatalogue
    fileprivate let selection: ToolSelection
    /// nil for all.
    fileprivate let toolsets: Set<String>?
    /// Scopes by which tools are hidden; nil where none is.
    fileprivate let scopes: [String]?

    /// nil where there is no such tool, or not for this request.
    func tool(_ name: String, in revision: Revision? = nil) -> Tool? {
        catalogue.tool(name).flatMap { holds($0, revision) ? $0 : nil }
    }

    /// Names and definitions in their order.
    func list(in revision: Revision) -> [(name: String, definition: JSONValue)] {
        catalogue.tools.indices.compactMap { place in
            let tool = catalogue.tools[place]
            return holds(tool, revision) ? (tool.name, tool.definition) : nil
        }
    }

    private func holds(_ tool: Tool, _ revision: Revision?) -> Bool {
        guard revision.map(tool.isOffered(in:)) ?? true, tool.isReadOnly || !selection.isReadOnly,
            !selection.excluded.contains(tool.name)
        else { return false }
        if let toolset = tool.toolset, let toolsets, !toolsets.contains(toolset), !selection.tools.contains(tool.name) {
            return false
        }
        guard let scopes, !tool.scopes.isEmpty else { return true }
        return scopes.contains { tool.accepted.contains($0) }
    }
}

extension MCPServer {
    /// What a path chooses: `/mcp`, `/mcp/readonly`, `/mcp/insiders`, `/mcp/x/{toolset}` and those together; nil for
    /// another path.
    func selection(at path: String) -> ToolSelection? {
        guard path == "/mcp" || path.hasPrefix("/mcp/") else { return nil }
        var rest = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst(2)
        if rest.last?.isEmpty == true { rest = rest.dropLast() }
        var selection = ToolSelection()
        if catalogue.toolsets.isEmpty { return rest.isEmpty ? selection : nil }
        if rest.first == "x", let name = rest.dropFirst().first, !name.isEmpty {
            selection.toolsets = [String(name)]
            rest = rest.dropFirst(2)
        }
        if rest.first == "readonly" {
            selection.isReadOnly = true
            rest = rest.dropFirst()
        }
        // The insiders' build has the same tools here.
        if rest.first == "insiders" { rest = rest.dropFirst() }
        return rest.isEmpty ? selection : nil
    }
}
