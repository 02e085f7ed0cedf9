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
    /// - Throws: `Diagnostic` for YAML that cannot be read, else for the first member that is missing, unknown or of
    ///   the wrong kind.
    package init(name: String, source: Source) throws(Diagnostic) {
        var reading = Reading(Vocabulary())
        let lesson = TextPart(
            try DocumentNode.parse(source), "the lesson", ["lesson", "about", "scenario", "stops", "ends"], &reading)
        self.name = name
        title = lesson.text("lesson", &reading)
        about = lesson.text("about", &reading)
        let scenario = lesson.text("scenario", &reading)
        self.scenario = scenario
        ends = lesson.text("ends", &reading)
        var stops: [Stop] = []
        for (index, node) in lesson.items("stops", &reading).enumerated() {
            stops.append(Stop(node, "stop \(index + 1)", of: scenario, &reading))
        }
        self.stops = stops
        if let mistake = reading.diagnostics.first { throw mistake }
    }
}

extension Lesson.Stop {
    private static let members = [
        "to", "from", "method", "path", "body", "ask", "right", "wrong", "say", "section", "break",
    ]

    fileprivate init(_ node: DocumentNode, _ what: String, of scenario: String, _ reading: inout Reading) {
        let stop = TextPart(node, what, Self.members, &reading)
        message = Narration.Remark(stop, &reading)
        ask = stop.text("ask", &reading)
        right = stop.text("right", &reading)
        var wrong: [Lesson.Wrong] = []
        for item in stop.items("wrong", &reading) {
            let part = TextPart(item, "\(what), wrong", ["say", "but"], &reading)
            wrong.append(.init(say: part.text("say", &reading), but: part.text("but", &reading)))
        }
        self.wrong = wrong
        guard let item = node["break"] else {
            breaking = nil
            return
        }
        let part = TextPart(item, "\(what), break", ["rule", "in", "see"], &reading)
        breaking = Lesson.Breaking(
            rule: part.text("rule", &reading), scenario: part.optional("in", &reading) ?? scenario,
            see: part.text("see", &reading))
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
