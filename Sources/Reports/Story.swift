import HTTPTypes
package import Harness
import Kernel
import Scenario

/// A run as a picture shows it: who is there, what went between them, what moved. Secrets are masked in all of it.
package struct Story: Sendable, Hashable {
    package let title: String
    /// In the order of their first appearance.
    package let actors: [String]
    package let events: [Event]
    /// Everything that moved, in order, with its moves.
    package let lanes: [Lane]

    package struct Event: Sendable, Hashable {
        package let sequence: Int
        package let kind: Kind
    }

    package enum Kind: Sendable, Hashable {
        case step(String, held: Bool)
        /// `answer` is empty where it comes later, after what the request caused, or never.
        case exchange(from: Int, to: Int, request: String, answer: String, isGood: Bool)
        /// The answer to a request that caused other messages.
        case answer(from: Int, to: Int, String, isGood: Bool)
        case move(subject: String, from: String?, to: String, cause: String)
        /// Something said of one actor; nil for the world.
        case note(actor: Int?, String)
    }

    package struct Lane: Sendable, Hashable {
        package let subject: String
        package fileprivate(set) var moves: [Move]
    }

    package struct Move: Sendable, Hashable {
        package let sequence: Int
        package let state: String
    }

    init(title: String, actors: [String], events: [Event]) {
        (self.title, self.actors, self.events) = (title, actors, events)
        var lanes: [Lane] = []
        for event in events {
            guard case .move(let subject, _, let new, _) = event.kind else { continue }
            let move = Move(sequence: event.sequence, state: new)
            if let place = lanes.firstIndex(where: { $0.subject == subject }) {
                lanes[place].moves.append(move)
            } else {
                lanes.append(Lane(subject: subject, moves: [move]))
            }
        }
        self.lanes = lanes
    }

    /// `result` is a run with its journal.
    package init(_ result: ScenarioResult) {
        var builder = Builder(mask: SecretMask(result.journal, secrets: result.secrets))
        for happening in result.happenings() { builder.add(happening) }
        // Each stands around what came of it; a picture shows what several people do at the same time as it went.
        if !result.turns.isEmpty { builder.putInOrder() }
        self.init(title: result.file.scenario, actors: builder.actors, events: builder.events)
    }
}

private struct Builder {
    let mask: SecretMask
    var actors: [String] = []
    var events: [Story.Event] = []
    /// Where each stands among those of the same entry: a request before it, a step that begins after it.
    private var ranks: [Int] = []

    init(mask: SecretMask) { self.mask = mask }

    mutating func add(_ kind: Story.Kind, _ sequence: Int, rank: Int = 0) {
        events.append(Story.Event(sequence: sequence, kind: kind))
        ranks.append(rank)
    }

    mutating func putInOrder() {
        let order = events.indices.sorted {
            (events[$0].sequence, ranks[$0], $0) < (events[$1].sequence, ranks[$1], $1)
        }
        (events, ranks) = (order.map { events[$0] }, order.map { ranks[$0] })
    }

    mutating func actor(_ party: Party) -> Int {
        if let place = actors.firstIndex(of: party.rawValue) { return place }
        actors.append(party.rawValue)
        return actors.count - 1
    }

    mutating func add(_ happening: Happening) {
        switch happening.event {
        case .step(let record): add(.step(record.title, held: record.held), record.after, rank: 1)
        case .entry(let entry):
            if case .exchange(let exchange) = entry.event {
                add(exchange, entry.sequence, happening)
            } else {
                add(entry)
            }
        }
    }

    /// A message that others stand in is told twice: as it is sent and as it is answered.
    private mutating func add(_ exchange: Exchange, _ sequence: Int, _ happening: Happening) {
        let (from, to) = (actor(exchange.from), actor(exchange.to))
        let request = "\(exchange.request.method.rawValue) \(mask.target(exchange.request))"
        let answer: String
        switch exchange.outcome {
        case .answered(let response): answer = "\(response.status)"
        case .failed(let failure): answer = failure.reason.rawValue
        }
        let isGood = (exchange.status ?? 600) < 400
        guard !happening.inner.isEmpty else {
            return add(.exchange(from: from, to: to, request: request, answer: answer, isGood: isGood), sequence)
        }
        let sent = Story.Kind.exchange(from: from, to: to, request: request, answer: "", isGood: true)
        add(sent, happening.sequence, rank: -1)
        for inner in happening.inner { add(inner) }
        add(.answer(from: to, to: from, answer, isGood: isGood), sequence)
    }

    private mutating func add(_ entry: JournalEntry) {
        switch entry.event {
        case .exchange: break
        case .streamed(let stream):
            let (from, to) = (actor(stream.from), actor(stream.to))
            let kind = Story.Kind.exchange(from: from, to: to, request: "event", answer: "", isGood: true)
            add(kind, entry.sequence)
        case .transition(let move):
            let subject = mask.text(move.subject)
            add(.move(subject: subject, from: move.from, to: move.to, cause: mask.text(move.cause)), entry.sequence)
        case .alarm(let alarm):
            add(.note(actor: actor(alarm.party), "alarm: \(mask.text(alarm.label))"), entry.sequence)
        case .fault(let name, let party):
            add(.note(actor: actor(party), "fault \(mask.text(name))"), entry.sequence)
        case .note(let note):
            let rule = note.rule.map { "\($0): " } ?? ""
            add(.note(actor: actor(note.party), "\(rule)\(mask.text(note.text))"), entry.sequence)
        case .token(.issued(let birth)):
            let user = birth.user.map { " for \(mask.text($0))" } ?? ""
            add(.note(actor: actor(birth.issuer), "issues \(birth.kind)\(user)"), entry.sequence)
        case .token(.held(_, let holder)):
            add(.note(actor: nil, "\(holder) keeps a token"), entry.sequence)
        case .token(.revoked(_, let cause)):
            add(.note(actor: nil, "a token is revoked: \(mask.text(cause))"), entry.sequence)
        }
    }
}

extension String {
    /// At most so many characters.
    func cut(_ length: Int) -> String {
        utf8.count <= length || count <= length ? self : "\(prefix(length - 1))…"
    }

    /// As text inside HTML, SVG and XML. Most control characters may not stand in an XML document, not even escaped
    /// (XML 1.0 section 2.2).
    var markup: String {
        var result = ""
        for scalar in unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\u{0}"..<"\u{9}", "\u{B}"..<"\u{20}", "\u{FFFE}", "\u{FFFF}": result += "\u{FFFD}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}
