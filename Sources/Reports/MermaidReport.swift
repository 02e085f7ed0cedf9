import Kernel

/// A run as a Mermaid sequence diagram, as Markdown on GitHub shows it.
package enum MermaidReport {
    package static func render(_ story: Story) -> String {
        var lines = ["sequenceDiagram"]
        for (index, actor) in story.actors.enumerated() {
            lines.append("    participant a\(index) as \(plain(actor))")
        }
        guard let last = story.actors.indices.last else {
            return "\(lines[0])\n    Note over nobody: nothing was sent\n"
        }
        let all = last == 0 ? "a0" : "a0,a\(last)"
        for event in story.events {
            switch event.kind {
            case .step(let title, let held):
                lines.append("    Note over \(all): \(plain(title))\(held ? "" : " (does not hold)")")
            case .exchange(let from, let to, let request, let answer, let isGood):
                lines.append("    a\(from)->>a\(to): \(plain(request.cut(90)))")
                if !answer.isEmpty { lines.append(Self.answer(from: to, to: from, answer, isGood)) }
            case .answer(let from, let to, let answer, let isGood):
                lines.append(Self.answer(from: from, to: to, answer, isGood))
            case .move(let subject, let old, let new, _):
                lines.append("    Note over \(all): \(plain(subject)) \(plain(old ?? "new")) → \(plain(new))")
            case .note(let actor?, let text):
                lines.append("    Note right of a\(actor): \(plain(text.cut(90)))")
            case .note(nil, let text): lines.append("    Note over \(all): \(plain(text.cut(90)))")
            }
        }
        return "\(lines.joined(separator: "\n"))\n"
    }

    private static func answer(from: Int, to: Int, _ text: String, _ isGood: Bool) -> String {
        "    a\(from)\(isGood ? "-->>" : "--x")a\(to): \(plain(text))"
    }

    /// Marks that would end a line of Mermaid are written as its entity codes.
    private static func plain(_ text: String) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "#": result += "#35;"
            case ";": result += "#59;"
            case "<": result += "#lt;"
            case ">": result += "#gt;"
            case "\n", "\r": result += " "
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
