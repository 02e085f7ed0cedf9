package import Kernel

extension Rule {
    static let mcpTokenChecked = Rule(
        "mcp-token-checked", "The MCP server serves a token only after the authorization server said whose it is.")
    static let mcpScopeChallenge = Rule(
        "mcp-scope-challenge",
        "The MCP server calls a tool only with a token whose scopes cover it, and names what lacks.")
    static let mcpSessionBound = Rule(
        "mcp-session-bound", "A session of the MCP server serves only the user who began it.")
    static let mcpSessionExpiry = Rule(
        "mcp-session-expiry", "A session of the MCP server ends an hour after it began.")
    static let mcpRequestStateBound = Rule(
        "mcp-request-state-bound",
        "A requestState of the MCP server serves only the user and the request it was given for.")
}

/// What a lab can turn off or decide otherwise about the MCP server.
package enum MCPServerSwitches {
    package static let rules: [Rule] = [
        .mcpTokenChecked, .mcpScopeChallenge, .mcpSessionBound, .mcpSessionExpiry, .mcpRequestStateBound,
    ]
    package static let unknowns: [Unknown] = [.invalidTokenDescription, .initializeMembers]
}

extension Unknown {
    /// Whether the 401 for a bad token has an `error_description`, which nobody wrote down.
    static let invalidTokenDescription = Unknown("github-mcp.invalid-token-description", "off", or: "on")
    /// Whether `initialize` may lack members that the schema requires: GitHub's server lets it, those of the SDK for
    /// Python do not.
    static let initializeMembers = Unknown("mcp.initialize-members", "optional", or: "required")
}
