import Kernel
package import Scenario

/// `transitions: {"target ${target}": [CREATING, CREATE_PENDING_AUTH]}`: exactly these states in this order. `...`
/// stands for any number of others, and a subject with `*` for everything that is called so, each of
/// which must do the same. No states, of a subject with `*`, say that nothing called so moved.
package struct TransitionsCheck: JournalCheck {
    package static let keyword = "transitions"
    package static let about = "Every state of a subject in order, and no other; ... stands for any others between."
    package static let shape = Shape.names(.list(.text))
    private let lines: [(subject: Template, states: [Template], place: Place)]
    private static let gap = "..."

    package init?(_ node: DocumentNode, _ reading: inout Reading) {
        guard node.isMapping else {
            reading.report(
                node.place, "transitions must be a mapping of subjects to lists of states, this is \(node.typeName)")
            return nil
        }
        Self.expectSomething(node.members.isEmpty, at: node.place, &reading)
        var lines: [(Template, [Template], Place)] = []
        for member in node.members {
            guard let items = member.value.items else {
                reading.report(member.value.place, "states must be a list, this is \(member.value.typeName)")
                continue
            }
            if items.isEmpty, !member.name.contains("*"), !member.name.contains("${") {
                reading.report(
                    member.value.place, "whatever moved has a state: this never holds",
                    hint: "that nothing moved is said of all that are called so: \"target *\": []")
            }
            if !items.isEmpty, items.allSatisfy({ $0.scalarText == Self.gap }) {
                reading.report(
                    member.value.place, "any states are \(Self.gap): it holds of whatever moved",
                    hint: "name a state, such as [\(Self.gap), READY]")
            }
            // A kind that there is not is wrong where it stands, whatever the states.
            let isKind = reading.expectStates([], of: member.name, at: member.key.place)
            for item in items where isKind && item.scalarText != Self.gap {
                reading.expectStates([item.scalarText ?? ""], of: member.name, at: item.place)
            }
            lines.append((Template(member.key, &reading), items.map { Template($0, &reading) }, member.key.place))
        }
        self.lines = lines
    }

    package func judge(_ evidence: Evidence) throws(Diagnostic) -> [Failure] {
        var failures: [Failure] = []
        for line in lines {
            let subject = try line.subject.text(evidence.variables)
            var expected: [String] = []
            for state in line.states { expected.append(try state.text(evidence.variables)) }
            try evidence.expectStates(expected.filter { $0 != Self.gap }, of: subject, at: line.place)
            let subjects = evidence.moves(named: subject)
            // That nothing is called so can be true of many, and of one it says that there is none to look at.
            if subjects.isEmpty, !expected.isEmpty || subject.place(of: "*") == nil {
                failures.append(evidence.missing(subject, line.place, "transitions"))
            }
            for (subject, moves) in subjects {
                let moves = moves.map(\.move)
                let actual = moves.map(\.to)
                guard !Self.follow(actual, expected) else { continue }
                let common = zip(actual, expected).prefix { $0 == $1 }.count
                // Where any state may stand, none is the wrong one.
                let isTurn = common < moves.count && !expected.dropFirst(common).starts(with: [Self.gap])
                let turn = isTurn ? "\(moves[common].to) came because: \(moves[common].cause)" : nil
                failures.append(
                    Failure(
                        line.place, "transitions of \(subject)",
                        expected: expected.isEmpty ? "no state at all" : expected.joined(separator: ", "),
                        actual: actual.joined(separator: ", "), hint: turn))
            }
        }
        return failures
    }

    /// Each stretch of states between gaps is looked for where it comes first: later is never better.
    private static func follow(_ actual: [String], _ expected: [String]) -> Bool {
        let stretches = expected.split(separator: gap, omittingEmptySubsequences: false)
        guard let head = stretches.first, let tail = stretches.last, stretches.count > 1 else {
            return actual == expected
        }
        guard actual.count >= head.count + tail.count, actual.starts(with: head),
            actual.suffix(tail.count).elementsEqual(tail)
        else { return false }
        var rest = actual[head.count..<(actual.count - tail.count)]
        for stretch in stretches.dropFirst().dropLast() {
            while !rest.starts(with: stretch) {
                guard rest.count > stretch.count else { return false }
                rest = rest.dropFirst()
            }
            rest = rest.dropFirst(stretch.count)
        }
        return true
    }
}

extension Evidence {
    /// Everything that moved and is called so, in the order in which it first did, with what it did; `*` stands for any
    /// characters.
    func moves(named pattern: String) -> [(subject: String, moves: [Move])] {
        var found: [(subject: String, moves: [Move])] = []
        var places: [String: Int] = [:]
        for entry in entries {
            guard case .transition(let move) = entry.event, Glob.matches(pattern, move.subject) else { continue }
            if let place = places[move.subject] {
                found[place].moves.append((entry.sequence, move))
            } else {
                places[move.subject] = found.count
                found.append((move.subject, [(entry.sequence, move)]))
            }
        }
        return found
    }
}
