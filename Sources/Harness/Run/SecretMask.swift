import HTTPTypes
package import Kernel

/// Shows messages without their secrets: tokens by kind and id, everything else that must not be read as dots.
package struct SecretMask: Sendable {
    private let scan: SecretScan
    /// Members of forms and of JSON whose values nobody may read, whatever they are.
    private static let members: Set<String> = [
        "password", "client_secret", "clientSecret", "code_verifier", "secret", "apiKey",
    ]
    private static let dots = "••••"

    package init(_ entries: [JournalEntry]) {
        let births = TokenLineage.births(in: entries).map { (value: $0.value.exposed, name: "\($0.kind) \($0.id)") }
        scan = SecretScan(births)
    }

    /// Free text: only tokens that were journalled at their birth are known in it.
    package func text(_ text: String) -> String { scan.masked(text) }

    package func body(_ bytes: [UInt8], mediaType: String?) -> String {
        if mediaType == "application/x-www-form-urlencoded" {
            return scan.masked(form(Form(parsing: String(decoding: bytes, as: UTF8.self))).encoded)
        }
        if let json = try? JSONValue(parsing: bytes) { return scan.masked(value(json).text) }
        return scan.masked(String(decoding: bytes, as: UTF8.self))
    }

    /// Path and query.
    package func target(_ request: Request) -> String {
        guard !request.query.isEmpty else { return request.path }
        let query = form(request.parameters).encoded
        return scan.masked("\(request.path)?\(query)")
    }

    /// Value of a header field.
    func field(_ name: HTTPField.Name, _ value: String) -> String {
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

    private func form(_ form: Form) -> Form {
        Form(form.pairs.map { Form.Pair($0.name, Self.members.contains($0.name) ? Self.dots : $0.value) })
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
