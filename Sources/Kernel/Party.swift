/// One of the parties of a lab, or somebody outside it (a browser, an MCP client) who sends requests.
package struct Party: RawRepresentable, Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package let rawValue: String
    package init(rawValue: String) { self.rawValue = rawValue }
    package init(_ name: String) { rawValue = name }
    package var description: String { rawValue }
    package static func < (left: Party, right: Party) -> Bool { left.rawValue < right.rawValue }
    package static func == (left: Party, right: Party) -> Bool { areSame(left.rawValue, right.rawValue) }
    package func hash(into hasher: inout Hasher) { ExactText(rawValue).hash(into: &hasher) }
}

extension Party {
    /// Control plane, identity service and the identity service's browser endpoints: one origin, as on AWS one
    /// signing name.
    package static let aws = Party("aws")
    /// The gateway's MCP endpoints.
    package static let gateway = Party("gateway")
    /// The inbound OpenID provider.
    package static let idp = Party("idp")
    /// The GitHub-like authorization server and its REST API.
    package static let github = Party("github")
    /// The OAuth-protected MCP server.
    package static let mcp = Party("mcp")
    /// The user's web application, owner of the return URL.
    package static let app = Party("app")
    /// Console and control API.
    package static let console = Party("console")
    /// Somebody who is no party of the lab: a caller of a served origin.
    package static let outside = Party("outside")

    /// Every party with an origin of its own, in the order of their default ports.
    package static let served: [Party] = [.aws, .gateway, .idp, .github, .mcp, .app, .console]
}
