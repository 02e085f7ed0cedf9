import Kernel
import Scenario
import Synchronization
import Testing

/// Does the steps of a fragment.
private struct NestStep: Step {
    static let keyword = "nest"
    let blocks: [StepBlock]
    var defines: [String] { [] }

    init?(_ node: StepNode, _ reading: inout Reading) {
        guard let fragment = reading.fragment(node.value.scalarText ?? "", at: node.value.place) else { return nil }
        blocks = [StepBlock(fragment.steps)]
    }
}

struct LanguageTests {
    @Test func scenarioIsRead() throws {
        let (file, diagnostics) = TestLanguage.read(
            """
            scenario: The second call answers
            about: Method 2.
            tags: [method-2, consent]
            spec: [E30, T2, MCP 2025-11-25 elicitation]
            lab: {use: strict, rules: {session-binding: off}, unknowns: {binding.mode: sub}}
            given:
              - gateway: {searchType: NONE}
            pace: 2s
            steps:
              - call: get
                with: {id: "${gateway}", user: "user of ${gateway}"}
                save: {target: body.targetId}
            then:
              transitions: {"target ${target}": [READY]}
            breaks: [code-single-use]
            """)
        #expect(diagnostics.map(\.rendered) == [])
        let scenario = try #require(file)
        #expect(scenario.scenario == "The second call answers")
        #expect(scenario.tags == ["method-2", "consent"])
        #expect(scenario.spec == ["E30", "T2", "MCP 2025-11-25 elicitation"])
        #expect(scenario.lab.name == "strict")
        #expect(scenario.lab.rulesOff == ["session-binding"])
        #expect(scenario.lab.unknowns == ["binding.mode": "sub"])
        #expect(scenario.given.first?.settings.map { $0.value.node.json } == ["NONE"])
        #expect(try scenario.pace.value(Variables()) == .seconds(2))
        #expect(scenario.steps.map(\.keyword) == ["call"])
        #expect(scenario.then.map(\.keyword) == ["transitions"])
        #expect(scenario.breaks.map(\.name) == ["code-single-use"])
        #expect(scenario.steps.first?.place.description == "test.yaml:10:5")
    }

    @Test func mistakeInAFragmentStandsInTheFragment() {
        let reader = ScenarioReader(TestLanguage.vocabulary) { _ in
            Source(name: "given/g.yaml", text: "fragment: x\nsteps:\n  - cal: get\n")
        }
        let text = "scenario: s\nspec: [E1]\ngiven: g\nsteps:\n  - call: get\n"
        let (_, diagnostics) = reader.read(Source(name: "s.yaml", text: text))
        #expect(diagnostics.map { $0.place.description } == ["given/g.yaml:3:5"])
    }

    /// Files of which each names the next one ten times.
    @Test(arguments: [(2, 0), (4, 1), (6, 1)])
    func whatFragmentsBringIsCounted(_ levels: Int, _ mistakes: Int) {
        var vocabulary = TestLanguage.vocabulary
        vocabulary.steps.append(NestStep.self)
        let asked = Mutex(0)
        let reader = ScenarioReader(vocabulary) { name in
            asked.withLock { $0 += 1 }
            guard let level = Int(name) else { return nil }
            let step = level == levels ? "  - call: get\n" : "  - nest: '\(level + 1)'\n"
            return Source(
                name: "\(name).yaml", text: "fragment: x\nsteps:\n\(String(repeating: step, count: 10))")
        }
        let text = "scenario: s\nspec: [E1]\ngiven: '0'\nsteps:\n  - call: get\n"
        let (_, found) = reader.read(Source(name: "s.yaml", text: text))
        #expect(found.count == mistakes)
        // Wrong or not, each is read once.
        #expect(asked.withLock { $0 } == 1 + 10 * levels)
        #expect(found.allSatisfy { $0.message.contains("more than 10000 steps") && $0.place.line > 2 })
    }

    @Test(
        arguments: [
            ("1", JSONValue.int(1)), ("-3", .int(-3)), ("1.5", .double(1.5)), ("true", .bool(true)), ("null", .null),
            ("~", .null), ("on", "on"), ("off", "off"), ("yes", "yes"), ("\"1\"", "1"), ("'true'", "true"),
            ("000000000000", "000000000000"), ("2026-11-20", "2026-11-20"), ("2025-11-25", "2025-11-25"),
            ("1e3", .double(1000)),
            ("0", .int(0)), ("0.5", .double(0.5)), ("11m", "11m"), ("-", "-"), ("[1, a]", [1, "a"]),
            ("{a: {b: ~}}", ["a": ["b": .null]]), ("|\n  12\n", "12\n"),
        ] as [(String, JSONValue)])
    func plainScalarsHaveTheTypesOfYAML12(_ yaml: String, _ value: JSONValue) throws {
        let text = yaml == "-" ? "'-'" : yaml
        #expect(try TestLanguage.node("x: \(text)")["x"]?.json == value)
    }

    @Test func anchorsAndMergeKeysAreResolved() throws {
        let node = try TestLanguage.node("base: &b {a: 1, b: 2}\nmore: {<<: *b, b: 3}\nsame: *b\n")
        #expect(node["more"]?.json == ["b": 3, "a": 1])
        #expect(node["same"]?.json == ["a": 1, "b": 2])
    }

    @Test(
        arguments: [
            ("browzer", ["browser", "app"], "browser"), ("expct", ["expect", "save"], "expect"),
            ("GetGatewayTargt", ["GetGatewayTarget", "GetGateway"], "GetGatewayTarget"), ("zzzz", ["browser"], nil),
            ("", ["a"], "a"), ("Z", ["T"], nil), ("t", ["T"], "T"), ("a.yaml", ["a.yaml", "b.yaml"], nil),
        ] as [(String, [String], String?)])
    func nearestNameIsMeant(_ word: String, _ known: [String], _ nearest: String?) {
        #expect(Suggestion.nearest(to: word, among: known) == nearest)
    }
}
