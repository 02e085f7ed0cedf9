import Kernel

// Scalars, as YAML 1.1 folds them and libyaml reads them.
extension CommonYAML {
    /// The key that begins here, read past its colon; nil, and nothing read, where no key begins.
    mutating func key() throws(Unusual) -> DocumentNode? {
        let before = at
        if byte() == .quote || byte() == .apostrophe {
            let (beginning, begins) = (line, lineStart)
            let node = try quoted()
            if line == beginning {
                skipBlanks()
                if byte() == .colon {
                    guard isBlank(1), at - before < 1000 else { throw Unusual() }
                    at += 1
                    return node
                }
            }
            (at, line, lineStart) = (before, beginning, begins)
            return nil
        }
        guard beginsPlain else { return nil }
        let end = try plainEnd(inFlow: false)
        guard byte() == .colon, !isAtEnd else {
            at = before
            return nil
        }
        guard at - before < 1000 else { throw Unusual() }
        at += 1
        return try plainNode(String(decoding: bytes[before..<end], as: UTF8.self), from: before)
    }

    /// A plain scalar in a block, over as many lines as are indented more than `indent`.
    mutating func plain(below indent: Int) throws(Unusual) -> DocumentNode {
        guard beginsPlain else { throw Unusual() }
        return try plain(inFlow: false, below: indent)
    }

    /// One in a flow collection, where indentation does not count.
    mutating func plainInFlow() throws(Unusual) -> DocumentNode {
        guard beginsPlain, !(byte() == .dash && byte(1).endsFlowScalar) else { throw Unusual() }
        return try plain(inFlow: true, below: -1)
    }

    /// `?` and `:` begin one too, seldom; that is left to the whole parser.
    private var beginsPlain: Bool {
        guard !isAtEnd else { return false }
        switch byte() {
        case .dash: return !isBlank(1)
        case .question, .colon, .comma, .openBracket, .closeBracket, .openBrace, .closeBrace, .hash, .ampersand, .star,
            .exclamation, .pipe, .greater, .apostrophe, .quote, .percent, .atSign, .backtick, .blank, .newline:
            return false
        default: return true
        }
    }

    private mutating func plain(inFlow: Bool, below indent: Int) throws(Unusual) -> DocumentNode {
        let start = at
        var end = try plainEnd(inFlow: inFlow)
        let node = try plainNode(String(decoding: bytes[start..<end], as: UTF8.self), from: start)
        guard byte() == .newline else {
            // Two keys on one line, in a block.
            guard inFlow || byte() == .hash else { throw Unusual() }
            return node
        }
        var text: [UInt8] = []
        while let next = continuation(inFlow: inFlow, below: indent) {
            if text.isEmpty { text = Array(bytes[start..<end]) }
            if next.breaks == 1 { text.append(.blank) }
            for _ in 1..<next.breaks { text.append(.newline) }
            (at, line, lineStart) = (next.at, line + next.breaks, next.lineStart)
            let begins = at
            end = try plainEnd(inFlow: inFlow)
            text += bytes[begins..<end]
            guard inFlow || byte() != .colon || isAtEnd else { throw Unusual() }
            if byte() != .newline { break }
        }
        guard !text.isEmpty else { return node }
        let whole = String(decoding: text, as: UTF8.self)
        let length = Self.width(whole, isQuoted: false)
        return DocumentNode(
            .scalar(whole, plain: true),
            at: Place(source, line: node.place.line, column: node.place.column, length: length))
    }

    /// Where a plain scalar goes on below this line.
    private func continuation(
        inFlow: Bool, below indent: Int
    ) -> (at: Int, lineStart: Int, breaks: Int)? {
        var (place, start, breaks) = (at, lineStart, 0)
        while place < bytes.count {
            switch bytes[place] {
            case .newline:
                place += 1
                start = place
                breaks += 1
            case .blank: place += 1
            case .hash: return nil
            case let byte where inFlow:
                if byte.endsFlowScalar { return nil }
                let isColon = byte == .colon && (place + 1 >= bytes.count || bytes[place + 1].isBlankByte)
                return isColon ? nil : (place, start, breaks)
            default: return place - start > indent ? (place, start, breaks) : nil
            }
        }
        return nil
    }

    /// Goes to what ends a plain scalar on this line and says where its last character is. In front of `at` there may
    /// be blanks.
    private mutating func plainEnd(inFlow: Bool) throws(Unusual) -> Int {
        var end = at
        while !isAtEnd {
            let byte = bytes[at]
            if byte == .newline || byte == .colon && isBlank(1) || inFlow && byte.endsFlowScalar { break }
            // To one parser an error, to another a text.
            if inFlow, byte == .colon, self.byte(1).endsFlowScalar || self.byte(1) == .question { throw Unusual() }
            if byte == .blank {
                if self.byte(1) == .hash {
                    at += 1
                    break
                }
            } else {
                end = at + 1
            }
            at += 1
        }
        return end
    }

    private mutating func plainNode(_ text: String, from start: Int) throws(Unusual) -> DocumentNode {
        try counted(
            .scalar(text, plain: true), place(at: start, Self.width(text, isQuoted: false)))
    }

    /// Code points, with the quotes; one for what has several lines.
    static func width(_ text: String, isQuoted: Bool) -> Int {
        var width = isQuoted ? 2 : 0
        for byte in text.utf8 {
            guard byte != .newline else { return 1 }
            if byte & 0xC0 != 0x80 { width += 1 }
        }
        return width
    }
}

// In quotes.
extension CommonYAML {
    mutating func quoted() throws(Unusual) -> DocumentNode {
        let (start, mark) = (place(), byte())
        at += 1
        let text = try mark == .quote ? doubleQuoted() : singleQuoted()
        let width = Self.width(text, isQuoted: true)
        return try counted(
            .scalar(text, plain: false), Place(source, line: start.line, column: start.column, length: width))
    }

    private mutating func singleQuoted() throws(Unusual) -> String {
        var text: [UInt8] = []
        while !isAtEnd {
            switch bytes[at] {
            case .apostrophe where byte(1) == .apostrophe && at + 1 < bytes.count:
                text.append(.apostrophe)
                at += 2
            case .apostrophe:
                at += 1
                return String(decoding: text, as: UTF8.self)
            case .blank, .newline: fold(into: &text)
            default:
                text.append(bytes[at])
                at += 1
            }
        }
        throw Unusual()
    }

    private mutating func doubleQuoted() throws(Unusual) -> String {
        var text: [UInt8] = []
        while !isAtEnd {
            switch bytes[at] {
            case .quote:
                at += 1
                return String(decoding: text, as: UTF8.self)
            case .backslash: try escape(into: &text)
            case .blank, .newline: fold(into: &text)
            default:
                text.append(bytes[at])
                at += 1
            }
        }
        throw Unusual()
    }

    private mutating func escape(into text: inout [UInt8]) throws(Unusual) {
        switch byte(1) {
        case .quote: text.append(.quote)
        case .backslash: text.append(.backslash)
        case .slash: text.append(.slash)
        case UInt8(ascii: "n"): text.append(.newline)
        case UInt8(ascii: "t"): text.append(0x09)
        case UInt8(ascii: "r"): text.append(0x0D)
        case .newline where at + 1 < bytes.count:
            // The line goes on where the next one has something; only empty lines between are line ends.
            at += 1
            newline()
            skipBlanks()
            while !isAtEnd, bytes[at] == .newline {
                newline()
                text.append(.newline)
                skipBlanks()
            }
            return
        default: throw Unusual()
        }
        at += 2
    }

    /// Blanks within a line stay; around line ends they go, one line end is a blank and each further one itself.
    private mutating func fold(into text: inout [UInt8]) {
        let start = at
        skipBlanks()
        guard byte() == .newline, !isAtEnd else {
            text += bytes[start..<at]
            return
        }
        var breaks = 0
        while !isAtEnd, bytes[at] == .newline {
            newline()
            breaks += 1
            skipBlanks()
        }
        if breaks == 1 { text.append(.blank) }
        for _ in 1..<breaks { text.append(.newline) }
    }
}

// Blocks of text.
extension CommonYAML {
    /// `|` or `>` and the lines below it. One that says its indentation is left to the whole parser.
    mutating func blockScalar(below parent: Int) throws(Unusual) -> DocumentNode {
        let (start, isLiteral) = (place(), byte() == .pipe)
        at += 1
        let chomping = byte()
        if chomping == .plus || chomping == .dash { at += 1 }
        guard isBlank(), parent >= 0 else { throw Unusual() }
        try endLine()
        guard !isAtEnd else { throw Unusual() }
        newline()
        let indent = try blockIndent(below: parent)
        var (text, lineEnd, breaks): ([UInt8], Bool, Int) = ([], false, skipBreaks(indent))
        var wasBlank = false
        while column == indent, !isAtEnd {
            let beginsBlank = byte() == .blank
            if !isLiteral, lineEnd, !wasBlank, !beginsBlank {
                if breaks == 0 { text.append(.blank) }
            } else if lineEnd {
                text.append(.newline)
            }
            for _ in 0..<breaks { text.append(.newline) }
            wasBlank = beginsBlank
            let begins = at
            while !isAtEnd, bytes[at] != .newline { at += 1 }
            text += bytes[begins..<at]
            lineEnd = !isAtEnd
            if lineEnd { newline() }
            breaks = skipBreaks(indent)
        }
        if lineEnd, chomping != .dash { text.append(.newline) }
        if chomping == .plus { for _ in 0..<breaks { text.append(.newline) } }
        let whole = String(decoding: text, as: UTF8.self)
        let width = Self.width(whole, isQuoted: true)
        return try counted(
            .scalar(whole, plain: false), Place(source, line: start.line, column: start.column, length: width))
    }

    /// The column of the first line that is not empty. Empty lines before it may not reach further.
    private func blockIndent(below parent: Int) throws(Unusual) -> Int {
        var (place, start, longest) = (at, at, 0)
        while place < bytes.count {
            if bytes[place] == .newline {
                longest = max(longest, place - start)
                start = place + 1
            } else if bytes[place] != .blank {
                guard place - start > parent else { break }
                guard longest <= place - start else { throw Unusual() }
                return place - start
            }
            place += 1
        }
        // A block without a line.
        throw Unusual()
    }

    /// Passes empty lines and the indentation of the next one.
    private mutating func skipBreaks(_ indent: Int) -> Int {
        var breaks = 0
        while true {
            while !isAtEnd, column < indent, bytes[at] == .blank { at += 1 }
            guard !isAtEnd, bytes[at] == .newline else { return breaks }
            newline()
            breaks += 1
        }
    }
}
