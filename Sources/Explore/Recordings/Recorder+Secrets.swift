import Kernel
import OAuthCore

// Secrets are taken out before anything is written.
extension Recorder {
    mutating func noteSecrets(of message: RecordedMessage) {
        if let field = message.fields["authorization"] {
            secrets.insert(String(field.split(separator: " ").last ?? ""))
        }
        for field in [message.fields["cookie"], message.answerFields["set-cookie"]] {
            for pair in field?.split(separator: ";") ?? [] {
                let value = pair.split(separator: "=", maxSplits: 1).dropFirst().first.map(String.init) ?? ""
                if value.utf8.count >= 16 { secrets.insert(value) }
            }
        }
        let forms = [message.form, URLText(message.url).query, message.location.flatMap { URLText($0).query }]
        for pair in forms.compactMap({ $0?.pairs }).joined() where SecretNames.kind(of: pair.name) != nil {
            secrets.insert(pair.value)
        }
        for json in [message.json, message.answerJSON].compactMap({ $0 }) {
            for (path, text) in Leaves.of(json) {
                let name = path.split(separator: ".").last.map(String.init) ?? path
                if SecretNames.kind(of: name, inJSON: true) != nil { secrets.insert(text) }
            }
        }
    }

    /// A value without secrets: what was brought stays, as it becomes a variable; the rest gives way.
    mutating func safe(_ value: JSONValue, _ name: String, of message: RecordedMessage) -> JSONValue {
        switch value {
        case .string(let text): return .string(safeText(name, text, of: message))
        case .array(let items):
            var result: [JSONValue] = []
            for item in items { result.append(safe(item, name, of: message)) }
            return .array(result)
        case .object(let object):
            var result = JSONObject()
            for member in object.members { result.append(member.name, safe(member.value, member.name, of: message)) }
            return .object(result)
        default: return value
        }
    }

    mutating func safeText(_ name: String, _ text: String, of message: RecordedMessage) -> String {
        let plain = SecretNames.plain(name)
        switch plain {
        case "clientsecret", "secret": return Self.labSecret
        case "password": return player(of: message.form?["username"] ?? message.form?["login"] ?? "alice")
        case "codeverifier":
            // A verifier that was refused stays wrong.
            guard (message.status ?? 0) < 400, message.answerJSON?["error"] == nil else { return "\(Self.verifier)x" }
            return choose("verifier", Self.verifier, recorded: Self.verifier)
        default: break
        }
        guard let kind = SecretNames.kind(of: name), !wasBrought(text) else { return text }
        if kind == .token {
            let owner = DecodedToken(text)?.claims
            let user = (owner?["username"]?.string ?? owner?["sub"]?.string).map { player(of: $0) }
            let person = user ?? (lastUser.isEmpty ? "alice" : lastUser)
            signIn(person)
            let kind = plain == "idtoken" ? "idToken" : plain == "refreshtoken" ? "refreshToken" : "accessToken"
            return "${\(person).\(kind)}"
        }
        return "removed"
    }

    /// The user has a token from here on.
    mutating func signIn(_ user: String) {
        guard signedIn.insert(user).inserted else { return }
        steps.append(RecordedStep("sign-in", user))
    }
}
