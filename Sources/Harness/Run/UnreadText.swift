import Kernel

/// A body that is neither JSON nor a form by its looks, though its sender may have meant it so: cut off, or sent under
/// another media type.
enum UnreadText {
    /// As it came, but for everything behind the first name under which only secrets stand: where such a value ends
    /// cannot be told.
    static func shown(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var place = 0
        while place < bytes.count {
            guard isNameByte(bytes[place]) else {
                place += 1
                continue
            }
            let end = bytes[place...].firstIndex { !isNameByte($0) } ?? bytes.count
            if let value = valuePlace(bytes, place..<end),
                SecretNames.kind(
                    of: String(decoding: bytes[place..<end], as: UTF8.self), inJSON: bytes[value - 1] != equals) != nil
            {
                return String(decoding: bytes[..<value], as: UTF8.self) + SecretMask.dots
            }
            place = end
        }
        return text
    }

    private static let equals = UInt8(ascii: "=")

    /// Where the value of a name begins, as in `"name": …` and `name=…`; nil for a word that names nothing.
    private static func valuePlace(_ bytes: [UInt8], _ name: Range<Int>) -> Int? {
        var place = name.upperBound
        let isQuoted = name.lowerBound > 0 && bytes[name.lowerBound - 1] == UInt8(ascii: "\"")
        if isQuoted, place < bytes.count, bytes[place] == UInt8(ascii: "\"") { place += 1 }
        while place < bytes.count, bytes[place] == 32 || bytes[place] == 9 { place += 1 }
        guard place + 1 < bytes.count, bytes[place] == equals || isQuoted && bytes[place] == UInt8(ascii: ":") else {
            return nil
        }
        return place + 1
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
