/// A pattern written out as steps, and the sets of steps that texts have led to so far: one look per character once a
/// set is known.
struct PatternMachine {
    private enum Step {
        case one(ScalarSet)
        case fork(Int, Int)
        case jump(Int)
        case end
    }

    private var steps: [Step] = []
    /// Sets of steps that wait for a character, in ascending order.
    private var places: [[Int]] = []
    private var placeOf: [[Int]: Int] = [:]
    private var isEnd: [Bool] = []
    /// For each set and each ASCII character the next set; `unknown` until it was asked for.
    private var next: [Int32] = []
    private static let unknown: Int32 = -1
    /// The empty set, from which nothing leads on; -2 until it was met.
    private var deadEnd: Int32 = -2
    /// More sets than any sane pattern has; beyond that they are forgotten and found anew.
    private static let mostPlaces = 4096

    init(_ node: PatternNode) {
        emit(node)
        steps.append(.end)
        _ = place(reached(from: [0]))
    }

    mutating func matches(_ text: String) -> Bool {
        var text = text
        if let isMatch = text.withUTF8({ matchesASCII($0) }) { return isMatch }
        var current = 0
        for scalar in text.unicodeScalars {
            let value = scalar.value
            if value < 128, next[current * 128 + Int(value)] != Self.unknown {
                current = Int(next[current * 128 + Int(value)])
            } else {
                current = step(from: current, value)
            }
            if places[current].isEmpty { return false }
        }
        return isEnd[current]
    }

    /// nil where a byte is none of ASCII.
    private mutating func matchesASCII(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool? {
        var current: Int32 = 0
        var place = 0
        while place < bytes.count {
            // As far as the ways are known.
            next.withUnsafeBufferPointer { next in
                while place < bytes.count, bytes[place] < 128, current != deadEnd {
                    let known = next[Int(current) * 128 + Int(bytes[place])]
                    guard known != Self.unknown else { return }
                    current = known
                    place += 1
                }
            }
            if current == deadEnd { return false }
            guard place < bytes.count else { break }
            guard bytes[place] < 128 else { return nil }
            current = Int32(step(from: Int(current), UInt32(bytes[place])))
            place += 1
        }
        return isEnd[Int(current)]
    }

    private mutating func step(from current: Int, _ value: UInt32) -> Int {
        var goals: [Int] = []
        for index in places[current] {
            if case .one(let set) = steps[index], set.contains(value) { goals.append(index + 1) }
        }
        let found = reached(from: goals)
        if places.count >= Self.mostPlaces, placeOf[found] == nil {
            forget()
            return place(found)
        }
        let goal = place(found)
        if value < 128 { next[current * 128 + Int(value)] = Int32(goal) }
        return goal
    }

    private mutating func forget() {
        places = []
        placeOf = [:]
        isEnd = []
        next = []
        deadEnd = -2
        _ = place(reached(from: [0]))
    }

    private mutating func place(_ set: [Int]) -> Int {
        if let known = placeOf[set] { return known }
        if set.isEmpty { deadEnd = Int32(places.count) }
        places.append(set)
        placeOf[set] = places.count - 1
        isEnd.append(set.contains { if case .end = steps[$0] { true } else { false } })
        next.append(contentsOf: repeatElement(Self.unknown, count: 128))
        return places.count - 1
    }

    /// Every waiting step that can be reached without reading a character.
    private func reached(from starts: [Int]) -> [Int] {
        var seen: Set<Int> = []
        var result: [Int] = []
        var stack = starts
        while let index = stack.popLast() {
            guard seen.insert(index).inserted else { continue }
            switch steps[index] {
            case .one, .end: result.append(index)
            case .jump(let goal): stack.append(goal)
            case .fork(let one, let other):
                stack.append(other)
                stack.append(one)
            }
        }
        return result.sorted()
    }
}

// Writing a pattern out.
extension PatternMachine {
    private mutating func emit(_ node: PatternNode) {
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
        for _ in 0..<least { emit(node) }
        guard let most else {
            let fork = steps.count
            steps.append(.end)
            emit(node)
            steps.append(.jump(fork))
            steps[fork] = .fork(fork + 1, steps.count)
            return
        }
        var forks: [Int] = []
        for _ in 0..<max(0, most - least) {
            forks.append(steps.count)
            steps.append(.end)
            emit(node)
        }
        for fork in forks { steps[fork] = .fork(fork + 1, steps.count) }
    }
}
