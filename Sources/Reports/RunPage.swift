package import Harness
package import Kernel
import OAuthCore
import Scenario

/// A run of which a page can be made, here or where only its JSON report is.
package protocol PageRow: ReportRow {
    var spec: [String] { get }
    var page: RunPage? { get }
    /// What a diagram shows; nobody is in that of a run that left no journal.
    var story: Story { get }
}

extension ScenarioResult: PageRow {
    package var spec: [String] { file.spec }
    package var page: RunPage? { RunPage(self) }
    package var story: Story { Story(self) }
}

/// What a page shows of one run beside its verdict. Nothing in it is markup: the page may be made elsewhere.
package struct RunPage: Sendable, Hashable {
    let about: String?
    /// nil for a run that left no journal.
    let played: Played?

    struct Played: Sendable, Hashable {
        let steps: [Step]
        let story: Story
        let tokens: [Token]
        let trace: String
    }

    struct Step: Sendable, Hashable {
        let title: String
        let place: String
        let depth: Int
        let at: String
        let entries: String
        let held: Bool
    }

    /// A row of the table of tokens, and the token taken apart.
    struct Token: Sendable, Hashable {
        let cells: [String]
        let decoded: String?
    }

    init(_ result: ScenarioResult) {
        about = result.file.about
        guard !result.journal.isEmpty else {
            played = nil
            return
        }
        let steps = result.records.map { record in
            Step(
                title: record.title, place: record.step.place.description, depth: record.depth,
                at: record.at.iso8601, entries: Self.entries(of: record), held: record.held)
        }
        played = Played(
            steps: steps, story: Story(result), tokens: Self.tokens(result), trace: result.trace.rendered)
    }

    private static func entries(of record: StepRecord) -> String {
        if record.isUndone { return "undone" }
        return record.last > record.after ? "\(record.after + 1)–\(record.last)" : ""
    }

    /// Header and claims stand for the token itself, which nobody may read.
    private static func tokens(_ result: ScenarioResult) -> [Token] {
        let rows = TokenLineage.table(of: result.journal)
        guard !rows.isEmpty else { return [] }
        var decoded: [String: String] = [:]
        let mask = SecretMask(result.journal, secrets: result.secrets)
        for entry in result.journal {
            guard case .token(.issued(let birth)) = entry.event, let token = DecodedToken(birth.value.exposed) else {
                continue
            }
            let text = "\(JSONValue.object(token.header).text)\n\(JSONValue.object(token.claims).pretty)"
            decoded[birth.id] = mask.text(text)
        }
        return rows.map { row in
            Token(
                cells: [
                    "\(row.kind) \(row.id)\(row.isRevoked ? " (revoked)" : "")", row.issuer.rawValue,
                    row.user.map { mask.text($0) } ?? "", mask.text(row.scopes.joined(separator: " ")),
                    row.parent ?? "", row.heldBy.joined(separator: ", "),
                    row.seenBy.joined(separator: ", "), row.expires?.iso8601 ?? "",
                ], decoded: decoded[row.id])
        }
    }
}

// As a JSON report carries it.
extension RunPage {
    package var json: JSONValue {
        var object = JSONObject()
        if let about { object.append("about", .string(about)) }
        guard let played else { return .object(object) }
        object.append(
            "steps",
            .array(
                played.steps.map { step in
                    [
                        "title": .string(step.title), "place": .string(step.place), "depth": .int(Int64(step.depth)),
                        "at": .string(step.at), "entries": .string(step.entries), "held": .bool(step.held),
                    ]
                }))
        object.append("story", played.story.json)
        object.append(
            "tokens",
            .array(
                played.tokens.map { token in
                    ["cells": .strings(token.cells), "decoded": token.decoded.map { .string($0) } ?? .null]
                }))
        object.append("trace", .string(played.trace))
        return .object(object)
    }

    /// nil for what no report has.
    init?(json: JSONValue, title: String) {
        guard let object = json.object else { return nil }
        about = object["about"]?.string
        guard let story = object["story"] else {
            played = nil
            return
        }
        guard let trace = object["trace"]?.string, let story = Story(json: story, title: title) else { return nil }
        let steps = (object["steps"]?.array ?? []).map { step in
            Step(
                title: step["title"]?.string ?? "", place: step["place"]?.string ?? "",
                depth: min(64, max(0, Int(step["depth"]?.int ?? 0))), at: step["at"]?.string ?? "",
                entries: step["entries"]?.string ?? "", held: step["held"] == true)
        }
        let tokens = (object["tokens"]?.array ?? []).map { token in
            Token(cells: token["cells"]?.strings ?? [], decoded: token["decoded"]?.string)
        }
        played = Played(steps: steps, story: story, tokens: tokens, trace: trace)
    }
}

extension Story {
    var json: JSONValue {
        let events = events.map { event in
            var object: JSONObject = ["n": .int(Int64(event.sequence))]
            switch event.kind {
            case .step(let title, let held):
                object.append("step", .string(title))
                object.append("held", .bool(held))
            case .exchange(let from, let to, let request, let answer, let isGood):
                object.append("from", .int(Int64(from)))
                object.append("to", .int(Int64(to)))
                object.append("request", .string(request))
                object.append("answer", .string(answer))
                object.append("good", .bool(isGood))
            case .answer(let from, let to, let text, let isGood):
                object.append("from", .int(Int64(from)))
                object.append("to", .int(Int64(to)))
                object.append("answer", .string(text))
                object.append("good", .bool(isGood))
            case .move(let subject, let old, let new, let cause):
                object.append("subject", .string(subject))
                if let old { object.append("from", .string(old)) }
                object.append("to", .string(new))
                object.append("cause", .string(cause))
            case .note(let actor, let text):
                if let actor { object.append("actor", .int(Int64(actor))) }
                object.append("note", .string(text))
            }
            return JSONValue.object(object)
        }
        return ["actors": .strings(actors), "events": .array(events)]
    }

    /// nil for what no report tells: a message of nobody, an event that is none.
    init?(json: JSONValue, title: String) {
        guard let actors = json["actors"]?.strings, let told = json["events"]?.array else { return nil }
        var events: [Event] = []
        for event in told {
            guard let kind = Self.kind(event, actors.count), let sequence = event["n"]?.int,
                (0...1_000_000_000).contains(sequence)
            else { return nil }
            events.append(Event(sequence: Int(sequence), kind: kind))
        }
        self.init(title: title, actors: actors, events: events)
    }

    private static func kind(_ event: JSONValue, _ count: Int) -> Kind? {
        func actor(_ name: String) -> Int? {
            event[name]?.int.flatMap { (0..<Int64(count)).contains($0) ? Int($0) : nil }
        }
        if let title = event["step"]?.string { return .step(title, held: event["held"] == true) }
        if let text = event["note"]?.string { return .note(actor: actor("actor"), text) }
        if let from = actor("from"), let to = actor("to") {
            let (answer, isGood) = (event["answer"]?.string, event["good"] == true)
            if let request = event["request"]?.string {
                return .exchange(from: from, to: to, request: request, answer: answer ?? "", isGood: isGood)
            }
            if let answer { return .answer(from: from, to: to, answer, isGood: isGood) }
        }
        guard let subject = event["subject"]?.string, let new = event["to"]?.string else { return nil }
        return .move(subject: subject, from: event["from"]?.string, to: new, cause: event["cause"]?.string ?? "")
    }
}
