import Harness
import Kernel

/// Two futures of one moment side by side: the one that was left, and the one that goes on.
struct ComparePage {
    private let shell: Shell
    private let futures: [ConsoleMemory.Future]
    private let chosen: ConsoleMemory.Future?

    init(_ shell: Shell, _ id: String?) {
        self.shell = shell
        futures = shell.memory.futures
        chosen = futures.last { $0.id == id } ?? futures.last
    }

    var html: String {
        guard let chosen else {
            return shell.page(
                title: "Compare two futures", at: "/compare",
                """
                <p>Open a message, choose “Fork: go back to before this”, and do something else.
                What happened before and what happens now then stand here side by side.</p>
                """)
        }
        let links = futures.map { future -> String in
            let current = future.id == chosen.id ? " aria-current=\"true\"" : ""
            return "<a href=\"/compare?with=\(future.id)\"\(current)>\(future.id)</a>"
        }.joined(separator: " ")
        let (left, right) = (lines(chosen.journal, SecretMask(chosen.journal)), lines(now, shell.mask))
        let common = zip(left, right).prefix { $0.0 == $0.1 }.count
        let verdict =
            switch common {
            case left.count where common == right.count: "They are the same."
            case 0: "They part at once."
            case 1: "The first line is the same, then they part."
            default: "The first \(common) lines are the same, then they part."
            }
        return shell.page(
            title: "Compare two futures", at: "/compare",
            """
            <p>Both begin after entry \(chosen.sequence). \(verdict) \(links)</p>
            <div class="futures" id="futures" data-live>
            <section aria-label="The future that was left"><h2>Left at \(chosen.leftAt.iso8601)</h2>
            \(list(left, common))</section>
            <section aria-label="The future that goes on"><h2>Now</h2>\(list(right, common))</section>
            </div>
            """)
    }

    private var now: [JournalEntry] { Array(shell.journal.drop { $0.sequence <= chosen?.sequence ?? 0 }) }

    private func list(_ lines: [String], _ common: Int) -> String {
        guard !lines.isEmpty else { return "<p>Nothing yet.</p>" }
        let items = lines.prefix(400).enumerated().map { place, line in
            "<li\(place >= common ? " class=\"other\"" : "")>\(HTML.escape(line))</li>"
        }
        return "<ol>\(items.joined(separator: "\n"))</ol>"
    }

    private func lines(_ entries: [JournalEntry], _ mask: SecretMask) -> [String] {
        MessageRows(entries).rows.compactMap { row in
            switch row {
            case .message(_, let exchange, let depth, _):
                let path = Shell.short(String(mask.target(exchange.request).prefix { $0 != "?" }))
                let call = SequenceView.call(exchange.request).map { " \($0)" } ?? ""
                return "\(String(repeating: "\u{2003}", count: depth))\(exchange.from) → \(exchange.to) "
                    + "\(exchange.request.method) \(path)\(call): \(SequenceView.outcome(exchange).text)"
            case .answer: return nil
            case .other(let entry, let depth):
                guard case .transition(let move) = entry.event else { return nil }
                let space = String(repeating: "\u{2003}", count: depth)
                return
                    "\(space)\(Shell.short(mask.text(move.subject))): \(move.from.map { "\($0) → " } ?? "")\(move.to)"
            }
        }
    }
}
