import Kernel

/// Finds the forms of a page. Tolerant as browsers are: what it does not know it walks over, nothing makes it fail.
struct HTMLReader {
    /// Lives as long as the call that made it.
    private let text: UnsafeBufferPointer<UInt8>
    private var place = 0
    private var forms: [HTMLForm] = []
    private var isInForm = false

    static func forms(in html: String) -> [HTMLForm] {
        var html = html
        return html.withUTF8 { text in
            var reader = HTMLReader(text: text)
            return reader.read()
        }
    }

    private init(text: UnsafeBufferPointer<UInt8>) { self.text = text }

    private mutating func read() -> [HTMLForm] {
        while let open = next(UInt8(ascii: "<")) {
            place = open + 1
            if current == UInt8(ascii: "!"), starts(with: "!--") {
                skip(past: "-->")
            } else if !mayMatter {
                passAttributes()
            } else if let name = tagName() {
                // Of most tags nobody asks what they say.
                if Self.read.contains(name) {
                    take(Tag(name: name, attributes: attributes()))
                } else {
                    passAttributes()
                    if Self.opaque.contains(name) { skip(past: "</\(name)") }
                }
            }
        }
        return forms
    }

    private static let read = ["form", "/form", "input", "button"]
    /// Tags whose text is no markup.
    private static let opaque = ["script", "style", "textarea", "title"]

    /// Whether a tag can be one of those, by its first two letters.
    private var mayMatter: Bool {
        guard place + 1 < text.count else { return false }
        switch (text[place] | 32, text[place + 1] | 32) {
        case (UInt8(ascii: "f"), UInt8(ascii: "o")), (UInt8(ascii: "/"), UInt8(ascii: "f")),
            (UInt8(ascii: "i"), UInt8(ascii: "n")), (UInt8(ascii: "b"), UInt8(ascii: "u")),
            (UInt8(ascii: "s"), UInt8(ascii: "c")), (UInt8(ascii: "s"), UInt8(ascii: "t")),
            (UInt8(ascii: "t"), UInt8(ascii: "e")), (UInt8(ascii: "t"), UInt8(ascii: "i")):
            return true
        case (UInt8(ascii: "/"), _): return false
        // For a `<` that begins no tag.
        case (let letter, _): return !(97...122).contains(letter)
        }
    }

    private struct Tag {
        let name: String
        /// Of two with the same name the first counts.
        let attributes: [(name: String, value: String)]
        subscript(_ name: String) -> String? { attributes.first { $0.name == name }?.value }
    }

    private mutating func take(_ tag: Tag) {
        switch tag.name {
        case "form":
            forms.append(
                HTMLForm(action: tag["action"], method: tag["method"]?.uppercased() == "POST" ? "POST" : "GET"))
            isInForm = true
        case "/form": isInForm = false
        case "input" where isInForm: takeInput(tag)
        case "button" where isInForm && (tag["type"]?.lowercased() ?? "submit") == "submit":
            forms[forms.count - 1].buttons.append(.init(name: tag["name"] ?? "", value: tag["value"] ?? ""))
        default: break
        }
    }

    private mutating func takeInput(_ tag: Tag) {
        let type = tag["type"]?.lowercased() ?? "text"
        let name = tag["name"] ?? ""
        let isBox = type == "checkbox" || type == "radio"
        let value = tag["value"] ?? (isBox ? "on" : "")
        switch type {
        case "submit": forms[forms.count - 1].buttons.append(.init(name: name, value: value))
        case "button", "reset", "image", "file": break
        default:
            let kind: HTMLForm.Field.Kind =
                switch type {
                case "checkbox": .checkbox
                case "radio": .radio
                case "hidden": .hidden
                default: .text
                }
            let isChecked = tag["checked"] != nil
            forms[forms.count - 1].fields.append(.init(name: name, value: value, kind: kind, isChecked: isChecked))
        }
    }

    /// nil for a `<` that begins no tag.
    private mutating func tagName() -> String? {
        let start = place
        while let byte = current, !Self.isBlank(byte), byte != UInt8(ascii: ">"),
            byte != UInt8(ascii: "/") || place == start
        {
            place += 1
        }
        let name = lowered(start, place)
        return name.utf8.contains(where: { (97...122).contains($0) }) ? name : nil
    }

    /// Reads `a=b c="d" e>`.
    private mutating func attributes() -> [(name: String, value: String)] {
        var attributes: [(name: String, value: String)] = []
        attributes.reserveCapacity(4)
        while let byte = current, byte != UInt8(ascii: ">") {
            guard !Self.isBlank(byte), byte != UInt8(ascii: "/") else {
                place += 1
                continue
            }
            if let attribute = attribute() { attributes.append(attribute) }
        }
        place += 1
        return attributes
    }

    /// To the end of the tag; a quoted value may have a `>` in it.
    private mutating func passAttributes() {
        var last: UInt8 = 0
        while let byte = current, byte != UInt8(ascii: ">") {
            place += 1
            if last == UInt8(ascii: "="), byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                place = (next(byte) ?? text.count - 1) + 1
            }
            if !Self.isBlank(byte) { last = byte }
        }
        place += 1
    }

    /// Those that anybody asks for.
    private static let attributesRead = ["action", "method", "type", "name", "value", "checked"].map { name in
        (bytes: Array(name.utf8), name: name)
    }

    /// The attribute whose name stands there, in whatever case; nil for one that nobody asks for.
    private func attributeName(_ start: Int, _ end: Int) -> String? {
        let name = stretch(start, end)
        for known in Self.attributesRead where known.bytes.count == name.count {
            if name.indices.allSatisfy({ name[$0] | 32 == known.bytes[$0] }) { return known.name }
        }
        return nil
    }

    /// nil for one that nobody asks for.
    private mutating func attribute() -> (name: String, value: String)? {
        let start = place
        // A name has at least one byte, so that a stray equals sign does not stop the reader.
        repeat { place += 1 } while current.map(Self.isNameByte) ?? false
        let name = attributeName(start, place)
        skipBlanks()
        guard current == UInt8(ascii: "=") else { return name.map { ($0, "") } }
        place += 1
        skipBlanks()
        guard let quote = current, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else {
            let start = place
            while let byte = current, !Self.isBlank(byte), byte != UInt8(ascii: ">") { place += 1 }
            return name.map { ($0, decodingEntities(slice(start, place))) }
        }
        place += 1
        let opened = place
        place = next(quote) ?? text.count
        defer { place += 1 }
        return name.map { ($0, decodingEntities(slice(opened, place))) }
    }

    private var current: UInt8? { place < text.count ? text[place] : nil }
    private func next(_ byte: UInt8) -> Int? {
        Kernel.place(of: byte, in: text, from: place)
    }
    /// `lowercased()` walks scalars; almost every name is in lower case as it comes.
    private func lowered(_ start: Int, _ end: Int) -> String {
        var strange: UInt8 = 0
        for byte in stretch(start, end) { strange |= (byte & 0x80) | (byte &- 65 < 26 ? 1 : 0) }
        let name = slice(start, end)
        return strange == 0 ? name : name.lowercased()
    }
    private func slice(_ start: Int, _ end: Int) -> String {
        String(decoding: stretch(start, end), as: UTF8.self)
    }
    private func stretch(_ start: Int, _ end: Int) -> UnsafeBufferPointer<UInt8> {
        UnsafeBufferPointer(rebasing: text[min(start, text.count)..<min(end, text.count)])
    }
    private func starts(with word: String) -> Bool {
        var end = place
        for byte in word.utf8 {
            guard end < text.count, text[end] == byte else { return false }
            end += 1
        }
        return true
    }
    private mutating func skipBlanks() { while current.map(Self.isBlank) ?? false { place += 1 } }

    private mutating func skip(past word: String) {
        guard let first = word.utf8.first else { return }
        while let hit = next(first) {
            place = hit
            if starts(with: word) {
                place += word.utf8.count
                return
            }
            place += 1
        }
        place = text.count
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }
    private static func isNameByte(_ byte: UInt8) -> Bool {
        !isBlank(byte) && byte != UInt8(ascii: "=") && byte != UInt8(ascii: ">") && byte != UInt8(ascii: "/")
    }
}

/// `&amp;`, `&#39;`, `&#x27;` and their like; anything else stays as it is.
package func decodingEntities(_ text: String) -> String {
    var text = text
    return text.withUTF8 { bytes in
        guard place(of: UInt8(ascii: "&"), in: bytes) != nil else { return nil }
        return String(unsafeUninitializedCapacity: bytes.count) { decodeEntities(bytes, into: $0) }
    } ?? text
}

/// No entity is shorter than what it stands for. Returns how much of the target was needed.
private func decodeEntities(_ bytes: UnsafeBufferPointer<UInt8>, into target: UnsafeMutableBufferPointer<UInt8>) -> Int
{
    var (at, count) = (0, 0)
    func copy(to end: Int) {
        for byte in UnsafeBufferPointer(rebasing: bytes[at..<end]) {
            target[count] = byte
            count += 1
        }
        at = end
    }
    while let mark = place(of: UInt8(ascii: "&"), in: bytes, from: at) {
        copy(to: mark)
        let window = UnsafeBufferPointer(rebasing: bytes[mark..<min(mark + 12, bytes.count)])
        guard let end = place(of: UInt8(ascii: ";"), in: window),
            let letter = entity(UnsafeBufferPointer(rebasing: window[1..<end]))
        else {
            copy(to: mark + 1)
            continue
        }
        for byte in letter.utf8 {
            target[count] = byte
            count += 1
        }
        at = mark + end + 1
    }
    copy(to: bytes.count)
    return count
}

private func entity(_ bytes: UnsafeBufferPointer<UInt8>) -> String? {
    let name = String(decoding: bytes, as: UTF8.self)
    return namedEntity(name) ?? numericEntity(name[...])
}

private func namedEntity(_ name: String) -> String? {
    switch name {
    case "amp": "&"
    case "lt": "<"
    case "gt": ">"
    case "quot": "\""
    case "apos": "'"
    case "nbsp": "\u{A0}"
    default: nil
    }
}

private func numericEntity(_ name: Substring) -> String? {
    guard name.hasPrefix("#") else { return nil }
    let digits = name.dropFirst()
    let isHex = digits.hasPrefix("x") || digits.hasPrefix("X")
    let number = isHex ? UInt32(digits.dropFirst(), radix: 16) : UInt32(digits)
    return number.flatMap(Unicode.Scalar.init).map { String(Character($0)) }
}
