import Harness
import Kernel

/// Every token: from what it was made, who keeps it, who saw it.
struct TokensPage {
    private let shell: Shell
    private let rows: [TokenRow]
    private let now: Instant
    /// Where the machine of each code stands: one that was redeemed is good for nothing, though nobody revoked it.
    private let codes: [String: String]
    /// The newest ones; a lab that runs for days has very many.
    private static let most = 300

    init(_ shell: Shell) {
        self.shell = shell
        rows = Array(TokenLineage.table(of: shell.journal).suffix(Self.most))
        now = shell.lab.clock.now
        let moves = shell.journal.compactMap { entry in
            if case .transition(let move) = entry.event, move.subject.hasPrefix("code ") { move } else { nil }
        }
        codes = Dictionary(moves.map { ($0.subject, $0.to) }) { _, last in last }
    }

    var html: String {
        let known = Set(rows.map(\.id))
        let roots = rows.filter { $0.parent.map { !known.contains($0) } ?? true }
        let children = Dictionary(grouping: rows.filter { $0.parent.map(known.contains) ?? false }) { $0.parent ?? "" }
        let list = roots.map { item($0, children, 0) }.joined(separator: "\n")
        let empty = "<p>No token was made yet.</p>"
        return shell.page(
            title: "Tokens", at: "/tokens",
            """
            <p>A token stands below what it was made from. Whoever saw one could use it.</p>
            <section id="tokens" data-live>\(rows.isEmpty ? empty : "<ul class=\"tokens\">\n\(list)\n</ul>")</section>
            """)
    }

    private func item(_ row: TokenRow, _ children: [String: [TokenRow]], _ depth: Int) -> String {
        let user = row.user.map { " for <b>\(HTML.escape(Shell.short($0)))</b>" } ?? ""
        let facts = [
            row.scopes.isEmpty ? nil : "scopes \(row.scopes.joined(separator: " "))",
            row.audience.isEmpty ? nil : "audience \(row.audience.map(Shell.short).joined(separator: ", "))",
            row.heldBy.isEmpty ? nil : "kept by \(row.heldBy.joined(separator: ", "))",
            "seen by \(row.seenBy.joined(separator: ", "))",
        ].compactMap { $0 }.joined(separator: " · ")
        // A token cannot be its own ancestor; an odd journal must not hang the page.
        let inner = depth > 20 ? [] : children[row.id] ?? []
        let below = inner.isEmpty ? "" : "<ul>\(inner.map { item($0, children, depth + 1) }.joined())</ul>"
        return """
            <li><code>\(row.id)</code> \(HTML.escape(row.kind.replacing("_", by: " "))) of \(row.issuer)\(user) \
            \(state(row))
            <p class="quiet">\(HTML.escape(facts))</p>\(below)</li>
            """
    }

    private func state(_ row: TokenRow) -> String {
        if row.isRevoked { return "<em class=\"bad\">revoked</em>" }
        if codes["code \(row.id)"] == "redeemed" { return "<em class=\"quiet\">redeemed</em>" }
        guard let end = row.expires else { return "" }
        return end <= now ? "<em class=\"bad\">expired</em>" : "<em class=\"good\">until \(end.iso8601)</em>"
    }
}
