package import HTTPTypes
package import Kernel

/// Shows messages without their secrets: tokens by kind and id, everything else that must not be read as dots.
package struct SecretMask: Sendable {
    private let scan: SecretScan
    private let found: [(value: String, name: String)]
    private let spoken: [(value: String, name: String)]
    package static let dots = "••••"

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

    private func masked(_ text: String) -> String { Self.withoutForeignTokens(scan.masked(text)) }

    /// A signed token that no party issued, a person's own perhaps, is told by its looks: RFC 7515 section 7.1.
    private static func withoutForeignTokens(_ text: String) -> String {
        let bytes = Array(text.utf8)
        let start = Array("eyJ".utf8)
        func isOfToken(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        var shown: [UInt8] = []
        var kept = 0
        var index = 0
        while index + 3 < bytes.count {
            guard bytes[index] == start[0], bytes[index..<(index + 3)].elementsEqual(start),
                index == 0 || !isOfToken(bytes[index - 1])
            else {
                index += 1
                continue
            }
            let token = bytes[index...].prefix(while: isOfToken)
            if token.count(where: { $0 == UInt8(ascii: ".") }) >= 2 {
                shown += bytes[kept..<index] + Array(dots.utf8)
                kept = token.endIndex
            }
            index = token.endIndex
        }
        return kept == 0 ? text : String(decoding: shown + bytes[kept...], as: UTF8.self)
    }

    /// Free text: only tokens that were journalled at their birth are known in it.
    package func text(_ text: String) -> String { masked(text) }

    package func body(_ bytes: [UInt8], mediaType: String?) -> String {
        if mediaType == Form.mediaType {
            return masked(form(Form(parsing: String(decoding: bytes, as: UTF8.self))))
        }
        if mediaType == "text/html" { return masked(Self.plain(String(decoding: bytes, as: UTF8.self))) }
        if let json = try? JSONValue(parsing: bytes) { return masked(hidingNamed(json) { $0 }.text) }
        let text = String(decoding: bytes, as: UTF8.self)
        return masked(mediaType == "text/event-stream" ? text : UnreadText.shown(text))
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
        guard !request.query.isEmpty else { return masked(request.path) }
        return masked("\(request.path)?\(form(request.parameters))")
    }

    /// A path with its query, or a whole URL.
    package func url(_ url: String) -> String { masked(hidingNamed(url)) }

    /// An address without what its parameters call a secret.
    private func hidingNamed(_ url: String) -> String {
        guard let mark = url.place(of: "?") else { return url }
        let query = url[url.utf8.index(after: mark)...]
        let end = query.place(of: "#") ?? query.endIndex
        let pairs = Form(parsing: query[..<end])
        guard pairs.pairs.contains(where: { SecretNames.kind(of: $0.name) != nil }) else { return url }
        return "\(url[..<mark])?\(form(pairs))\(query[end...])"
    }

    /// Value of a header field.
    package func field(_ name: HTTPField.Name, _ value: String) -> String {
        switch name.canonicalName {
        case "authorization", "proxy-authorization":
            // Without a scheme it is all secret.
            guard let blank = value.place(of: " ") else { return Self.dots }
            let scheme = value[..<blank]
            let shown = masked(value)
            // A signature is computed from a key that nobody checks: there is no secret in it.
            return shown == value && scheme != "AWS4-HMAC-SHA256" ? "\(scheme) \(Self.dots)" : shown
        case "cookie":
            return value.split(separator: ";").map { "\(trimmed($0.prefix { $0 != "=" }))=\(Self.dots)" }
                .joined(separator: "; ")
        case "set-cookie":
            let pair = value.prefix { $0 != ";" }
            return "\(pair.prefix { $0 != "=" })=\(Self.dots)\(value.dropFirst(pair.count))"
        case "location": return url(value)
        // A session's token, an API's key, and the proof by which the parties of AWS know each other.
        case "x-amz-security-token", "x-api-key", "x-agentcore-local-service": return Self.dots
        default: return masked(value)
        }
    }

    /// A value that stands where only secrets stand: called by its id where it has one.
    private func secret(_ value: String, _ kind: SecretNames.Kind) -> String {
        guard !value.isEmpty else { return value }
        let shown = kind == .kept ? value : masked(value)
        return shown == value ? Self.dots : shown
    }

    package func form(_ form: Form) -> String {
        form.pairs.map { pair in
            let value =
                SecretNames.kind(of: pair.name).map { secret(pair.value, $0) }
                ?? percentEncoded(pair.value, plus: true)
            return "\(percentEncoded(pair.name, plus: true))=\(value)"
        }.joined(separator: "&")
    }

    /// JSON with everything in it masked.
    package func json(_ value: JSONValue) -> JSONValue { hidingNamed(value) { masked($0) } }

    /// JSON without what its members call a secret; of every other text `rest` says how it is told.
    private func hidingNamed(_ value: JSONValue, _ rest: (String) -> String) -> JSONValue {
        switch value {
        case .string(let text):
            let isAddress = text.place(of: "?") != nil && text.range(of: "://") != nil
            return .string(rest(isAddress ? hidingNamed(text) : text))
        case .array(let items): return .array(items.map { hidingNamed($0, rest) })
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.map { member in
                        guard let kind = Self.kind(of: member.name), !Self.isSchema(member.value) else {
                            return .init(member.name, hidingNamed(member.value, rest))
                        }
                        return .init(member.name, secrets(member.value, kind))
                    }))
        default: return value
        }
    }

    /// Every text of a value that stands where only a secret stands, whatever its sender made of it.
    private func secrets(_ value: JSONValue, _ kind: SecretNames.Kind) -> JSONValue {
        switch value {
        case .string(let text): .string(secret(text, kind))
        case .array(let items): .array(items.map { secrets($0, kind) })
        case .object(let object): .object(JSONObject(object.members.map { .init($0.name, secrets($0.value, kind)) }))
        default: value
        }
    }

    /// Besides the names that everybody keeps: `customState`, which AWS calls sensitive and whose owner gets it back.
    private static func kind(of name: String) -> SecretNames.Kind? {
        name == "customState" ? .kept : SecretNames.kind(of: name, inJSON: true)
    }

    /// A tool may have an argument with such a name: its schema is no secret.
    private static func isSchema(_ value: JSONValue) -> Bool {
        guard let object = value.object else { return false }
        let words = ["type", "$ref", "enum", "const", "anyOf", "oneOf", "allOf"]
        return object.isEmpty || words.contains { object[$0] != nil }
    }
}
