import Kernel
import OAuthCore

/// What a token endpoint gave.
struct TokenAnswer: Hashable, Sendable {
    let accessToken: Secret
    let refreshToken: Secret?
    /// nil where the answer names none.
    let scopes: ScopeSet?
    /// nil where the answer names no end.
    let lifetime: Span?
    let refreshLifetime: Span?
    /// Whether it says what kind of token it is, as the answer to an exchange has to.
    let namesIssuedType: Bool
}

/// What came of a token request.
enum TokenOutcome: Hashable, Sendable {
    case granted(TokenAnswer)
    /// The authorization server said no, by this code.
    case refused(String)
    /// No answer, or none that can be read.
    case unavailable(String)
    /// Nobody was asked: the client secret is not where the provider says it is.
    case secretMissing

    /// Reads what vendors really send: JSON or a form, an error with status 200, a token one level down
    /// (ledger `token-answers`).
    init(_ response: Response) {
        guard !response.content.isLonger(than: Self.longest) else {
            self = .unavailable("the token endpoint's answer is too long")
            return
        }
        let members = Self.members(response.body)
        let isServerError = response.status >= 500
        if let code = Self.error(members) {
            self = isServerError ? .unavailable(code) : .refused(code)
        } else if !response.isSuccess {
            let text = "HTTP \(response.status)"
            self = isServerError ? .unavailable(text) : .refused(text)
        } else if let answer = Self.answer(members) {
            self = .granted(answer)
        } else {
            self = .unavailable("the token endpoint's answer has no access token")
        }
    }

    private static let longest = 1_048_576
    /// A hundred years: more would overflow a date.
    private static let longestLifetime: Int64 = 100 * 366 * 86_400

    private static func members(_ body: [UInt8]) -> JSONObject {
        let byteOrderMark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = body.starts(with: byteOrderMark) ? Array(body.dropFirst(3)) : body
        if let json = try? JSONValue(parsing: text) { return json.object ?? [:] }
        var members = JSONObject()
        for pair in Form(parsing: trimmed(String(decoding: text, as: UTF8.self))).pairs {
            members[pair.name] = .string(pair.value)
        }
        return members
    }

    /// The error code as far as it is one: letters, digits and the like, so that no vendor's text travels on.
    private static func error(_ members: JSONObject) -> String? {
        let code: String
        switch members["error"] {
        case .string(let text) where !text.isEmpty: code = text
        // Facebook sends an object.
        case .object(let object): code = object["type"]?.string ?? "error"
        case .array, .bool(true): code = "error"
        default: return nil
        }
        let letters = code.utf8.filter { byte in
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-")
        }
        return String(decoding: letters.prefix(64), as: UTF8.self)
    }

    private static func answer(_ members: JSONObject) -> TokenAnswer? {
        // Slack puts the user's token one level down.
        let nested = members["authed_user"]?.object ?? [:]
        let source = text(members["access_token"]) == nil ? nested : members
        guard let token = text(source["access_token"]), isSendable(token) else { return nil }
        return TokenAnswer(
            accessToken: Secret(token), refreshToken: text(source["refresh_token"]).map { Secret($0) },
            scopes: scopes(source["scope"]), lifetime: span(source["expires_in"]),
            refreshLifetime: span(source["refresh_token_expires_in"]),
            namesIssuedType: text(members["issued_token_type"]) != nil)
    }

    /// Whether it can stand in a header as it is, in one word (RFC 6750 section 2.1; ledger `access-token-form`).
    private static func isSendable(_ token: String) -> Bool { token.utf8.allSatisfy { (0x21...0x7E).contains($0) } }

    private static func text(_ value: JSONValue?) -> String? {
        guard let text = value?.string, !text.isEmpty else { return nil }
        return text
    }

    /// A text with blanks or commas, or an array.
    private static func scopes(_ value: JSONValue?) -> ScopeSet? {
        let set = value?.string.map { ScopeSet(parsing: $0) } ?? value?.strings.map { ScopeSet($0) }
        return set?.isEmpty == false ? set : nil
    }

    /// Seconds, as a number or as text; zero stands for no end, as vendors use it.
    private static func span(_ value: JSONValue?) -> Span? {
        let seconds =
            value?.int ?? value?.double.map { Int64($0.clamped(to: 0...1e10)) } ?? value?.string.flatMap { Int64($0) }
        guard let seconds, seconds > 0 else { return nil }
        return .seconds(min(seconds, longestLifetime))
    }
}

extension Double {
    fileprivate func clamped(to range: ClosedRange<Double>) -> Double {
        min(max(self, range.lowerBound), range.upperBound)
    }
}
