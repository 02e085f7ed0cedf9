import Foundation

/// Somebody else's program that `make bench-peers` installed, each in a virtual environment of its own.
struct PeerProgram {
    let name: String
    /// Folder in `.cache/venv`, and the file in its `bin`.
    let environment: String
    let program: String
    let arguments: @Sendable (_ root: String, _ port: Int) -> [String]
    var variables: @Sendable (_ port: Int) -> [String: String] = { _ in [:] }
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
        variables: { ["GATEWAY_PORT": String($0)] }, path: "/_ministack/health")
    static let localcore = PeerProgram(
        name: "localcore-gateway", environment: "peers", program: "python",
        arguments: { ["\($0)/Tests/Tools/mcp_peers.py", "localcore-gateway", String($1), "10"] }, path: "/mcp")
    static let fastmcp = PeerProgram(
        name: "fastmcp", environment: "mcp2", program: "python",
        arguments: { ["\($0)/Tests/Tools/mcp_peers.py", "fastmcp", String($1), "10"] }, path: "/mcp")
    static let provider = PeerProgram(
        name: "oidc-provider-mock", environment: "oidc", program: "oidc-provider-mock",
        arguments: { _, port in ["--port", String(port)] }, path: "/.well-known/openid-configuration")
    static let contextforge = PeerProgram(
        name: "mcp-contextforge-gateway", environment: "contextforge", program: "mcpgateway",
        arguments: { _, port in ["--host", "127.0.0.1", "--port", String(port)] },
        variables: { _ in
            [
                "DATABASE_URL": "sqlite:///\(NSTemporaryDirectory())agentcore-local-bench-\(getpid()).db",
                "JWT_SECRET_KEY": "a-key-of-thirty-two-characters-x",
                "AUTH_ENCRYPTION_SECRET": "another-key-of-32-chars",
            ]
        }, path: "/health")

    static let all = [ministack, moto, provider, localcore, fastmcp, contextforge]
}
