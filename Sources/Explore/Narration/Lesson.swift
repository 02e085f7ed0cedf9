import Kernel
package import Scenario

/// A run that stops before each message: what is asked there, what is explained, what may be broken. A lesson is data;
/// its messages come from a scenario that holds.
package struct Lesson: Sendable {
    package let name: String
    package let title: String
    package let about: String
    /// Path of the scenario that is played.
    package let scenario: String
    package let stops: [Stop]
    /// What to keep of it.
    package let ends: String

    /// A question before a message.
    package struct Stop: Sendable {
        /// The message it stands before; `section` is where its rule stands.
        package let message: Narration.Remark
        package let ask: String
        package let right: String
        package let wrong: [Wrong]
        package let breaking: Breaking?
    }

    package struct Wrong: Sendable {
        package let say: String
        /// Why it is not so.
        package let but: String
    }

    /// A rule to turn off, and the scenario that shows what follows.
    package struct Breaking: Sendable {
        package let rule: String
        package let scenario: String
        package let see: String
    }

    /// Reads a lesson.
    ///
    /// - Throws: `Diagnostic` for YAML that cannot be read and for a member that is missing or unknown.
    package init(name: String, source: Source) throws(Diagnostic) {
        let json = try DocumentNode.parse(source).json
        let place = Place(source, line: 1, column: 1)
        func text(_ value: JSONValue, _ member: String, _ what: String) throws(Diagnostic) -> String {
            if let text = value[member]?.string, !text.isEmpty { return trimmed(text) }
            throw Diagnostic(place, "\(what) has no \"\(member)\"")
        }
        func expect(_ value: JSONValue, _ known: [String], _ what: String) throws(Diagnostic) {
            for member in value.object?.names ?? [] where !known.contains(member) {
                throw Diagnostic(place, "\(what) has a member \"\(member)\" that nobody knows")
            }
        }
        try expect(json, ["lesson", "about", "scenario", "stops", "ends"], "the lesson")
        self.name = name
        title = try text(json, "lesson", "the lesson")
        about = try text(json, "about", "the lesson")
        scenario = try text(json, "scenario", "the lesson")
        ends = try text(json, "ends", "the lesson")
        var stops: [Stop] = []
        for (index, stop) in (json["stops"]?.array ?? []).enumerated() {
            let what = "stop \(index + 1)"
            try expect(
                stop,
                ["to", "from", "method", "path", "body", "ask", "right", "wrong", "say", "section", "break"], what)
            guard let message = Narration.Remark(stop) else {
                throw Diagnostic(place, "\(what) needs \"to\", \"path\", \"say\" and \"section\"")
            }
            var wrong: [Wrong] = []
            for item in stop["wrong"]?.array ?? [] {
                wrong.append(Wrong(say: try text(item, "say", what), but: try text(item, "but", what)))
            }
            guard !wrong.isEmpty else { throw Diagnostic(place, "\(what) has nothing wrong to choose") }
            var breaking: Breaking?
            if let item = stop["break"] {
                try expect(item, ["rule", "in", "see"], "\(what), break")
                breaking = Breaking(
                    rule: try text(item, "rule", "\(what), break"), scenario: item["in"]?.string ?? scenario,
                    see: try text(item, "see", "\(what), break"))
            }
            stops.append(
                Stop(
                    message: message, ask: try text(stop, "ask", what), right: try text(stop, "right", what),
                    wrong: wrong, breaking: breaking))
        }
        guard !stops.isEmpty else { throw Diagnostic(place, "the lesson has no \"stops\"") }
        self.stops = stops
    }
}

/// What a broken rule changes: the lines from the first that is another one.
package struct Consequence: Sendable {
    package let lines: [Narration.Line]
    /// Whether anybody noticed.
    package let isNoticed: Bool

    /// Lines before the first other one, so that a reader sees where it happens; and all of them at most.
    private static let context = 4
    private static let longest = 22

    /// - Parameters:
    ///   - held: the run with all rules.
    ///   - broken: the same run without one.
    package init(held: Narration, broken: Narration) {
        // What was explained before the break needs no second word.
        let lines = broken.lines.filter { $0.kind != .why && !$0.isVerdict }
        let common = zip(held.lines.filter { $0.kind != .why }, lines).prefix { $0.0.text == $0.1.text }.count
        let step = lines[..<common].lastIndex { $0.kind == .step } ?? 0
        let begin = max(step + 1, common - Self.context)
        var shown = Array(lines[step...step] + lines[min(begin, lines.count)...].prefix(Self.longest))
        let rest = lines.count - begin - Self.longest
        if rest > 0 { shown.append(.init(kind: .why, text: "          … and \(rest) lines more")) }
        let verdicts = broken.lines.filter(\.isVerdict)
        self.lines = shown + verdicts
        isNoticed = !verdicts.isEmpty
    }

    /// One that could not be played.
    package init(failure: String) {
        lines = [.init(kind: .answer, text: failure)]
        isNoticed = false
    }
}

extension Narration.Line {
    /// Says that an expectation did not hold.
    package var isVerdict: Bool { text.hasPrefix("NOT HELD") }
}
