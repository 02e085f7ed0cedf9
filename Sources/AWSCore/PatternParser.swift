/// Reads the regular expressions of the service model: classes, groups, alternation, counted repetition. No references,
/// no look-around; those are refused.
struct PatternParser {
    private let source: String
    private let scalars: [Unicode.Scalar]
    private var place = 0
    private var depth = 0
    /// Groups within groups; each costs stack.
    private static let deepest = 100

    init(_ source: String) {
        self.source = source
        scalars = Array(source.unicodeScalars)
    }

    mutating func pattern() throws(Pattern.Unsupported) -> PatternNode {
        let node = try choice()
        guard place == scalars.count else { throw refusal("a bracket too many") }
        return node
    }

    private func refusal(_ reason: String) -> Pattern.Unsupported { .init(source: source, reason: reason) }
    private var peek: Unicode.Scalar? { place < scalars.count ? scalars[place] : nil }
    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard peek == scalar else { return false }
        place += 1
        return true
    }

    private mutating func choice() throws(Pattern.Unsupported) -> PatternNode {
        var branches = [try sequence()]
        while take("|") { branches.append(try sequence()) }
        return branches.count == 1 ? branches[0] : .choice(branches)
    }

    private mutating func sequence() throws(Pattern.Unsupported) -> PatternNode {
        var nodes: [PatternNode] = []
        while let next = peek, next != "|", next != ")" {
            nodes.append(try repeated(try atom()))
        }
        return nodes.count == 1 ? nodes[0] : .sequence(nodes)
    }

    private mutating func repeated(_ node: PatternNode) throws(Pattern.Unsupported) -> PatternNode {
        if take("*") { return .repeated(node, least: 0, most: nil) }
        if take("+") { return .repeated(node, least: 1, most: nil) }
        if take("?") { return .repeated(node, least: 0, most: 1) }
        guard take("{") else { return node }
        guard let least = number() else { throw refusal("a count expected") }
        var most: Int? = least
        if take(",") { most = number() }
        guard take("}") else { throw refusal("a closing brace expected") }
        // Longer than any text may be; the loop that writes it out would not end.
        guard max(least, most ?? 0) < 20_000 else { throw refusal("too long") }
        return .repeated(node, least: least, most: most)
    }

    private mutating func number() -> Int? {
        let start = place
        while let next = peek, ScalarSet.digit.contains(next.value) { place += 1 }
        return Int(String(String.UnicodeScalarView(scalars[start..<place])))
    }

    private mutating func atom() throws(Pattern.Unsupported) -> PatternNode {
        guard let next = peek else { throw refusal("unexpected end") }
        place += 1
        switch next {
        case "(": return try group()
        case "[": return .one(try characterClass())
        case ".": return .one(.any)
        // The whole text has to fit anyway; an anchor between branches says the same.
        case "^", "$": return .empty
        case "\\": return .one(try escape().set)
        case "*", "+", "?", "{": throw refusal("nothing to repeat")
        default: return .one(ScalarSet(next))
        }
    }

    private mutating func group() throws(Pattern.Unsupported) -> PatternNode {
        if take("?"), !take(":") { throw refusal("only plain groups are known") }
        depth += 1
        defer { depth -= 1 }
        guard depth <= Self.deepest else { throw refusal("too deep") }
        let node = try choice()
        guard take(")") else { throw refusal("a closing bracket expected") }
        return node
    }

    /// A character, or a whole set for `\d`, `\w`, `\s` and their opposites.
    private struct Item {
        let set: ScalarSet
        let scalar: Unicode.Scalar?
    }

    private mutating func escape() throws(Pattern.Unsupported) -> Item {
        guard let next = peek else { throw refusal("unexpected end") }
        place += 1
        switch next {
        case "d": return Item(set: .digit, scalar: nil)
        case "D": return Item(set: ScalarSet.digit.inverted, scalar: nil)
        case "w": return Item(set: .word, scalar: nil)
        case "W": return Item(set: ScalarSet.word.inverted, scalar: nil)
        case "s": return Item(set: .space, scalar: nil)
        case "S": return Item(set: ScalarSet.space.inverted, scalar: nil)
        case "n": return item("\n")
        case "r": return item("\r")
        case "t": return item("\t")
        case "x": return item(try hexadecimal(2))
        case "u": return item(try hexadecimal(4))
        default:
            guard !ScalarSet.word.contains(next.value) else { throw refusal("unknown escape") }
            return item(next)
        }
    }

    private func item(_ scalar: Unicode.Scalar) -> Item { Item(set: ScalarSet(scalar), scalar: scalar) }

    private mutating func hexadecimal(_ count: Int) throws(Pattern.Unsupported) -> Unicode.Scalar {
        let digits = String(String.UnicodeScalarView(scalars[place...].prefix(count)))
        place = min(place + count, scalars.count)
        guard digits.utf8.count == count, let value = UInt32(digits, radix: 16), let scalar = Unicode.Scalar(value)
        else {
            throw refusal("hexadecimal digits expected")
        }
        return scalar
    }

    private mutating func characterClass() throws(Pattern.Unsupported) -> ScalarSet {
        var result = ScalarSet()
        let isNegated = take("^")
        while !take("]") {
            let first = try classItem()
            guard let low = first.scalar, peek == "-", place + 1 < scalars.count, scalars[place + 1] != "]" else {
                guard !first.set.isNegated else { throw refusal("an opposite inside a class") }
                result.insert(first.set)
                continue
            }
            place += 1
            guard let high = try classItem().scalar, low.value <= high.value else { throw refusal("a range expected") }
            result.insert(low.value...high.value)
        }
        return isNegated ? result.inverted : result
    }

    private mutating func classItem() throws(Pattern.Unsupported) -> Item {
        guard let next = peek else { throw refusal("a closing bracket expected") }
        place += 1
        return next == "\\" ? try escape() : item(next)
    }
}
