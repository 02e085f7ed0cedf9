// The rules of OAuth 2.x and OpenID Connect as values and functions, and what every party of them shows: keys and
// pages. It knows no party and no request; all it keeps is what was signed and checked already.

package import HTTPTypes
package import Kernel

/// A refusal as OAuth spells it: the error code and a sentence for developers. Equal by code only.
package struct OAuthError: Error, Hashable, Sendable {
    /// An `error` value; each constant names where it is registered.
    package struct Code: RawRepresentable, Hashable, Sendable, Codable {
        package let rawValue: String
        package init(rawValue: String) { self.rawValue = rawValue }
    }

    package let code: Code
    package let description: String

    package init(_ code: Code, _ description: String = "") {
        self.code = code
        self.description = quotable(description)
    }

    package static func == (left: OAuthError, right: OAuthError) -> Bool { left.code == right.code }
    package func hash(into hasher: inout Hasher) { hasher.combine(code) }

    /// `{"error":…,"error_description":…}`, the body of RFC 6749 section 5.2.
    package var json: JSONValue {
        var body: JSONObject = ["error": .string(code.rawValue)]
        if !description.isEmpty { body.append("error_description", .string(description)) }
        return .object(body)
    }
}

extension OAuthError.Code {
    // RFC 6749 sections 4.1.2.1 and 5.2
    package static let invalidRequest = Self(rawValue: "invalid_request")
    package static let invalidClient = Self(rawValue: "invalid_client")
    package static let invalidGrant = Self(rawValue: "invalid_grant")
    package static let unauthorizedClient = Self(rawValue: "unauthorized_client")
    package static let unsupportedGrantType = Self(rawValue: "unsupported_grant_type")
    package static let unsupportedResponseType = Self(rawValue: "unsupported_response_type")
    package static let invalidScope = Self(rawValue: "invalid_scope")
    package static let serverError = Self(rawValue: "server_error")
    // RFC 6750 section 3.1
    package static let invalidToken = Self(rawValue: "invalid_token")
    package static let insufficientScope = Self(rawValue: "insufficient_scope")
    // RFC 7009 section 2.2.1
    package static let unsupportedTokenType = Self(rawValue: "unsupported_token_type")
    // RFC 8707 section 2
    package static let invalidTarget = Self(rawValue: "invalid_target")
    // OpenID Connect Core section 3.1.2.6
    package static let interactionRequired = Self(rawValue: "interaction_required")
    package static let loginRequired = Self(rawValue: "login_required")
    package static let requestNotSupported = Self(rawValue: "request_not_supported")
    package static let requestURINotSupported = Self(rawValue: "request_uri_not_supported")
}

extension HTTPFields {
    /// RFC 6749 section 5.1: whatever holds a token, or says why there is none, is not kept.
    package static let unkept: HTTPFields = [.cacheControl: "no-store", fieldName("Pragma"): "no-cache"]
}

/// RFC 6749 section 5.2 and RFC 6750 section 3: neither quotation mark nor backslash nor anything beyond ASCII. What
/// would end a quoted string, or the header around it, is left out.
func quotable(_ text: String) -> String {
    let bytes = text.utf8.filter { (0x20...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    return String(decoding: bytes, as: UTF8.self)
}
