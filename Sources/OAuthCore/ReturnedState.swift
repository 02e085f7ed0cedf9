package import Kernel

extension Form {
    /// `state` of an authorization request, written as it goes back: byte for byte what the client encoded (RFC 6749
    /// section 4.1.2). nil where it is missing or empty, which is the same (section 3.1). What may not stand in a URL
    /// is encoded; escapes and plus signs stay.
    package static func returnedState(in query: String) -> String? {
        guard let value = written("state", in: query), !value.isEmpty else { return nil }
        guard !value.utf8.allSatisfy(isURLByte) else { return String(value) }
        return value.utf8.map { isURLByte($0) ? String(UnicodeScalar($0)) : "%\(Hex.encode([$0]).uppercased())" }
            .joined()
    }

    private static func isURLByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\\"), UInt8(ascii: "^"),
            UInt8(ascii: "`"), UInt8(ascii: "{"), UInt8(ascii: "|"), UInt8(ascii: "}"), UInt8(ascii: "#"):
            false
        default: (0x21...0x7E).contains(byte)
        }
    }
}
