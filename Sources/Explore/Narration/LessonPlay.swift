import Kernel

/// A lesson under way: it says lines and takes answers, and knows neither terminal nor page.
package final class LessonPlay {
    let lesson: Lesson
    private let width: Int
    private let lines: [Narration.Line]
    private let heads: [String]
    private let breakIt: (Lesson.Breaking) async -> Consequence
    private let read: (String) -> String?
    private let say: (Narration.Line) -> Void
    private var isSkipping = false
    private var asked = 0
    private var known = 0
    /// Kinds of messages that came already: nobody is asked twice about the same.
    private var seen: Set<String> = []

    /// How a lesson ended.
    package enum Ending: Sendable, Hashable { case finished, left }

    private enum Reply {
        case choice(Int)
        case tell, hint, skip, leave, breaking, unknown
    }

    /// `breakIt` plays a scenario without a rule. `read` shows a prompt and gives what was typed; nil at the end of the
    /// input. `width` is how many columns a text may take.
    package init(
        _ lesson: Lesson, _ narration: Narration, width: Int = 100,
        breakIt: @escaping (Lesson.Breaking) async -> Consequence,
        read: @escaping (String) -> String?, say: @escaping (Narration.Line) -> Void
    ) {
        self.lesson = lesson
        self.width = width
        lines = narration.lines
        heads = narration.lines.compactMap { $0.message?.head }
        self.breakIt = breakIt
        self.read = read
        self.say = say
    }

    package func run() async -> Ending {
        say(.init(kind: .title, text: lesson.title))
        tell(lesson.about)
        tell("At each stop: a number answers, return tells, h gives a hint, s goes on to the next step, q leaves.")
        var place = 0
        // The scenario's own title and purpose give way to the lesson's.
        for line in lines.drop(while: { $0.kind != .step }) {
            if line.kind == .step { isSkipping = false }
            guard let message = line.message else {
                say(line)
                continue
            }
            let stop = lesson.stops.first { $0.message.fits(message.exchange) && !seen.contains($0.ask) }
            if !isSkipping, !pause(before: message, stop, place) { return leave(place) }
            say(line)
            if let stop, !isSkipping {
                seen.insert(stop.ask)
                tell("\(stop.message.say) [\(stop.message.section)]")
                if let breaking = stop.breaking, await !offer(breaking) { return leave(place + 1) }
            }
            place += 1
        }
        say(.init(kind: .title, text: "\nThat was all of \"\(lesson.title)\"."))
        tell(lesson.ends)
        let score = asked == 0 ? "" : " Right at once: \(known) of \(asked)."
        say(.init(kind: .answer, text: "Lesson finished.\(score)"))
        return .finished
    }

    private func leave(_ place: Int) -> Ending {
        say(.init(kind: .answer, text: "\nLeft before message \(place + 1) of \(heads.count)."))
        return .left
    }

    private func tell(_ text: String) {
        for line in Narration.wrapped(text, width - 4) { say(.init(kind: .why, text: "  \(line)")) }
    }

    /// Asks what comes next, until it is known or told. False for somebody who leaves.
    private func pause(before message: Narration.Message, _ stop: Lesson.Stop?, _ place: Int) -> Bool {
        let count = "Message \(place + 1) of \(heads.count)"
        guard let question = question(about: message, stop, place) else {
            return prompt("\n  \(count). [return] ") { reply in
                guard case .hint = reply else { return false }
                tell("hint: press return")
                return true
            }
        }
        say(.init(kind: .step, text: "\(count). \(question.ask)"))
        for (number, choice) in question.choices.enumerated() {
            say(.init(kind: .answer, text: "  \(number + 1)  \(choice)"))
        }
        asked += 1
        var isFirst = true
        var isKnown = false
        let stays = prompt("  1-\(question.choices.count), return, h, s, q > ") { reply in
            switch reply {
            case .choice(question.right):
                tell("Yes.")
                isKnown = isFirst
                return false
            case .choice(let number):
                tell(question.but(number) ?? "That is no choice.")
            case .hint: tell("hint: type \(question.right)")
            default: tell("That is no answer here; h gives a hint.")
            }
            isFirst = false
            return true
        }
        if isKnown { known += 1 }
        return stays
    }

    /// Offers to break the rule that matters here. False for somebody who leaves.
    private func offer(_ breaking: Lesson.Breaking) async -> Bool {
        tell("What if \(breaking.rule) did not hold? Type b to break it and see, return to go on.")
        var wants = false
        let stays = prompt("  b, return, h, q > ") { reply in
            switch reply {
            case .breaking:
                wants = true
                return false
            case .hint: tell("hint: type b")
            default: tell("That is no answer here; h gives a hint.")
            }
            return true
        }
        guard wants else { return stays }
        say(.init(kind: .step, text: "\(breaking.scenario) without \(breaking.rule)"))
        for line in await breakIt(breaking).lines { say(line) }
        tell(breaking.see)
        say(.init(kind: .step, text: "Back in the lesson, where \(breaking.rule) holds"))
        return true
    }

    /// Reads replies as long as `goesOn`; return and s end it at once. False for somebody who leaves.
    private func prompt(_ text: String, while goesOn: (Reply) -> Bool) -> Bool {
        while let line = read(text) {
            switch Self.reply(line) {
            case .leave: return false
            case .tell: return true
            case .skip:
                isSkipping = true
                return true
            case let reply: if !goesOn(reply) { return true }
            }
        }
        return false
    }

    private static func reply(_ line: String) -> Reply {
        switch trimmed(line).lowercased() {
        case "": .tell
        case "h", "hint", "?": .hint
        case "s", "skip": .skip
        case "q", "quit", "exit": .leave
        case "b", "break": .breaking
        case let word: Int(word).map { .choice($0) } ?? .unknown
        }
    }
}

// Questions.
extension LessonPlay {
    struct Question {
        let ask: String
        let choices: [String]
        /// From 1.
        let right: Int
        private let buts: [String: String]

        /// Why a choice is wrong; nil for a number without a choice.
        func but(_ number: Int) -> String? {
            guard choices.indices.contains(number - 1) else { return nil }
            return "No. \(buts[choices[number - 1]] ?? "That comes at another time, or not at all.")"
        }

        init(_ ask: String, right: String, wrong: [(say: String, but: String?)], place: Int) {
            self.ask = ask
            var choices = wrong.map(\.say)
            // The same place in every run, and not always the same one.
            let position = Int(hash64("\(place) \(right)") % UInt64(choices.count + 1))
            choices.insert(right, at: position)
            self.choices = choices
            self.right = position + 1
            buts = Dictionary(wrong.compactMap { item in item.but.map { (item.say, $0) } }) { first, _ in first }
        }
    }

    /// The lesson's own question, or which message comes next. nil for a kind of message that was met already.
    private func question(
        about message: Narration.Message, _ stop: Lesson.Stop?, _ place: Int
    ) -> Question? {
        let isNew = seen.insert(message.remark?.say ?? message.head).inserted
        if let stop {
            return Question(
                stop.ask, right: stop.right, wrong: stop.wrong.map { ($0.say, $0.but) }, place: place)
        }
        guard isNew else { return nil }
        var others: [String] = []
        for head in heads[min(place + 1, heads.count)...] + heads[..<place]
        where head != message.head && !others.contains(head) && others.count < 2 {
            others.append(head)
        }
        guard !others.isEmpty else { return nil }
        return Question(
            "What comes next?", right: message.head, wrong: others.map { ($0, nil) }, place: place)
    }
}

// The same lesson for somebody who cannot be waited for: what is said, asked and broken, in order.
extension LessonPlay {
    enum Part {
        case line(Narration.Line)
        case question(Question)
        case breaking(Lesson.Breaking, Consequence)
    }

    /// Everything that `run` would say to somebody who answers and breaks all there is.
    func parts() async -> [Part] {
        var parts: [Part] = [.line(.init(kind: .why, text: lesson.about))]
        var place = 0
        for line in lines.drop(while: { $0.kind != .step }) {
            guard let message = line.message else {
                parts.append(.line(line))
                continue
            }
            let stop = lesson.stops.first { $0.message.fits(message.exchange) && !seen.contains($0.ask) }
            if let question = question(about: message, stop, place) { parts.append(.question(question)) }
            parts.append(.line(line))
            if let stop {
                seen.insert(stop.ask)
                parts.append(.line(.init(kind: .why, text: "\(stop.message.say) [\(stop.message.section)]")))
                if let breaking = stop.breaking { parts.append(.breaking(breaking, await breakIt(breaking))) }
            }
            place += 1
        }
        let end = "That was all of \"\(lesson.title)\"."
        return parts + [.line(.init(kind: .title, text: end)), .line(.init(kind: .why, text: lesson.ends))]
    }
}
