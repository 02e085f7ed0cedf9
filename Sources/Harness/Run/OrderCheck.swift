import Kernel
package import Scenario

/// `order: ["session *: BOUND", "target ${target}: READY"]`: states that were reached one after the other, by whichever
/// subjects. Something else may happen in between.
package struct OrderCheck: JournalCheck {
    package static let keyword = "order"
    package static let about = "States that come one after another, whichever subjects they are of: SUBJECT: STATE."
    package static let shape = Shape.list(.text)
    private let lines: [Template]

    package init?(_ node: DocumentNode, _ reading: inout Reading) {
        guard let items = node.items, items.count > 1 else {
            reading.report(node.place, "order must be a list of at least two, each SUBJECT: STATE")
            return nil
        }
        for item in items {
            guard let text = item.text(&reading, as: "each of order") else { continue }
            if let (subject, state) = SubjectLine.parts(of: text) {
                reading.expectStates([state], of: subject, at: item.place)
            } else {
                reading.report(item.place, "order must say SUBJECT: STATE", hint: "such as \"session *: BOUND\"")
            }
        }
        lines = items.map { Template($0, &reading) }
    }

    package func judge(_ evidence: Evidence) throws(Diagnostic) -> [Failure] {
        var after = 0
        var told = "the beginning"
        for line in lines {
            let text = try line.text(evidence.variables)
            guard let (subject, state) = SubjectLine.parts(of: text) else {
                throw Diagnostic(line.place, "order must say SUBJECT: STATE")
            }
            try evidence.expectStates([state], of: subject, at: line.place)
            let moves = evidence.transitions.filter {
                Glob.matches(subject, $0.move.subject) && $0.move.to == state
            }
            guard let first = moves.first else {
                return [
                    evidence.moves(named: subject).isEmpty
                        ? evidence.missing(subject, line.place, "order")
                        : Failure(line.place, "order", expected: text, actual: "it never was \(state)")
                ]
            }
            guard let next = moves.first(where: { $0.sequence > after }) else {
                return [
                    Failure(
                        line.place, "order", expected: "\(text) after \(told)",
                        actual: "it was so at entry \(first.sequence), and \(told) was at entry \(after)")
                ]
            }
            (after, told) = (next.sequence, text)
        }
        return []
    }
}
