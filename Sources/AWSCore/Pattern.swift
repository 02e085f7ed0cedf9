import Synchronization

/// A pattern of the service model, matched as a whole text in linear time.
///
/// Made here and not with a backtracking engine: model patterns such as the one for JWTs take cubic time on a long text
/// that does not fit, and anybody may send such a text.
package final class Pattern: Sendable {
    /// A pattern that uses something no model pattern in our scope uses.
    package struct Unsupported: Error, Hashable {
        package let source: String
        package let reason: String
    }

    package let source: String
    private let node: PatternNode
    /// Compiled when it is first asked: a lab uses few of the patterns it carries.
    private let machine = Mutex<PatternMachine?>(nil)

    package init(_ source: String) throws(Unsupported) {
        self.source = source
        var parser = PatternParser(source)
        node = try parser.pattern()
        // Counted repetitions are written out; a bound keeps one odd pattern from eating memory.
        guard node.size < 20_000 else { throw Unsupported(source: source, reason: "too long") }
    }

    /// Whether all of `text` fits.
    package func matches(_ text: String) -> Bool {
        machine.withLock { machine in
            if machine == nil { machine = PatternMachine(node) }
            return machine?.matches(text) ?? false
        }
    }
}

indirect enum PatternNode: Sendable {
    case empty
    case one(ScalarSet)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repeated(PatternNode, least: Int, most: Int?)

    /// Steps it takes when it is written out; at most a million.
    var size: Int {
        switch self {
        case .empty: 0
        case .one: 1
        case .sequence(let nodes): nodes.reduce(0) { min($0 + $1.size, 1_000_000) }
        case .choice(let nodes): nodes.reduce(0) { min($0 + $1.size + 2, 1_000_000) }
        case .repeated(let node, let least, let most):
            min((node.size + 1) * max(least, most ?? least + 1) + 1, 1_000_000)
        }
    }
}

/// Characters a place of a pattern may hold.
struct ScalarSet: Sendable {
    private var ranges: [ClosedRange<UInt32>] = []
    private(set) var isNegated = false

    mutating func insert(_ range: ClosedRange<UInt32>) { ranges.append(range) }
    mutating func insert(_ other: ScalarSet) { ranges += other.ranges }
    func contains(_ scalar: UInt32) -> Bool { ranges.contains { $0.contains(scalar) } != isNegated }

    private init(_ ranges: [ClosedRange<UInt32>], negated: Bool = false) {
        self.ranges = ranges
        isNegated = negated
    }
    init() {}
    init(_ scalar: Unicode.Scalar) { ranges = [scalar.value...scalar.value] }

    static let digit = ScalarSet([48...57])
    static let word = ScalarSet([48...57, 65...90, 95...95, 97...122])
    static let space = ScalarSet([9...13, 32...32])
    /// Everything but line ends.
    static let any = ScalarSet([10...10, 13...13, 0x85...0x85, 0x2028...0x2029], negated: true)
    var inverted: ScalarSet { ScalarSet(ranges, negated: !isNegated) }
}
