import Harness
import Kernel

/// What somebody asks `why` about: the words of one error in a pasted text.
struct AskedError {
    var words: [String]
    /// The last word where the text ends in its middle.
    var cutWord: String?
    /// Whether it stood in a URL's query.
    var isQuery = false

    /// Whether a word of the text is one that a party said.
    func means(_ word: String, _ said: String) -> Bool {
        word == said || (word == cutWord && said.hasPrefix(word))
    }

    /// The errors that a text asks for. Of an answer pasted whole or cut short, in whatever it was wrapped, they are
    /// those that it says; names of members, ids and links are every answer's.
    static func all(in text: String) -> [AskedError] {
        let isPage = text.hasPrefix("<")
        let told = bodies(in: text) + (isPage ? [] : queries(in: text))
        guard told.isEmpty else { return told }
        guard isPage else { return [AskedError(words: ErrorSearch.words(of: text))] }
        let page = String(ErrorSearch.plain(Array(text.utf8)).prefix(ErrorSearch.mostOfABody))
        return [AskedError(words: ErrorSearch.words(of: page))]
    }
}

// URLs.
extension AskedError {
    /// The errors that a URL brings in its query or its fragment (RFC 6749 sections 4.1.2.1 and 4.2.2.1), decoded.
    static func errors(inURL url: String) -> [(lead: String, sentence: String)] {
        url.split { $0 == "?" || $0 == "#" }.dropFirst().compactMap { part in
            let form = Form(parsing: part)
            guard let code = form["error"], !code.isEmpty else { return nil }
            return (code, form["error_description"] ?? "")
        }
    }

    private static func queries(in text: String) -> [AskedError] {
        // Pages and JSON write the ampersand so.
        let plain = text.replacing("&amp;", by: "&").replacing("\\u0026", by: "&")
        return plain.split { $0.isWhitespace || "\"'`<>".contains($0) }.flatMap { errors(inURL: String($0)) }
            .compactMap { lead, sentence in
                let words = ErrorSearch.words(of: "\(lead) \(sentence)")
                return words.isEmpty ? nil : AskedError(words: words, isQuery: true)
            }
    }
}

// JSON.
extension AskedError {
    /// What the JSON objects in a text say.
    private static func bodies(in text: String) -> [AskedError] {
        let bytes = Array(text.utf8.prefix(100_000))
        var (found, place, tries): ([AskedError], Int, Int) = ([], 0, 0)
        while let open = bytes[place...].firstIndex(of: UInt8(ascii: "{")), tries < 20 {
            tries += 1
            guard let end = end(of: bytes[open...]) else {
                if let cut = members(of: bytes[open...]) { return found + [cut] }
                place = open + 1
                continue
            }
            if let json = try? JSONValue(parsing: Array(bytes[open..<end])) {
                if let told = ErrorSearch.refusal(in: json, status: nil) {
                    found.append(AskedError(words: ErrorSearch.words(of: "\(told.lead) \(told.sentence)")))
                }
                place = end
            } else {
                place = open + 1
            }
        }
        if found.isEmpty, let part = members(of: bytes[...]) { return [part] }
        return found
    }

    /// Where the object ends that begins here.
    private static func end(of bytes: ArraySlice<UInt8>) -> Int? {
        var (depth, isText, isEscaped) = (0, false, false)
        for (place, byte) in zip(bytes.indices, bytes) {
            switch byte {
            case _ where isEscaped: isEscaped = false
            case UInt8(ascii: "\\"): isEscaped = isText
            case UInt8(ascii: "\""): isText.toggle()
            case _ where isText: break
            case UInt8(ascii: "{"): depth += 1
            case UInt8(ascii: "}"):
                depth -= 1
                if depth == 0 { return place + 1 }
            default: break
            }
        }
        return nil
    }

    /// What the members say that are left of an object whose beginning or end is missing; nil if they say nothing.
    private static func members(of bytes: ArraySlice<UInt8>) -> AskedError? {
        let text = String(decoding: bytes, as: UTF8.self)
        let codes = ["error", "code"].compactMap { member($0, in: text) }
        let sentence = ["message", "error_description", "text"].lazy.compactMap { member($0, in: text) }.first
        let told = codes + (sentence.map { [$0] } ?? [])
        var asked = AskedError(words: ErrorSearch.words(of: told.map(\.value).joined(separator: " ")))
        if let cut = told.first(where: \.isCut), let last = ErrorSearch.words(of: cut.value).last {
            asked.cutWord = last
            // Of one letter or two, anything might become.
            if last.utf8.count < 3 { asked.words.removeAll { $0 == last } }
        }
        return asked.words.isEmpty ? nil : asked
    }

    /// The text or number that the first member of a name has, as far as it goes.
    private static func member(_ name: String, in text: String) -> (value: String, isCut: Bool)? {
        var rest = text[...]
        while let place = rest.range(of: "\"\(name)\"") {
            rest = rest[place.upperBound...]
            let colon = rest.drop(while: \.isWhitespace)
            guard colon.first == ":" else { continue }
            let value = colon.dropFirst().drop(while: \.isWhitespace)
            if value.first == "\"" { return string(value.dropFirst()) }
            let number = value.prefix { $0 == "-" || $0.isNumber }
            guard number.isEmpty else { return (String(number), number.endIndex == text.endIndex) }
        }
        return nil
    }

    /// A JSON string from behind its opening quote on.
    private static func string(_ text: Substring) -> (value: String, isCut: Bool) {
        var (raw, isEscaped, isCut) = ([UInt8](), false, true)
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\""), !isEscaped {
                isCut = false
                break
            }
            isEscaped = byte == UInt8(ascii: "\\") && !isEscaped
            raw.append(byte)
        }
        let quote = [UInt8(ascii: "\"")]
        let value = (try? JSONValue(parsing: quote + raw + quote))?.string ?? String(decoding: raw, as: UTF8.self)
        // What cuts a text puts an ellipsis there.
        return (isCut && value.hasSuffix("…") ? String(value.dropLast()) : value, isCut)
    }
}
