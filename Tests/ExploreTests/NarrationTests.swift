import Explore
import Foundation
import Harness
import Kernel
import Scenario
import TestSupport
import Testing

struct NarrationTests {
    private func remarks() throws -> [Narration.Remark] {
        let text = try String(contentsOfFile: "\(Checkout.root)/mocks/narration.yaml", encoding: .utf8)
        let remarks = try Narration.remarks(Source(name: "narration.yaml", text: text))
        #expect(remarks.count > 20)
        return remarks
    }

    @Test(arguments: [
        ("messages:\n  - {to: aws, path: /, section: s}", "2:5", "message 1 needs \"say\""),
        (
            "messages:\n  - {to: aws, path: /, section: s, say: x, form: gateway}", "2:44",
            "message 1 has no member \"form\""
        ),
        ("messages:\n  - {to: aws, path: /, section: s, say: [x]}", "2:41", "\"say\" must be a text"),
        ("messages:\n  - to", "2:5", "message 1 must be a mapping"),
        ("message: []", "1:1", "the narration has no member \"message\""),
    ])
    func aMistakeIsToldWhereItStands(_ text: String, _ place: String, _ words: String) throws {
        let mistake = try #require(throws: Diagnostic.self) {
            try Narration.remarks(Source(name: "narration.yaml", text: text))
        }
        #expect("\(mistake)".hasPrefix("narration.yaml:\(place): "), "\(mistake)")
        #expect("\(mistake)".contains(words), "\(mistake)")
    }

    private func result(_ path: String) async throws -> ScenarioResult {
        let file = try #require(Library.load(paths: [path], root: Checkout.root).0.first)
        return await Runner.run(
            file, definition: try LabDefinition.load(named: "default", root: Checkout.root), seed: 1)
    }

    private func narration(_ path: String = "scenarios/flow/method-2.yaml") async throws -> Narration {
        Narration(try await result(path), remarks: try remarks())
    }

    /// What a receiver did meanwhile stands between a message and its answer.
    @Test func messagesStandInsideTheOneThatCausedThem() async throws {
        let lines = try await narration().lines.map(\.text)
        let call = try #require(lines.lastIndex { $0.contains("alice's MCP client => gateway  POST") })
        let inner = try #require(lines.lastIndex { $0.contains("gateway => mcp  POST /mcp") })
        let deepest = try #require(lines.lastIndex { $0.contains("mcp => github  GET /user  200") })
        let answer = try #require(lines.lastIndex { $0.contains("alice's MCP client <= gateway  200") })
        #expect(call < inner && inner < deepest && deepest < answer)
    }

    @Test func theStatesAndTheReasonAreTold() async throws {
        let lines = try await narration().lines
        #expect(lines.contains { $0.kind == .move && $0.text.contains("CODE_RECEIVED -> BOUND") })
        #expect(lines.contains { $0.kind == .message && $0.text.contains("POST /mcp") })
        #expect(lines.contains { $0.kind == .answer && $0.text.contains("error -32042") })
        let why = lines.filter { $0.kind == .why }.map(\.text).joined(separator: " ")
        #expect(why.contains("RFC 7636") && why.contains("-32042: let the user open"))
    }

    /// Every remark is about something that happens in one of the two methods, and each message of them is explained.
    @Test func everyRemarkIsUsed() async throws {
        var used = ""
        for path in ["method-1", "method-2"] {
            let lines = try await narration("scenarios/flow/\(path).yaml").lines.filter { $0.kind == .why }
            used += lines.map { $0.text.split(separator: " ").joined(separator: " ") }.joined(separator: " ")
        }
        for remark in try remarks() { #expect(used.contains(remark.say), "\(remark.say)") }
    }

    @Test func aCastIsReadByPlayers() async throws {
        let rows = try await narration().cast { $0.text }.split(separator: "\n")
        let head = try JSONValue(parsing: String(rows[0]))
        #expect(head["version"] == 2 && head["width"]?.int != nil && head["height"]?.int != nil)
        var last = -1.0
        for row in rows.dropFirst() {
            let event = try #require(try JSONValue(parsing: String(row)).array)
            let time = try #require(event[0].double)
            #expect(event.count == 3 && event[1] == "o" && time >= last)
            last = time
        }
        #expect(rows.count > 60)
    }

    @Test func noSecretIsToldAndNoMarkupBreaksThePage() async throws {
        let result = try await result("scenarios/flow/method-2.yaml")
        let narration = Narration(result, remarks: try remarks())
        let text = narration.lines.map(\.text).joined(separator: "\n")
        for entry in result.journal {
            guard case .token(.issued(let birth)) = entry.event else { continue }
            #expect(!text.contains(birth.value.exposed) && !narration.page.contains(birth.value.exposed))
        }
        #expect(narration.page.contains("=&gt; gateway") && !narration.page.contains("=> gateway"))
    }
}
