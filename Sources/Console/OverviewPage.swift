import Harness
import Kernel

/// What is going on: the states of targets and sessions, and the messages between the parties.
struct OverviewPage {
    private let shell: Shell
    private let before: Int?
    /// Messages on one page; the journal may have tens of thousands.
    private static let length = 60
    private static let mostLanes = 24

    init(_ shell: Shell, before: Int?) {
        self.shell = shell
        self.before = before
    }

    var html: String {
        let count = shell.journal.count { if case .exchange = $0.event { true } else { false } }
        let (entries, isCut) = window
        let rows = MessageRows(entries).rows
        let older = isCut ? entries.first.map { "<a href=\"/?before=\($0.sequence)\">Older messages</a>" } ?? "" : ""
        let newer = before == nil ? "" : "<a href=\"/\">Newest messages</a>"
        let hint = count == 0 ? "<p>Nobody has said anything yet. Point a client at this lab, or sign in.</p>" : ""
        return shell.page(
            title: "Messages", at: "/",
            """
            <section id="lanes" data-live aria-label="States">
            \(lanes)
            </section>
            <section id="messages"\(before == nil ? " data-live" : "") aria-label="Messages">
            <h2>\(count == 1 ? "1 message" : "\(count) messages")</h2>
            \(hint)
            <p class="paging">\(older) \(newer) <button type="button" id="pause" hidden>Pause</button></p>
            \(rows.isEmpty ? "" : SequenceView(mask: shell.mask).html(rows))
            </section>
            <p id="told" class="hidden" role="status" aria-live="polite"></p>
            """)
    }

    /// The entries of the last messages before a number, and whether there are older ones.
    private var window: (entries: ArraySlice<JournalEntry>, isCut: Bool) {
        let end = shell.journal.firstIndex { $0.sequence >= before ?? .max } ?? shell.journal.endIndex
        var begin = end
        var count = 0
        while begin > shell.journal.startIndex, count < Self.length {
            begin -= 1
            if case .exchange = shell.journal[begin].event { count += 1 }
        }
        return (shell.journal[begin..<end], begin > shell.journal.startIndex)
    }

    private var lanes: String {
        var subjects: [String] = []
        var moves: [String: [Transition]] = [:]
        for entry in shell.journal {
            guard case .transition(let move) = entry.event, Self.isShown(move.subject) else { continue }
            if moves[move.subject] == nil { subjects.append(move.subject) }
            moves[move.subject, default: []].append(move)
        }
        guard !subjects.isEmpty else { return "" }
        let targets = shell.lab.targets
        let items = subjects.suffix(Self.mostLanes).reversed().map { subject in
            lane(subject, moves[subject] ?? [], targets.first { "target \($0.id)" == subject })
        }
        return "<h2>States</h2>\n<ul class=\"states\">\n\(items.joined(separator: "\n"))\n</ul>"
    }

    private static func isShown(_ subject: String) -> Bool {
        ["target ", "session ", "gateway "].contains { subject.hasPrefix($0) }
    }

    private func lane(_ subject: String, _ moves: [Transition], _ target: LabTarget?) -> String {
        let name = target.map { "target \($0.name)" } ?? Shell.short(shell.mask.text(subject))
        let chips = moves.enumerated().map { place, move in
            let current = place == moves.count - 1 ? " class=\"now \(Self.mood(move.to))\" aria-current=\"step\"" : ""
            return "<li\(current) title=\"\(HTML.escape(shell.mask.text(move.cause)))\">\(HTML.escape(move.to))</li>"
        }.joined()
        return "<li><b>\(HTML.escape(name))</b><ol>\(chips)</ol>\(target.map(authorize) ?? "")</li>"
    }

    private static func mood(_ state: String) -> String {
        switch state {
        case "READY", "BOUND": "good"
        case "FAILED", "EXPIRED", "SUPERSEDED", "UPDATE_UNSUCCESSFUL", "SYNCHRONIZE_UNSUCCESSFUL": "bad"
        default: "waiting"
        }
    }

    /// As the AWS console does it: the button opens the provider's page, and what comes back is completed by itself.
    private func authorize(_ target: LabTarget) -> String {
        guard target.isPending else { return "" }
        return shell.button("Authorize", "/targets/\(target.id)/authorize")
            + shell.button("Let the robot approve as admin", "/targets/\(target.id)/robot")
    }
}
