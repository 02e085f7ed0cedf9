// Flow collections: `[a, b]` and `{a: b}`, over any number of lines.
extension CommonYAML {
    mutating func flow() throws(Unusual) -> DocumentNode {
        try nested { reader throws(Unusual) in
            try reader.byte() == .openBracket ? reader.flowSequence() : reader.flowMapping()
        }
    }

    private mutating func flowSequence() throws(Unusual) -> DocumentNode {
        let start = place()
        at += 1
        var items: [DocumentNode] = []
        while true {
            skip()
            if byte() == .closeBracket, !isAtEnd { break }
            items.append(try flowItem())
            skip()
            guard byte() == .comma, !isAtEnd else { break }
            at += 1
        }
        guard byte() == .closeBracket, !isAtEnd else { throw Unusual() }
        at += 1
        return try counted(.sequence(items), start)
    }

    /// `[a, b: c]`: an item may be a mapping of one member, without braces.
    private mutating func flowItem() throws(Unusual) -> DocumentNode {
        let (start, beginning) = (at, line)
        let first = try flowNode()
        guard byte() == .colon || byte() == .blank else { return first }
        skip()
        guard byte() == .colon else { return first }
        guard first.scalarText != nil, bytes[start] != .star, line == beginning, isBlank(1), at - start < 1000 else {
            throw Unusual()
        }
        at += 1
        skip()
        var members = Members()
        try members.add(first, try nested { reader throws(Unusual) in try reader.flowValue() })
        return try counted(
            .mapping(try members.all()), Place(source, line: first.place.line, column: first.place.column))
    }

    private mutating func flowMapping() throws(Unusual) -> DocumentNode {
        let start = place()
        at += 1
        var members = Members()
        while true {
            skip()
            if byte() == .closeBrace, !isAtEnd { break }
            let (beginning, isQuoted) = (line, byte() == .quote || byte() == .apostrophe)
            let before = at
            let key = try isQuoted ? quoted() : plainInFlow()
            let isOneLine = line == beginning && at - before < 1000
            skip()
            if byte() == .colon {
                guard isOneLine, line == beginning, isBlank(1), !isAtEnd else { throw Unusual() }
                at += 1
                skip()
            } else {
                guard byte() == .comma || byte() == .closeBrace else { throw Unusual() }
            }
            try members.add(key, try flowValue())
            skip()
            guard byte() == .comma, !isAtEnd else { break }
            at += 1
        }
        guard byte() == .closeBrace, !isAtEnd else { throw Unusual() }
        at += 1
        return try counted(.mapping(try members.all()), start)
    }

    /// A value, or nothing, which stands where it ends.
    private mutating func flowValue() throws(Unusual) -> DocumentNode {
        guard byte() == .comma || byte() == .closeBrace || byte() == .closeBracket else { return try flowNode() }
        return try counted(.scalar("", plain: true), place())
    }

    private mutating func flowNode() throws(Unusual) -> DocumentNode {
        switch byte() {
        case .openBracket, .openBrace: return try flow()
        case .quote, .apostrophe: return try quoted()
        case .star: return try alias()
        default: return try plainInFlow()
        }
    }
}

// The bytes that mean something.
extension UInt8 {
    static let blank = UInt8(ascii: " ")
    static let newline = UInt8(ascii: "\n")
    static let hash = UInt8(ascii: "#")
    static let dash = UInt8(ascii: "-")
    static let dot = UInt8(ascii: ".")
    static let plus = UInt8(ascii: "+")
    static let colon = UInt8(ascii: ":")
    static let comma = UInt8(ascii: ",")
    static let question = UInt8(ascii: "?")
    static let openBracket = UInt8(ascii: "[")
    static let closeBracket = UInt8(ascii: "]")
    static let openBrace = UInt8(ascii: "{")
    static let closeBrace = UInt8(ascii: "}")
    static let ampersand = UInt8(ascii: "&")
    static let star = UInt8(ascii: "*")
    static let exclamation = UInt8(ascii: "!")
    static let pipe = UInt8(ascii: "|")
    static let greater = UInt8(ascii: ">")
    static let apostrophe = UInt8(ascii: "'")
    static let quote = UInt8(ascii: "\"")
    static let backslash = UInt8(ascii: "\\")
    static let slash = UInt8(ascii: "/")
    static let percent = UInt8(ascii: "%")
    static let atSign = UInt8(ascii: "@")
    static let backtick = UInt8(ascii: "`")

    var isBlankByte: Bool { self == .blank || self == .newline }
    /// What ends a plain scalar in a flow collection.
    var endsFlowScalar: Bool {
        self == .comma || self == .openBracket || self == .closeBracket || self == .openBrace || self == .closeBrace
    }
    /// Of the name of an anchor.
    var isNameByte: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"), .dash:
            true
        default: false
        }
    }
}
