import Kernel

/// How GitHub's tokens are written: a prefix that names the kind, then base62 (`github-token-format`).
package enum TokenText {
    /// Thirty random letters and six of checksum: 40 characters with a four-letter prefix.
    static func accessToken(prefix: String, _ entropy: any Entropy) -> String {
        let random = entropy.text(30, from: .base62, for: "github access token")
        return prefix + random + checksum(of: random)
    }

    /// `Q8`: an installation token since 2026: the application's number and something that looks like a JWT, about
    /// 520 characters in all. Only who made it can read it; the signature is chance.
    static func statelessToken(prefix: String, application: String, claims: JSONObject, _ entropy: any Entropy)
        -> String
    {
        let header: JSONValue = ["alg": "RS256", "typ": "JWT"]
        let signature = entropy.bytes(256, for: "github installation token")
        let parts = [header.bytes, JSONValue.object(claims).bytes, signature].map { Base64.encodeURL($0) }
        return "\(prefix)\(application)_\(parts.joined(separator: "."))"
    }

    /// Seventy-six letters after the prefix; whether they hold a checksum is not known.
    static func refreshToken(prefix: String, _ entropy: any Entropy) -> String {
        prefix + entropy.text(76, from: .base62, for: "github refresh token")
    }

    /// CRC-32 of the random part alone, in base62 with `0` to the left: a scanner tells a token from an accident by it.
    package static func checksum(of random: String) -> String {
        var rest = crc32(Array(random.utf8))
        var digits: [UInt8] = []
        while digits.count < 6 {
            digits.append(letters[Int(rest % 62)])
            rest /= 62
        }
        return String(decoding: digits.reversed(), as: UTF8.self)
    }

    /// Digits, capitals, small letters: the order GitHub counts in.
    private static let letters = Array("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz".utf8)

    /// CRC-32 of IEEE 802.3, bit by bit: thirty bytes need no table.
    static func crc32(_ bytes: [UInt8]) -> UInt32 {
        ~bytes.reduce(UInt32.max) { sum, byte in
            (0..<8).reduce(sum ^ UInt32(byte)) { word, _ in word & 1 == 1 ? word >> 1 ^ 0xEDB8_8320 : word >> 1 }
        }
    }
}
