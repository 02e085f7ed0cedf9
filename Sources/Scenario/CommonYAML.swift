import Kernel

/// Reads the part of YAML that files here mostly consist of, several times as fast as the whole parser: block and flow
/// collections, scalars of every style, comments, anchors and merge keys.
///
/// It makes the very nodes, at the very places, that `DocumentNode.parse` makes of the parser's tree, or gives up:
/// whatever is unusual or wrong is the whole parser's to read or to refuse. A test compares both.
struct CommonYAML {
    /// Something that the whole parser has to look at.
    struct Unusual: Error {}

    let source: Source
    let bytes: [UInt8]
    private let isASCII: Bool
    /// What is read next.
    var at = 0
    var line = 1
    /// Where the line begins that `at` is on.
    var lineStart = 0
    private var anchors: [(name: String, node: DocumentNode)] = []
    private var count = 0
    private var depth = 0

    /// nil where the whole parser is needed.
    static func read(_ source: Source) -> DocumentNode? {
        guard var reader = CommonYAML(source) else { return nil }
        do throws(Unusual) {
            return try reader.document()
        } catch {
            return nil
        }
    }

    /// nil for a text with bytes, or lines, that mean more than themselves: tabs and other control characters, the
    /// Unicode line ends, marks of documents and directives, brackets that nest too deep.
    private init?(_ source: Source) {
        self.source = source
        bytes = Array(source.text.utf8)
        var (isASCII, begins, nesting) = (true, true, 0)
        for place in bytes.indices {
            let byte = bytes[place]
            if begins, byte == .percent || Self.isDocumentMark(bytes, place) { return nil }
            begins = byte == .newline
            if byte == .openBracket || byte == .openBrace {
                nesting += 1
                guard nesting <= 200 else { return nil }
            } else if byte == .closeBracket || byte == .closeBrace {
                nesting = max(0, nesting - 1)
            }
            if byte >= 0x20, byte < 0x7F { continue }
            if byte < 0x80 {
                guard begins else { return nil }
                continue
            }
            isASCII = false
            let next = place + 1 < bytes.count ? bytes[place + 1] : 0
            // U+0080 to U+009F, U+2028 and U+2029, U+FEFF and what is no character.
            if byte == 0xC2, next < 0xA0 { return nil }
            if byte == 0xE2, next == 0x80, place + 2 < bytes.count, bytes[place + 2] | 1 == 0xA9 { return nil }
            if byte == 0xEF, next == 0xBB || next == 0xBF { return nil }
        }
        self.isASCII = isASCII
    }

    private static func isDocumentMark(_ bytes: [UInt8], _ place: Int) -> Bool {
        guard place + 2 < bytes.count, bytes[place] == .dash || bytes[place] == .dot else { return false }
        return bytes[place + 1] == bytes[place] && bytes[place + 2] == bytes[place]
    }

    private mutating func document() throws(Unusual) -> DocumentNode {
        skip()
        guard !isAtEnd else { throw Unusual() }
        let root = try content(below: -1)
        skip()
        guard isAtEnd else { throw Unusual() }
        return root
    }
}

// Where the reader stands.
extension CommonYAML {
    var isAtEnd: Bool { at >= bytes.count }
    /// The byte at `at`, or so far behind it; a line end beyond the end.
    func byte(_ ahead: Int = 0) -> UInt8 { at + ahead < bytes.count ? bytes[at + ahead] : .newline }
    func isBlank(_ ahead: Int = 0) -> Bool { byte(ahead) == .blank || byte(ahead) == .newline }
    /// Indentation is of blanks, so bytes count it.
    var column: Int { at - lineStart }

    func place(_ length: Int = 1) -> Place { place(at: at, length) }

    func place(at position: Int, _ length: Int = 1) -> Place {
        var column = position - lineStart
        if !isASCII {
            for place in lineStart..<position where bytes[place] & 0xC0 == 0x80 { column -= 1 }
        }
        return Place(source, line: line, column: column + 1, length: length)
    }

    /// Passes a line end.
    mutating func newline() {
        at += 1
        line += 1
        lineStart = at
    }

    mutating func skipBlanks() { while !isAtEnd, bytes[at] == .blank { at += 1 } }

    /// To the next token: past blanks, line ends and comments. A comment has a blank or a line end before it.
    mutating func skip() {
        while !isAtEnd {
            switch bytes[at] {
            case .blank: at += 1
            case .newline: newline()
            case .hash where at == lineStart || bytes[at - 1] == .blank:
                while !isAtEnd, bytes[at] != .newline { at += 1 }
            default: return
            }
        }
    }

    /// Nothing but blanks and a comment may follow on this line.
    mutating func endLine() throws(Unusual) {
        let start = at
        skipBlanks()
        guard !isAtEnd, bytes[at] != .newline else { return }
        guard bytes[at] == .hash, at > start else { throw Unusual() }
        while !isAtEnd, bytes[at] != .newline { at += 1 }
    }

    /// Files beyond these bounds are the whole parser's to refuse.
    mutating func counted(_ content: DocumentNode.Content, _ place: Place) throws(Unusual) -> DocumentNode {
        count += 1
        guard count <= 50_000 else { throw Unusual() }
        return DocumentNode(content, at: place)
    }

    mutating func nested<Value>(
        _ read: (inout CommonYAML) throws(Unusual) -> Value
    ) throws(Unusual) -> Value {
        depth += 1
        defer { depth -= 1 }
        guard depth < 90 else { throw Unusual() }
        return try read(&self)
    }
}

// Block collections.
extension CommonYAML {
    private var isEntry: Bool { byte() == .dash && isBlank(1) }

    /// What begins at this token, in a collection whose own tokens stand in column `parent`.
    private mutating func content(below parent: Int) throws(Unusual) -> DocumentNode {
        if isEntry { return try sequence(isIndentless: false) }
        if let key = try key() { return try mapping(key) }
        return try node(below: parent, isEntry: false)
    }

    /// Entries from this one on, all in this column. An indentless one stands where the keys of its mapping stand.
    private mutating func sequence(isIndentless: Bool) throws(Unusual) -> DocumentNode {
        let (start, indent) = (place(), column)
        let items = try nested { reader throws(Unusual) in
            var items: [DocumentNode] = []
            while true {
                reader.at += 1
                items.append(try reader.value(below: indent, isEntry: true))
                reader.skip()
                guard !reader.isAtEnd, reader.column >= indent else { return items }
                guard reader.column == indent else { throw Unusual() }
                guard reader.isEntry else {
                    guard isIndentless else { throw Unusual() }
                    return items
                }
            }
        }
        return try counted(.sequence(items), start)
    }

    private mutating func mapping(_ first: DocumentNode) throws(Unusual) -> DocumentNode {
        // Before a block's key there are only blanks and dashes, so that bytes and characters are the same.
        let indent = first.place.column - 1
        let members = try nested { reader throws(Unusual) in
            var members = Members()
            var key = first
            while true {
                try members.add(key, try reader.value(below: indent, isEntry: false))
                reader.skip()
                guard !reader.isAtEnd, reader.column >= indent else { return try members.all() }
                guard reader.column == indent, !reader.isEntry, let next = try reader.key() else { throw Unusual() }
                key = next
            }
        }
        return try counted(.mapping(members), Place(source, line: first.place.line, column: first.place.column))
    }

    /// What follows an indicator (`-` or a key's colon) of a collection in column `indent`.
    private mutating func value(below indent: Int, isEntry: Bool) throws(Unusual) -> DocumentNode {
        let nothing = place()
        skipBlanks()
        let isLater = isAtEnd || byte() == .newline || byte() == .hash && bytes[at - 1] == .blank
        guard isLater else { return try node(below: indent, isEntry: isEntry) }
        return try later(below: indent, isEntry: isEntry, nothing)
    }

    /// A value on the lines below; `nothing` is where it would stand if there is none.
    private mutating func later(
        below indent: Int, isEntry: Bool, _ nothing: Place
    ) throws(Unusual) -> DocumentNode {
        skip()
        if !isAtEnd, column > indent { return try content(below: indent) }
        if !isAtEnd, column == indent, !isEntry, self.isEntry { return try sequence(isIndentless: true) }
        return try counted(.scalar("", plain: true), nothing)
    }

    /// A value that begins on this line, behind an indicator or at the beginning of a line.
    private mutating func node(below indent: Int, isEntry: Bool) throws(Unusual) -> DocumentNode {
        switch byte() {
        case .ampersand: return try anchored(below: indent, isEntry: isEntry)
        case .star:
            let node = try alias()
            try endLine()
            return node
        case .openBracket, .openBrace:
            let node = try flow()
            try endLine()
            return node
        case .pipe, .greater: return try blockScalar(below: indent)
        default: break
        }
        if isEntry {
            if self.isEntry { return try sequence(isIndentless: false) }
            if let key = try key() { return try mapping(key) }
        }
        if byte() == .quote || byte() == .apostrophe {
            let node = try quoted()
            try endLine()
            return node
        }
        return try plain(below: indent)
    }

    private mutating func anchored(below indent: Int, isEntry: Bool) throws(Unusual) -> DocumentNode {
        let start = place()
        at += 1
        let name = try anchorName()
        guard anchors.allSatisfy({ $0.name != name }), isBlank() else { throw Unusual() }
        let nothing = place()
        skipBlanks()
        let node: DocumentNode
        if byte() == .newline || byte() == .hash {
            skip()
            // Two anchors, or an anchor of an alias, or of a key.
            guard byte() != .ampersand, byte() != .star else { throw Unusual() }
            node = try later(below: indent, isEntry: isEntry, nothing)
        } else {
            // A key on this line would have the anchor for itself.
            guard byte() != .ampersand, byte() != .star, !self.isEntry else { throw Unusual() }
            if try key() != nil { throw Unusual() }
            node = try self.node(below: indent, isEntry: false)
        }
        let whole = DocumentNode(
            node.content, at: Place(source, line: start.line, column: start.column, length: node.place.length))
        anchors.append((name, whole))
        return whole
    }

    mutating func alias() throws(Unusual) -> DocumentNode {
        at += 1
        let name = try anchorName()
        guard let node = anchors.first(where: { $0.name == name })?.node else { throw Unusual() }
        // It counts as often as it is named.
        try recount(node, depth: depth)
        return node
    }

    private mutating func recount(_ node: DocumentNode, depth: Int) throws(Unusual) {
        count += 1
        guard count <= 50_000, depth < 90 else { throw Unusual() }
        for item in node.items ?? [] { try recount(item, depth: depth + 1) }
        for member in node.members {
            count += 1
            try recount(member.value, depth: depth + 1)
        }
    }

    private mutating func anchorName() throws(Unusual) -> String {
        let start = at
        while !isAtEnd, bytes[at].isNameByte { at += 1 }
        guard at > start, isBlank() || byte() == .comma || byte() == .closeBracket || byte() == .closeBrace else {
            throw Unusual()
        }
        return String(decoding: bytes[start..<at], as: UTF8.self)
    }
}

extension CommonYAML {
    /// Members of a mapping as they come, each name once; those of merged mappings after them.
    struct Members {
        private var own: [DocumentNode.Member] = []
        private var merged: [DocumentNode.Member]?

        mutating func add(_ key: DocumentNode, _ value: DocumentNode) throws(Unusual) {
            guard let name = key.scalarText else { throw Unusual() }
            if key.isWord("<<") {
                guard merged == nil else { throw Unusual() }
                merged = value.members
            } else {
                for member in own where areSame(member.name, name) { throw Unusual() }
                own.append(DocumentNode.Member(key: key, name: name, value: value))
            }
        }

        func all() throws(Unusual) -> [DocumentNode.Member] {
            guard let merged else { return own }
            var all = own
            for member in merged where !all.contains(where: { $0.name == member.name }) { all.append(member) }
            return all
        }
    }
}
