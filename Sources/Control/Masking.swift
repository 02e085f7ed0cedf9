import HTTPTypes
import Harness
import Kernel

/// Takes secrets out of what is shown. Two nets: places where secrets stand by their name, and every token that any
/// party of the lab ever made, wherever it stands.
struct Mask: Sendable {
    static let dots = "••••"
    private let scan: SecretScan

    init(_ journal: [JournalEntry]) {
        scan = SecretScan(
            journal.compactMap { entry in
                guard case .token(.issued(let birth)) = entry.event else { return nil }
                return (birth.value.exposed, "\(birth.kind) \(birth.id)")
            })
    }

    /// A value that stands where only secrets stand.
    func secret(_ value: String) -> String { scan.names(in: value).first.map { "<\($0)>" } ?? Self.dots }

    /// Any text: tokens in it are shown by their ids.
    func text(_ text: String) -> String { scan.isEmpty ? text : scan.masked(text) }

    /// A path with query, or a whole URL.
    func url(_ url: String) -> String {
        guard let mark = url.firstIndex(of: "?") else { return text(url) }
        let query = Form(parsing: url[url.index(after: mark)...])
        guard query.pairs.contains(where: { Self.isSecret($0.name) }) else { return text(url) }
        return text("\(url[..<mark])?\(shown(query))")
    }

    func headers(_ fields: HTTPFields) -> JSONValue {
        var object = JSONObject()
        for field in fields {
            let name = field.name.canonicalName
            let old = object[name]?.string
            let value = header(name, field.value)
            object[name] = .string(old.map { "\($0), \(value)" } ?? value)
        }
        return .object(object)
    }

    private func header(_ name: String, _ value: String) -> String {
        switch name {
        case "authorization", "proxy-authorization":
            let words = value.split(separator: " ", maxSplits: 1)
            guard words.count == 2 else { return Self.dots }
            return "\(words[0]) \(secret(String(words[1])))"
        case "cookie":
            let names = value.split(separator: ";").map { trimmed($0.prefix { $0 != "=" }) }
            return names.map { "\($0)=\(Self.dots)" }.joined(separator: "; ")
        case "set-cookie":
            let parts = value.split(separator: ";", maxSplits: 1)
            let name = parts.first?.prefix { $0 != "=" } ?? ""
            return "\(name)=\(Self.dots)\(parts.count > 1 ? ";\(parts[1])" : "")"
        case "location": return url(value)
        case "x-amz-security-token", "x-agentcore-local-service": return Self.dots
        default: return text(value)
        }
    }

    /// A body as JSON where it is JSON, else as text; a page and anything that is no text only by its size.
    func body(_ bytes: [UInt8], _ type: String?) -> JSONValue? {
        guard !bytes.isEmpty else { return nil }
        let type = type?.lowercased() ?? ""
        if type.hasPrefix(Form.mediaType) {
            return .string(text(shown(Form(parsing: String(decoding: bytes, as: UTF8.self)))))
        }
        if let json = try? JSONValue(parsing: bytes) { return self.json(json) }
        guard !type.contains("html"), let line = String(validating: bytes, as: UTF8.self) else {
            return .string("(\(bytes.count) bytes)")
        }
        return .string(text(line))
    }

    /// Members that hold secrets are dotted, whatever else stands in a text is searched for tokens.
    func json(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let line): .string(line.contains("?") && line.contains("://") ? url(line) : text(line))
        case .array(let items): .array(items.map(json))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.map { member in
                        // `code` is an error's number or name in JSON; authorization codes travel in forms and queries.
                        guard let line = member.value.string, Self.isSecret(member.name), member.name != "code" else {
                            return .init(member.name, json(member.value))
                        }
                        return .init(member.name, .string(secret(line)))
                    }))
        default: value
        }
    }

    private func shown(_ form: Form) -> String {
        form.pairs.map { pair in
            let value = Self.isSecret(pair.name) ? secret(pair.value) : percentEncoded(pair.value, plus: true)
            return "\(percentEncoded(pair.name, plus: true))=\(value)"
        }.joined(separator: "&")
    }

    /// Names in lower case without `_` and `-`, so that `clientSecret` and `client_secret` are one.
    private static let secretNames: Set<String> = [
        "accesstoken", "refreshtoken", "idtoken", "token", "usertoken", "workloadaccesstoken",
        "workloadidentitytoken", "subjecttoken", "actortoken", "assertion", "clientassertion", "clientsecret",
        "secret", "password", "code", "codeverifier", "verifier", "devicecode", "csrf", "authenticitytoken", "cookie",
        "apikey",
    ]

    private static func isSecret(_ name: String) -> Bool {
        secretNames.contains(name.lowercased().filter { $0 != "_" && $0 != "-" })
    }
}
