import Foundation

/// Somebody else's program that `make bench-peers` installed, each in a virtual environment of its own.
struct PeerProgram {
    let name: String
    /// Folder in `.cache/venv`, and the file in its `bin`.
    let environment: String
    let program: String
    let arguments: @Sendable (_ root: String, _ port: Int) -> [String]
    /// `folder` is one for it alone.
    var variables: @Sendable (_ port: Int, _ folder: String) -> [String: String] = { _, _ in [:] }
    /// What answers when it is there.
    let path: String

    /// The command line; nil where it is not installed.
    func words(_ root: String, _ port: Int) -> [String]? {
        let binary = "\(root)/.cache/venv/\(environment)/bin/\(program)"
        guard FileManager.default.isExecutableFile(atPath: binary) else { return nil }
        return [binary] + arguments(root, port)
    }

    static let moto = PeerProgram(
        name: "moto", environment: "moto", program: "moto_server",
        arguments: { _, port in ["-H", "127.0.0.1", "-p", String(port)] }, path: "/gateways/")
    static let ministack = PeerProgram(
        name: "ministack", environment: "ministack", program: "ministack", arguments: { _, _ in [] },
        variables: { port, _ in ["GATEWAY_PORT": String(port)] }, path: "/_ministack/health")
    static let localcore = tools("localcore-gateway", "peers", 10)
    /// Passes each call on to an MCP server, as a gateway does.
    static func localcore(before url: String) -> PeerProgram { mcp("localcore-gateway", "peers", url) }
    static let fastmcp = tools("fastmcp", "mcp2", 10)
    static let provider = PeerProgram(
        name: "oidc-provider-mock", environment: "oidc", program: "oidc-provider-mock",
        arguments: { _, port in ["--port", String(port)] }, path: "/.well-known/openid-configuration")
    static let contextforge = PeerProgram(
        name: "mcp-contextforge-gateway", environment: "contextforge", program: "mcpgateway",
        arguments: { _, port in ["--host", "127.0.0.1", "--port", String(port)] },
        variables: { _, folder in
            [
                "DATABASE_URL": "sqlite:///\(folder)/peer.db",
                "JWT_SECRET_KEY": "a-key-of-thirty-two-characters-x",
                "AUTH_ENCRYPTION_SECRET": "another-key-of-32-chars",
            ]
        }, path: "/health")

    /// A server of so many tools, by an MCP library.
    static func tools(_ name: String, _ environment: String, _ count: Int) -> PeerProgram {
        mcp(name, environment, String(count))
    }

    private static func mcp(_ name: String, _ environment: String, _ behind: String) -> PeerProgram {
        PeerProgram(
            name: name, environment: environment, program: "python",
            arguments: { ["\($0)/Tests/Tools/mcp_peers.py", name, String($1), behind] }, path: "/mcp")
    }

    static let all = [ministack, moto, provider, localcore, fastmcp, contextforge]
}
