package import HTTPTypes
package import Kernel

/// Shows messages without their secrets: tokens by kind and id, everything else that must not be read as dots.
package struct SecretMask: Sendable {
    private let scan: SecretScan
    private let found: [(value: String, name: String)]
    private let spoken: [(value: String, name: String)]
    /// Members of forms and of JSON whose values nobody may read, whatever they are.
    private static let members: Set<String> = [
        "password", "client_secret", "clientSecret", "code_verifier", "secret", "apiKey",
    ]
    private static let dots = "••••"

    /// `secrets` are values that the scenario itself calls secret.
    package init(_ entries: [JournalEntry], secrets: [(value: String, name: String)] = []) {
        self.init(found: Self.secrets(in: entries), spoken: secrets)
    }

    private init(found: [(value: String, name: String)], spoken: [(value: String, name: String)]) {
        (self.found, self.spoken) = (found, spoken)
        scan = SecretScan(found, spoken: spoken)
    }

    /// The same mask, and what later entries reveal: a long journal is not read again for a short end of it.
    package func knowing(_ later: some Collection<JournalEntry>) -> SecretMask {
        let news = Self.secrets(in: Array(later))
        return news.isEmpty ? self : SecretMask(found: found + news, spoken: spoken)
    }

    private static func secrets(in entries: [JournalEntry]) -> [(value: String, name: String)] {
        TokenLineage.births(in: entries).map { (value: $0.value.exposed, name: "\($0.kind) \($0.id)") }
            + LeakCheck.sentSecrets(in: entries) + cookies(in: entries)
    }

    /// Values of cookies, by which whoever has them is somebody else.
    private static func cookies(in entries: [JournalEntry]) -> [(value: String, name: String)] {
        var cookies: [(String, String)] = []
        for entry in entries {
            guard case .exchange(let exchange) = entry.event, case .answered(let response) = exchange.outcome else {
                continue
            }
            for line in response.head.headerFields[values: .setCookie] {
                let pair = line.prefix { $0 != ";" }.split(separator: "=", maxSplits: 1)
                if pair.count == 2 { cookies.append((String(pair[1]), "cookie \(pair[0])")) }
            }
        }
        return cookies
    }

    /// Free text: only tokens that were journalled at their birth are known in it.
    package func text(_ text: String) -> String { scan.masked(text) }

    package func body(_ bytes: [UInt8], mediaType: String?) -> String {
        if mediaType == "application/x-www-form-urlencoded" {
            return scan.masked(form(Form(parsing: String(decoding: bytes, as: UTF8.self))))
        }
        if mediaType == "text/html" { return scan.masked(Self.plain(String(decoding: bytes, as: UTF8.self))) }
        if let json = try? JSONValue(parsing: bytes) { return scan.masked(value(json).text) }
        return scan.masked(String(decoding: bytes, as: UTF8.self))
    }

    /// What a page says, without its tags and its style.
    private static func plain(_ html: String) -> String {
        var text = ""
        var rest = html[...]
        while let open = rest.firstIndex(of: "<") {
            text += rest[..<open]
            rest = rest[open...]
            let end = rest.hasPrefix("<style") ? "</style>" : ">"
            guard let close = rest.range(of: end) else { return text }
            text += " "
            rest = rest[close.upperBound...]
        }
        text += rest
        return text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    }

    /// Path and query.
    package func target(_ request: Request) -> String {
        guard !request.query.isEmpty else { return request.path }
        return scan.masked("\(request.path)?\(form(request.parameters))")
    }

    /// Value of a header field.
    package func field(_ name: HTTPField.Name, _ value: String) -> String {
        switch name {
        case .authorization:
            let scheme = value.prefix { $0 != " " }
            let shown = scan.masked(value)
            // A signature is computed from a key that nobody checks: there is no secret in it.
            return shown == value && scheme != "AWS4-HMAC-SHA256" ? "\(scheme) \(Self.dots)" : shown
        case .cookie:
            return value.split(separator: ";").map { "\(trimmed($0.prefix { $0 != "=" }))=\(Self.dots)" }
                .joined(separator: "; ")
        case .setCookie:
            let pair = value.prefix { $0 != ";" }
            return "\(pair.prefix { $0 != "=" })=\(Self.dots)\(value.dropFirst(pair.count))"
        default: return scan.masked(value)
        }
    }

    private func form(_ form: Form) -> String {
        form.pairs.map { pair in
            let value = Self.members.contains(pair.name) ? Self.dots : percentEncoded(pair.value, plus: true)
            return "\(percentEncoded(pair.name, plus: true))=\(value)"
        }.joined(separator: "&")
    }

    private func value(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let items): return .array(items.map { self.value($0) })
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.map { member in
                        let hides = Self.members.contains(member.name) && member.value.string != nil
                        return .init(member.name, hides ? .string(Self.dots) : self.value(member.value))
                    }))
        default: return value
        }
    }
}
