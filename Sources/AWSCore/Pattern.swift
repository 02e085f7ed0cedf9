/// A pattern of the service model, matched as a whole text in linear time.
///
/// Made here and not with a backtracking engine: model patterns such as the one for JWTs take cubic time on a long text
/// that does not fit, and anybody may send such a text.
package struct Pattern: Sendable {
    /// A pattern that uses something no model pattern in our scope uses.
    package struct Unsupported: Error, Hashable {
        package let source: String
        package let reason: String
    }

    package let source: String
    private let steps: [Step]

    fileprivate enum Step: Sendable {
        case one(ScalarSet)
        case fork(Int, Int)
        case jump(Int)
        case end
    }

    package init(_ source: String) throws(Unsupported) {
        self.source = source
        var parser = PatternParser(source)
        let node = try parser.pattern()
        var compiler = Compiler()
        compiler.emit(node)
        compiler.steps.append(.end)
        // Counted repetitions are written out; a bound keeps one odd pattern from eating memory.
        guard compiler.steps.count < 20_000 else { throw Unsupported(source: source, reason: "too long") }
        steps = compiler.steps
    }

    /// Whether all of `text` fits.
    package func matches(_ text: String) -> Bool {
        var marks = [Int](repeating: -1, count: steps.count)
        var current: [Int] = []
        var next: [Int] = []
        var stack: [Int] = []
        reach(0, at: 0, &current, &marks, &stack)
        var place = 0
        for scalar in text.unicodeScalars {
            if current.isEmpty { return false }
            place += 1
            for index in current {
                guard case .one(let set) = steps[index], set.contains(scalar.value) else { continue }
                reach(index + 1, at: place, &next, &marks, &stack)
            }
            swap(&current, &next)
            next.removeAll(keepingCapacity: true)
        }
        return current.contains { if case .end = steps[$0] { true } else { false } }
    }

    /// Adds every step that can be reached from `start` without reading a character.
    private func reach(_ start: Int, at place: Int, _ list: inout [Int], _ marks: inout [Int], _ stack: inout [Int]) {
        stack.append(start)
        while let index = stack.popLast() {
            guard marks[index] != place else { continue }
            marks[index] = place
            switch steps[index] {
            case .one, .end: list.append(index)
            case .jump(let goal): stack.append(goal)
            case .fork(let one, let other):
                stack.append(other)
                stack.append(one)
            }
        }
    }
}

extension Pattern {
    fileprivate struct Compiler {
        var steps: [Step] = []

        mutating func emit(_ node: PatternNode) {
            switch node {
            case .empty: break
            case .one(let set): steps.append(.one(set))
            case .sequence(let nodes): for node in nodes { emit(node) }
            case .choice(let nodes): emitChoice(nodes[...])
            case .repeated(let node, let least, let most): emitRepeated(node, least, most)
            }
        }

        private mutating func emitChoice(_ nodes: ArraySlice<PatternNode>) {
            guard let first = nodes.first else { return }
            guard nodes.count > 1 else { return emit(first) }
            let fork = steps.count
            steps.append(.end)
            emit(first)
            let jump = steps.count
            steps.append(.end)
            steps[fork] = .fork(fork + 1, steps.count)
            emitChoice(nodes.dropFirst())
            steps[jump] = .jump(steps.count)
        }

        private mutating func emitRepeated(_ node: PatternNode, _ least: Int, _ most: Int?) {
            for _ in 0..<least where steps.count < 20_000 { emit(node) }
            guard let most else {
                let fork = steps.count
                steps.append(.end)
                emit(node)
                steps.append(.jump(fork))
                steps[fork] = .fork(fork + 1, steps.count)
                return
            }
            var forks: [Int] = []
            for _ in 0..<max(0, most - least) where steps.count < 20_000 {
                forks.append(steps.count)
                steps.append(.end)
                emit(node)
            }
            for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
        }
    }
}

indirect enum PatternNode: Sendable {
    case empty
    case one(ScalarSet)
    case sequence([PatternNode])
    case choice([PatternNode])
    case repeated(PatternNode, least: Int, most: Int?)
}

/// Characters a place of a pattern may hold.
struct ScalarSet: Sendable {
    private(set) var ranges: [ClosedRange<UInt32>] = []
    var isNegated = false

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
