import Kernel
package import Scenario

/// `never: ["target ${target}: READY before consent granted"]`: states that must not be reached, or not so early.
///
/// Four forms: `SUBJECT: STATE`, `SUBJECT: STATE -> OTHER` for an edge, `SUBJECT: STATE before OTHER` and
/// `SUBJECT: STATE before consent granted`. A subject may have `*` for any characters. The last form speaks of the time
/// from when a target asks for consent (a state that ends in `PENDING_AUTH`) until a session is `BOUND`; a target that
/// never asks has nothing to wait for, and no other subject asks.
package struct NeverCheck: JournalCheck {
    package static let keyword = "never"
    package static let about = """
        What must not come: SUBJECT: STATE, SUBJECT: STATE -> OTHER, SUBJECT: STATE before OTHER, a state of the same \
        subject, or before consent granted, of a target that asked for it.
        """
    package static let shape = Shape.oneOrMore(.text)
    private let lines: [Template]

    package init?(_ node: DocumentNode, _ reading: inout Reading) {
        let items = node.items ?? [node]
        Self.expectSomething(items.isEmpty, at: node.place, &reading)
        for item in items {
            guard let text = item.text(&reading, as: "each of never") else { continue }
            if let sentence = Sentence(text) {
                reading.expectStates(sentence.states, of: sentence.subject, at: item.place)
                if !sentence.canAsk {
                    reading.report(
                        item.place, "only a target asks for consent",
                        hint: "name a state of the same subject behind before, such as code *: redeemed before issued")
                }
            } else {
                let isOfTwo = text.contains(" before ") && text.pieces(by: ":").count > 2
                reading.report(
                    item.place, "never must say SUBJECT: STATE",
                    hint: isOfTwo
                        ? "before takes a state of the same subject, or consent granted; of two subjects say order:"
                        : "such as \"target ${target}: READY before consent granted\"")
            }
        }
        lines = items.map { Template($0, &reading) }
    }

    /// One line taken apart.
    private struct Sentence {
        let subject: String
        let state: String
        let before: String?
        /// For an edge, where it leads.
        var next: String?
        /// Every state it speaks of.
        var states: [String] { [state] + [next, before == Self.consent ? nil : before].compactMap(\.self) }
        static let consent = "consent granted"
        /// Whether it can be violated as far as its subject is known: `*` and a variable may be a target.
        var canAsk: Bool {
            guard before == Self.consent, let kind = subject.pieces(by: " ").first else { return true }
            return kind == "target" || kind.place(of: "*") != nil || kind.place(of: "$") != nil
        }

        init?(_ text: String) {
            guard let (subject, said) = SubjectLine.parts(of: text) else { return nil }
            self.subject = subject
            let words = said.pieces(by: " ")
            guard let state = words.first, !subject.isEmpty else { return nil }
            self.state = String(state)
            switch words.count {
            case 1: before = nil
            case 3 where words[1] == "->":
                before = nil
                next = String(words[2])
            case 3... where words[1] == "before": before = words.dropFirst(2).joined(separator: " ")
            default: return nil
            }
        }
    }

    package func judge(_ evidence: Evidence) throws(Diagnostic) -> [Failure] {
        var failures: [Failure] = []
        for line in lines {
            let text = try line.text(evidence.variables)
            guard let sentence = Sentence(text) else { throw Diagnostic(line.place, "never must say SUBJECT: STATE") }
            try evidence.expectStates(sentence.states, of: sentence.subject, at: line.place)
            let subjects = evidence.moves(named: sentence.subject)
            if subjects.isEmpty { failures.append(evidence.missing(sentence.subject, line.place, "never")) }
            for (_, moves) in subjects {
                guard let wrong = Self.violation(of: sentence, moves, evidence) else { continue }
                failures.append(
                    Failure(
                        line.place, "never", expected: "never \(text)",
                        actual: "\(wrong.move.to) at entry \(wrong.sequence), because: \(wrong.move.cause)"))
            }
        }
        return failures
    }

    private static func violation(of sentence: Sentence, _ moves: [Evidence.Move], _ evidence: Evidence)
        -> Evidence.Move?
    {
        if let next = sentence.next {
            return moves.first { $0.move.from == sentence.state && $0.move.to == next }
        }
        switch sentence.before {
        case nil: return moves.first { $0.move.to == sentence.state }
        case Sentence.consent?:
            guard let asked = moves.first(where: { $0.move.to.hasSuffix("PENDING_AUTH") }) else { return nil }
            let granted = evidence.transitions.first {
                $0.sequence > asked.sequence && $0.move.to == "BOUND" && $0.move.subject.hasPrefix("session ")
            }
            return moves.first {
                $0.sequence >= asked.sequence && $0.sequence < granted?.sequence ?? .max && $0.move.to == sentence.state
            }
        case let other?:
            let end = moves.first { $0.move.to == other }?.sequence ?? .max
            return moves.first { $0.sequence < end && $0.move.to == sentence.state }
        }
    }
}

/// `target K7Q2M9XPLD: READY`: a subject and what is said of it.
enum SubjectLine {
    /// The last colon divides, which a blank follows: a subject may be a URN.
    static func parts(of text: String) -> (subject: String, said: String)? {
        var parts = text.pieces(by: ":", keepingEmpty: true)
        guard parts.count > 1, let tail = parts.popLast(), tail.utf8.first == UInt8(ascii: " ") else { return nil }
        // Two of them in one line are two subjects, of which a line has one.
        guard !parts.dropFirst().contains(where: { $0.utf8.first == UInt8(ascii: " ") }) else { return nil }
        return (parts.joined(separator: ":"), String(tail.dropFirst()))
    }
}
