import Explore
import Foundation
import Harness
import Kernel
import Scenario
import TestSupport
import Testing

/// Of every lesson there is.
private let names = ((try? FileManager.default.contentsOfDirectory(atPath: "\(Checkout.root)/mocks/lessons")) ?? [])
    .filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()

struct LessonTests {
    private func lesson(_ name: String) throws -> Lesson {
        let path = "mocks/lessons/\(name).yaml"
        let text = try String(contentsOfFile: "\(Checkout.root)/\(path)", encoding: .utf8)
        return try Lesson(name: name, source: Source(name: path, text: text))
    }

    private func narration(_ path: String, without rules: [String] = []) async throws -> Narration {
        let file = try #require(Library.load(paths: [path], root: Checkout.root).0.first)
        let definitions = try Library.definitions(for: [file], root: Checkout.root)
        let result = await Runner(definitions: definitions).run(file, rulesOff: rules)
        #expect((result.verdict == .held) == rules.isEmpty, "\(path) \(rules)")
        return Narration(result, remarks: [])
    }

    /// Plays a lesson with somebody who answers each prompt by `answer`, which sees what was said since the last one.
    private func play(
        _ lesson: Lesson, answer: @escaping ([String]) -> String?
    ) async throws -> (LessonPlay.Ending, [String]) {
        var said: [String] = []
        var since: [String] = []
        let held = try await narration(lesson.scenario)
        let play = LessonPlay(lesson, held) { breaking in
            guard let whole = try? await narration(breaking.scenario),
                let broken = try? await narration(breaking.scenario, without: [breaking.rule])
            else { return Consequence(failure: "not played") }
            let consequence = Consequence(held: whole, broken: broken)
            #expect(consequence.isNoticed, "\(breaking.rule)")
            return consequence
        } read: { _ in
            defer { since = [] }
            return answer(since)
        } say: { line in
            said.append(line.text)
            since.append(line.text)
        }
        return (await play.run(), said)
    }

    /// The words after a hint, or the wish for one.
    private func followsHints(_ said: [String]) -> String? {
        guard let hint = said.last(where: { $0.contains("hint: ") }) else { return "h" }
        return hint.hasSuffix("return") ? "" : hint.split(separator: " ").last.map(String.init)
    }

    @Test(arguments: names) func followingTheHintsFinishesALesson(_ name: String) async throws {
        let lesson = try lesson(name)
        let (ending, said) = try await play(lesson, answer: followsHints)
        #expect(ending == .finished)
        #expect(said.last?.contains("Lesson finished. Right at once: ") == true)
        for stop in lesson.stops {
            #expect(said.contains { $0.hasSuffix(stop.ask) }, "nobody was asked: \(stop.ask)")
            if let breaking = stop.breaking {
                #expect(said.contains("\(breaking.scenario) without \(breaking.rule)"))
            }
        }
        // What was broken failed, and the lesson went on where it holds.
        let breaks = lesson.stops.compactMap(\.breaking)
        #expect(!breaks.isEmpty && said.count { $0.hasPrefix("Back in the lesson") } == breaks.count)
        #expect(said.count { $0.hasPrefix("NOT HELD") } >= breaks.count)
    }

    @Test func theReturnKeyAloneTellsEverything() async throws {
        let (ending, said) = try await play(try lesson("4-pkce")) { _ in "" }
        #expect(ending == .finished && said.last == "Lesson finished. Right at once: 0 of \(asked(said)).")
    }

    private func asked(_ said: [String]) -> Int { said.count { $0.hasPrefix("Message ") } }

    @Test func aWrongAnswerIsExplainedAndAskedAgain() async throws {
        let lesson = try lesson("2-method-2")
        var wrong: String?
        let (_, said) = try await play(lesson) { since in
            guard wrong == nil, let number = since.first(where: { $0.contains(lesson.stops[0].wrong[0].say) }) else {
                return wrong == nil ? "" : nil
            }
            wrong = String(trimmed(number).prefix(1))
            return wrong
        }
        #expect(said.joined(separator: " ").contains("No. That wait has one purpose, to read the tools."))
        #expect(said.last?.hasPrefix("\nLeft before message") == true)
    }

    @Test func theEndOfTheInputAndOddWordsAreNoTrouble() async throws {
        let (left, _) = try await play(try lesson("1-method-1")) { _ in nil }
        #expect(left == .left)
        var words = ["99999999999999999999", "-1", "xyz", "b", "q"][...]
        let (ending, said) = try await play(try lesson("1-method-1")) { _ in words.popFirst() }
        #expect(ending == .left)
        #expect(said.count { $0.contains("That is no choice.") } == 1)
        #expect(said.count { $0.contains("That is no answer here") } == 3)
    }

    @Test func aSkippedStepIsToldWithoutQuestions() async throws {
        let (ending, said) = try await play(try lesson("1-method-1")) { _ in "s" }
        #expect(ending == .finished && asked(said) < 12)
    }

    private static let head = "lesson: x\nabout: y\nscenario: z\nends: e\n"
    private static func stop(wrong: String, _ more: String = "") -> String {
        "\(head)stops:\n  - {to: aws, path: /, say: s, section: t, ask: a, right: r, wrong: [\(wrong)]\(more)}\n"
    }

    @Test(arguments: [
        ("lesson: x", "x:1:1: the lesson needs \"about\""),
        ("lesson: x\nabout: [y]", "x:2:8: \"about\" must be a text, this is a list"),
        ("lesson: x\nabout: ' '", "x:2:8: \"about\" is empty"),
        ("\(head)more: 1", "x:5:1: the lesson has no member \"more\""),
        ("\(head)stops:\n  - to: aws", "x:6:5: stop 1 needs \"path\""),
        (head, "x:1:1: the lesson needs \"stops\""),
        ("\(head)stops: []", "x:5:8: \"stops\" must be a list with at least one item, this is a list"),
        (stop(wrong: "W"), "x:6:70: stop 1, wrong must be a mapping, this is a text"),
        (stop(wrong: "{say: s}"), "x:6:70: stop 1, wrong needs \"but\""),
        (
            stop(wrong: "{say: s, but: b}", ", break: {rul: x}"),
            "x:6:97: stop 1, break has no member \"rul\" (did you mean \"rule\"?)"
        ),
    ])
    func aMistakeInALessonIsToldWhereItIs(_ text: String, _ told: String) throws {
        let mistake = #expect(throws: Diagnostic.self) {
            try Lesson(name: "x", source: Source(name: "x", text: text))
        }
        #expect(mistake?.description.hasPrefix(told) == true, "\(mistake?.description ?? "")")
    }
}
