package import Kernel

/// A compact JWS taken apart and not verified. Strict: three parts, base64url without padding, JSON objects.
package struct DecodedToken: Sendable {
    package let header: JSONObject
    package let claims: JSONObject
    /// As it came.
    let compact: String
    let signature: [UInt8]
    /// What the signature covers: header and claims as they came, RFC 7515 section 5.2.
    let signingInput: [UInt8]

    /// Longer ones are refused unread; no header or claim set of this world comes near it.
    package static let longest = 16_384

    private static let memo = Memo<CompactToken, DecodedToken>(limit: 256)

    package init?(_ compact: String) {
        guard compact.utf8.count <= Self.longest else { return nil }
        if let known = Self.memo[CompactToken(compact)] {
            self = known
            return
        }
        guard let read = DecodedToken(reading: compact) else { return nil }
        Self.memo[CompactToken(compact)] = read
        self = read
    }

    private init?(reading compact: String) {
        // Byte by byte: walking characters would cost more than the signature's verification.
        let parts = compact.pieces(by: ".", keepingEmpty: true)
        guard parts.count == 3,
            let header = Self.object(parts[0]), let claims = Self.object(parts[1]),
            let signature = Base64.decodeURL(parts[2])
        else { return nil }
        self.header = header
        self.claims = claims
        self.signature = signature
        self.compact = compact
        let covered = parts[0].utf8.count + 1 + parts[1].utf8.count
        // As plain memory: a slice of a text's bytes is copied one by one.
        var compact = compact
        signingInput = compact.withUTF8 { Array($0[..<covered]) }
    }

    private static func object(_ part: Substring) -> JSONObject? {
        guard let bytes = Base64.decodeURL(part) else { return nil }
        return (try? JSONValue(parsing: bytes))?.object
    }
}
