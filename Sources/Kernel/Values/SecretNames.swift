/// Names under which only secrets stand: members of forms, queries and JSON. Whatever shows or keeps messages takes
/// them from here.
package enum SecretNames {
    package enum Kind: Sendable {
        /// Somebody issued it; where that is known, it has an id by which it may be called.
        case token
        /// It stands for somebody for a moment, and has such an id too.
        case code
        /// Only its owner knows it.
        case kept
    }

    /// In small letters without `_` and `-`, so that `clientSecret` and `client_secret` are one.
    private static let kinds: [String: Kind] = [
        "accesstoken": .token, "refreshtoken": .token, "idtoken": .token, "token": .token, "usertoken": .token,
        "workloadaccesstoken": .token, "workloadidentitytoken": .token, "subjecttoken": .token, "actortoken": .token,
        "assertion": .token, "credentials": .token, "xamzsecuritytoken": .token,
        "code": .code, "devicecode": .code, "clientassertion": .code, "csrf": .code, "authenticitytoken": .code,
        "cookie": .code,
        "password": .kept, "clientsecret": .kept, "secret": .kept, "secretstring": .kept, "codeverifier": .kept,
        "verifier": .kept, "apikey": .kept,
    ]

    /// Nobody writes more marks between their words.
    private static let longest = 32

    /// What stands under a name; nil for what everybody may read. In JSON a `code` is an error's number or name:
    /// authorization codes travel in forms and queries.
    package static func kind(of name: String, inJSON: Bool = false) -> Kind? {
        guard name.utf8.count <= longest else { return nil }
        let plain = plain(name)
        return inJSON && plain == "code" ? nil : kinds[plain]
    }

    /// In small letters without `_` and `-`.
    package static func plain(_ name: String) -> String {
        var plain: [UInt8] = []
        plain.reserveCapacity(name.utf8.count)
        for byte in name.utf8 where byte != UInt8(ascii: "_") && byte != UInt8(ascii: "-") {
            plain.append((UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte)
        }
        return String(decoding: plain, as: UTF8.self)
    }
}
