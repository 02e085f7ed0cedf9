package import Kernel

/// Where something stands in a value: `body.items[0].name`, `error.data.elicitations[0].url?request_uri`.
///
/// `[-1]` is the last item, `[name=github]` the first item with that member, `[url*=/callback]` the first whose member
/// contains the text, `?name` a parameter of a URL. Names with a dot or a blank stand in quotes. A member of a text
/// that is itself JSON is looked up inside it.
package struct PathExpression: Sendable, Hashable, CustomStringConvertible {
    package enum Segment: Sendable, Hashable {
        case member(String)
        case index(Int)
        case first(member: String, contains: Bool, text: String)
        case parameter(String)
    }

    package let text: String
    package let segments: [Segment]
    package var description: String { text }

    /// Why a text is no path.
    package struct Failure: Error, Sendable, Hashable {
        package let reason: String
        package init(reason: String) { self.reason = reason }
    }

    package init(_ text: String) throws(Failure) {
        self.text = text
        var parser = PathParser(text)
        segments = try parser.path()
    }

    /// Name of the first segment: the variable a template speaks of.
    package var root: String { if case .member(let name)? = segments.first { name } else { "" } }

    /// The value at this path; nil where there is none.
    package func value(in root: JSONValue) -> JSONValue? {
        guard let first = segments.first else { return root }
        return Self.step(first, from: root, lowercased: false).flatMap { value(below: $0) }
    }

    /// The value at the rest of this path, below what its first segment names.
    package func value(below base: JSONValue) -> JSONValue? {
        guard segments.count > 1 else { return base }
        let isHeaders = segments[0] == .member("headers")
        var current: JSONValue? = base
        for number in 1..<segments.count {
            guard current != nil else { return nil }
            current = Self.step(segments[number], from: current, lowercased: isHeaders && number == 1)
        }
        return current
    }

    private static func step(_ segment: Segment, from value: JSONValue?, lowercased: Bool) -> JSONValue? {
        switch segment {
        case .member(let name):
            // Field names are compared without case, RFC 9110 section 5.1.
            return opened(value)?[lowercased ? name.lowercased() : name]
        case .index(let index):
            guard let items = opened(value)?.array else { return nil }
            let place = index < 0 ? items.count + index : index
            guard items.indices.contains(place) else { return nil }
            return items[place]
        case .first(let member, let contains, let text):
            return opened(value)?.array?.first { item in
                guard let found = item[member] else { return false }
                let shown = found.string ?? found.text
                return contains ? shown.contains(text) : shown == text
            }
        case .parameter(let name):
            guard let url = value?.string, let mark = url.firstIndex(of: "?") else { return nil }
            let query = url[url.index(after: mark)...].prefix { $0 != "#" }
            return Form(parsing: query).value(name)
        }
    }

    private static func opened(_ value: JSONValue?) -> JSONValue? {
        guard case .string(let text)? = value, let first = text.utf8.first,
            first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return value }
        return (try? JSONValue(parsing: text)) ?? value
    }

    /// For a path that leads nowhere: where it stopped, and what stands there.
    package func explanation(in root: JSONValue) -> String {
        var current = root
        var way = ""
        for (number, segment) in segments.enumerated() {
            let isHeader = number == 1 && segments[0] == .member("headers")
            if let next = Self.step(segment, from: current, lowercased: isHeader) {
                current = next
                way += Self.shown(segment, first: number == 0)
                continue
            }
            let here = way.isEmpty ? "here" : way
            guard case .member(let name) = segment, let names = Self.opened(current)?.object?.names else {
                return "\(here) is \(Self.described(current))"
            }
            let near = Suggestion.nearest(to: name, among: names).map { "; did you mean \"\($0)\"?" } ?? ""
            return "\(here) has \(names.isEmpty ? "no members" : names.joined(separator: ", "))\(near)"
        }
        return ""
    }

    private static func described(_ value: JSONValue) -> String {
        switch value {
        case .array(let items): "a list of \(items.count)"
        case .object: "an object"
        case .null: "null"
        default: "a \(value.typeName)"
        }
    }

    private static func shown(_ segment: Segment, first: Bool) -> String {
        switch segment {
        case .member(let name): first ? name : ".\(name)"
        case .index(let index): "[\(index)]"
        case .first(let member, let contains, let text): "[\(member)\(contains ? "*=" : "=")\(text)]"
        case .parameter(let name): "?\(name)"
        }
    }
}

/// Reads a path byte by byte: every mark of the language is ASCII.
private struct PathParser {
    private var rest: Substring.UTF8View

    init(_ text: String) { rest = text[...].utf8 }

    func failure(_ reason: String) -> PathExpression.Failure { PathExpression.Failure(reason: reason) }

    mutating func path() throws(PathExpression.Failure) -> [PathExpression.Segment] {
        var segments = [PathExpression.Segment.member(try name())]
        while let mark = rest.popFirst() {
            switch mark {
            case UInt8(ascii: "."): segments.append(.member(try name()))
            case UInt8(ascii: "["): segments.append(try bracket())
            case UInt8(ascii: "?"):
                guard !rest.isEmpty else { throw failure("a parameter's name must follow ?") }
                segments.append(.parameter(String(Substring(rest))))
                rest = rest[rest.endIndex...]
            default: throw failure("unexpected \"\(Character(Unicode.Scalar(mark)))\"")
            }
        }
        return segments
    }

    private static func isQuote(_ byte: UInt8) -> Bool { byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") }

    private static func endsName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "."), UInt8(ascii: "["), UInt8(ascii: "]"), UInt8(ascii: "?"), UInt8(ascii: " "): true
        default: isQuote(byte)
        }
    }

    private mutating func name() throws(PathExpression.Failure) -> String {
        if let quote = rest.first, Self.isQuote(quote) {
            rest = rest.dropFirst()
            guard let end = rest.firstIndex(of: quote) else { throw failure("a quote is not closed") }
            defer { rest = rest[rest.index(after: end)...] }
            return String(Substring(rest[..<end]))
        }
        let end = rest.firstIndex(where: Self.endsName) ?? rest.endIndex
        guard end > rest.startIndex else { throw failure("a name is missing") }
        defer { rest = rest[end...] }
        return String(Substring(rest[..<end]))
    }

    private mutating func bracket() throws(PathExpression.Failure) -> PathExpression.Segment {
        guard let end = rest.firstIndex(of: UInt8(ascii: "]")) else { throw failure("a bracket is not closed") }
        let inside = Substring(rest[..<end])
        rest = rest[rest.index(after: end)...]
        if let index = Int(inside) { return .index(index) }
        if let first = inside.utf8.first, Self.isQuote(first), inside.utf8.count > 2, inside.utf8.last == first {
            return .member(String(inside.dropFirst().dropLast()))
        }
        guard let equals = inside.utf8.firstIndex(of: UInt8(ascii: "=")) else {
            throw failure("a number or name=text must stand in [ ]")
        }
        let contains = inside[..<equals].utf8.last == UInt8(ascii: "*")
        let member = contains ? inside[..<equals].dropLast() : inside[..<equals]
        guard !member.isEmpty else { throw failure("a name is missing before =") }
        let text = inside[inside.utf8.index(after: equals)...]
        return .first(member: String(member), contains: contains, text: String(text))
    }
}
