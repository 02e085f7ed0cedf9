package import Kernel
import OAuthCore

/// An application that was registered with this server: an OAuth client.
package struct ApplicationRecord: Record {
    package static let collection = "authorization-server.applications"
    /// Its client id.
    package let id: Identifier<ApplicationRecord>
    package var name: String
    package var kind: Kind
    package var secret: Secret
    package var callbacks: [Callback]
    /// Whether its access tokens live eight hours and come with a refresh token.
    package var expiringTokens: Bool
    package var isSuspended = false
    /// How it shows who it is; nil for a secret in either way.
    var method: ClientMethod?
    /// Public keys of a client that signs, or where they are.
    var keys: JSONValue?
    var keysURL: String?
    /// Whether it may start the device flow; nil for a profile's own standard, which is yes.
    var allowsDeviceFlow: Bool?
    /// Whether it is a resource server, which may ask about every token.
    var isResourceServer: Bool?
    /// How it came to be registered, unless by hand.
    var registration: ClientRegistration?

    /// GitHub's two kinds of client; they differ in token prefix and in whether there are scopes.
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case oauthApp = "oauth-app"
        case githubApp = "github-app"
    }

    /// A registered redirect URI; in wildcard mode it also matches sub-domains and paths below it.
    /// It may begin with a party's name in braces, `{aws}/callback`: a kept lab may be served at other ports next time.
    package struct Callback: Hashable, Sendable, Codable {
        package let url: String
        package let wildcard: Bool
    }

    /// Whether it can use a grant at the token endpoint: one that registered itself, or is a document, those it named
    /// (RFC 7591 section 2), one that was entered by hand all.
    func mayUse(_ grant: String) -> Bool { registration?.metadata["grant_types"]?.strings?.contains(grant) ?? true }

    /// The scopes that it registered (RFC 7591 section 2); nil for one that named none.
    var registeredScopes: ScopeSet? { (registration?.metadata["scope"]?.string).map { ScopeSet(parsing: $0) } }

    /// A client that cannot keep a secret (RFC 6749 section 2.1).
    var isPublic: Bool { method == ClientMethod.none }

    /// What a reader may see: everything but the secret.
    package var json: JSONValue {
        [
            "clientId": .string(id.rawValue), "name": .string(name), "kind": .string(kind.rawValue),
            "callbacks": .array(callbacks.map { ["url": .string($0.url), "wildcard": .bool($0.wildcard)] }),
            "expiringTokens": .bool(expiringTokens), "suspended": .bool(isSuspended),
        ]
    }
}

/// Why an application cannot be kept as somebody wants it.
package struct ApplicationProblem: Error, Hashable, Sendable, CustomStringConvertible {
    package let description: String
    init(_ description: String) { self.description = description }
}

extension ApplicationRecord {
    private static let members = [
        "clientId", "name", "kind", "secret", "callbacks", "expiringTokens", "suspended", "authentication", "keys",
        "deviceFlow", "resourceServer",
    ]
    /// GitHub's limit, for OAuth apps too since 2026 (`github-ten-callbacks`).
    static let mostCallbacks = 10

    /// An application nobody described yet.
    init(clientID: String) {
        self.init(
            id: Identifier(clientID), name: clientID, kind: .oauthApp, secret: Secret("agentcore-local-secret"),
            callbacks: [], expiringTokens: false)
    }

    /// The same application with the members that are given; what is missing stays as it is.
    func merging(_ json: JSONValue) throws(ApplicationProblem) -> ApplicationRecord {
        guard let object = json.object else { throw ApplicationProblem("an application is a JSON object") }
        if let stranger = object.names.first(where: { !Self.members.contains($0) }) {
            let known = Self.members.sorted().joined(separator: ", ")
            throw ApplicationProblem("an application has no member \"\(stranger)\"; known: \(known)")
        }
        guard object["clientId"] == nil || object["clientId"]?.string == id.rawValue else {
            throw ApplicationProblem("clientId cannot be changed")
        }
        var result = self
        if let value = object["name"] { result.name = try Self.text(value, "name") }
        if let value = object["secret"] { result.secret = Secret(try Self.text(value, "secret")) }
        if let value = object["kind"] {
            guard let kind = value.string.flatMap(Kind.init(rawValue:)) else {
                throw ApplicationProblem("kind must be oauth-app or github-app")
            }
            result.kind = kind
        }
        if let value = object["expiringTokens"] { result.expiringTokens = try Self.flag(value, "expiringTokens") }
        if let value = object["suspended"] { result.isSuspended = try Self.flag(value, "suspended") }
        if let value = object["deviceFlow"] { result.allowsDeviceFlow = try Self.flag(value, "deviceFlow") }
        if let value = object["resourceServer"] { result.isResourceServer = try Self.flag(value, "resourceServer") }
        if let value = object["keys"] { result.keys = value }
        if let value = object["authentication"] {
            guard let method = value.string.flatMap(ClientMethod.init(rawValue:)) else {
                throw ApplicationProblem(
                    "authentication must be one of \(ClientMethod.allCases.map(\.rawValue).joined(separator: ", "))")
            }
            result.method = method
        }
        if let value = object["callbacks"] { result.callbacks = try Self.callbacks(value) }
        return result
    }

    private static func text(_ value: JSONValue, _ name: String) throws(ApplicationProblem) -> String {
        guard let text = value.string else { throw ApplicationProblem("\(name) must be a text") }
        guard !text.isEmpty else { throw ApplicationProblem("\(name) must not be empty") }
        return text
    }

    private static func flag(_ value: JSONValue, _ name: String) throws(ApplicationProblem) -> Bool {
        guard let flag = value.bool else { throw ApplicationProblem("\(name) must be true or false") }
        return flag
    }

    private static func callbacks(_ value: JSONValue) throws(ApplicationProblem) -> [Callback] {
        guard let items = value.array, items.count <= mostCallbacks else {
            throw ApplicationProblem("callbacks must be a list of at most \(mostCallbacks)")
        }
        var result: [Callback] = []
        for item in items {
            guard let object = item.object, let text = object["url"]?.string,
                object.names.allSatisfy({ ["url", "wildcard"].contains($0) }),
                object["wildcard"] == nil || object["wildcard"]?.bool != nil
            else { throw ApplicationProblem("a callback is {\"url\": URL, \"wildcard\": true or false}") }
            guard isAddress(text) else {
                throw ApplicationProblem("a callback's url must be absolute, without fragment and user")
            }
            result.append(Callback(url: text, wildcard: object["wildcard"]?.bool ?? false))
        }
        return result
    }

    /// A URL, or a party's name in braces with a path behind it.
    private static func isAddress(_ text: String) -> Bool {
        let rest = Party.served.first { text.hasPrefix("{\($0)}") }.map { text.dropFirst($0.rawValue.count + 2) }
        guard let parts = URLParts(rest.map { "https://host\($0)" } ?? text) else { return false }
        return parts.fragment == nil && parts.userInfo == nil && (rest == nil || parts.host == "host")
    }

    /// With the origins of this lab in place of the parties' names.
    func placed(_ addresses: AddressBook) -> ApplicationRecord {
        var result = self
        result.callbacks = callbacks.map { callback in
            // Looked up with every request, and seldom a template.
            guard callback.url.place(of: "{") != nil else { return callback }
            return Callback(url: addresses.filled(callback.url), wildcard: callback.wildcard)
        }
        return result
    }

    /// As it counts where OAuth apps have fewer settings than it was registered with: the first callback, in wildcard
    /// mode, and tokens without end.
    func counting(in apps: Features.OAuthApps) -> ApplicationRecord {
        guard kind == .oauthApp, apps.haveOneWildcard || !apps.mayExpire else { return self }
        var result = self
        if !apps.mayExpire { result.expiringTokens = false }
        if apps.haveOneWildcard { result.callbacks = callbacks.prefix(1).map { .init(url: $0.url, wildcard: true) } }
        return result
    }
}
