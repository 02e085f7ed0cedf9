import Foundation
import Harness
import Kernel
import Reports
import Scenario
import TestSupport
import Testing

/// What a failure tells, and what it must not.
struct FailureTests {
    private static func results(
        _ body: String, _ change: (inout RunSettings) -> Void = { _ in }
    ) async throws -> [ScenarioResult] {
        var settings = RunSettings()
        settings.root = Checkout.root
        change(&settings)
        let definitions = ["default": try LabDefinition.load(named: "default", root: Checkout.root)]
        return await Runner(definitions: definitions, settings: settings).run(try LanguageRunTests.load(body))
    }

    /// A secret in a label, as the value of a loop, in an expectation, inside JSON, in the line itself.
    @Test func aSecretOfTheFileStandsInNoReport() async throws {
        let body = #"""
            secrets: {key: "-----BEGIN \"so\"\nQUJD", pin: 918273645, word: sesame-open}
            steps:
              - for-each: {each: ["${key}", "${word}"]}
                steps:
                  - http: POST ${lab.github}/nowhere
                    label: knocks with ${word}
                    json: {key: "${key}", inner: '{"k": "sesame-open"}', pin: "${pin}"}
                    expect: {status: 200, body.message: sesame-open, body.pin: "${pin}", body.key: "${key}"}
            """#
        let results = try await Self.results(body)
        #expect(results[0].failures.count == 4)
        #expect(results[0].failures[0].step == "knocks with <secret word> (http: POST ${lab.github}/nowhere)")
        let reports = [
            TextReport.render(results), JUnitReport.render(results), TAPReport.render(results),
            JSONReport.render(results, run: [:]).pretty, HTMLReport.render(results, run: [:]),
            SVGReport.render(results[0].story), MermaidReport.render(results[0].story),
            GitHubReport.annotations(results),
            GitHubReport.summary(results), results[0].trace.rendered,
        ]
        for report in reports {
            for part in ["BEGIN", "QUJD", "918273645", "sesame"] { #expect(!report.contains(part), "\(report)") }
        }
        #expect(reports[0].contains("<secret key>") && reports[0].contains("knocks with <secret word>"))
    }

    @Test func aCellsCommandKeepsTheTypesOfItsValues() async throws {
        let body = """
            matrix: {number: [1, 2], flag: [true]}
            with: {count: 3, name: "7"}
            steps:
              - sql: SELECT 1
                expect: {rows: {count: 4}}
            finally:
              - set: {seen: ["${number}", "${flag}", "${count}", "${name}"]}
              - http: GET ${lab.github}/${seen}
                expect: {status: 200}
            """
        let whole = try await Self.results(body)
        let alone = try await Self.results(body) {
            $0.variables = ["number": "1", "flag": "true", "count": "3", "name": "7"]
        }
        #expect(whole[0].command.hasSuffix("--var flag=true --var number=1"))
        #expect(whole[0].failures.last?.exchange?.contains("/[1,true,3,\"7\"]") == true)
        #expect(alone[0].failures.last?.exchange == whole[0].failures.last?.exchange)
        let other = try await Self.results(body) { $0.variables = ["count": "12", "name": "12"] }
        #expect(other[0].failures.last?.exchange?.contains("/[1,true,12,\"12\"]") == true)
    }

    @Test func aFailureInAFragmentSaysWhoBeganWithIt() async throws {
        let given = try await Self.results("given: [{gateway: {gatewayName: 'a b'}}]\nsteps:\n  - aws: ListGateways\n")
        let first = try #require(given[0].failures.first)
        #expect(first.what == "status (given gateway)")
        #expect(first.step == "aws: CreateGateway")
        let included = try await Self.results(
            "steps:\n  - include: gateway\n    with: {gatewayName: 'a b'}\n")
        #expect(included[0].failures.first?.what == "status (include gateway, scenarios/s.yaml:4:5)")
        // Both lines of the step speak of one exchange: it is shown once.
        let text = TextReport.render(given)
        #expect(given[0].failures.count == 2)
        #expect(text.components(separatedBy: "  from:     ").count == 2)
    }

    @Test func aTimeoutPointsAtItself() async throws {
        let whole = try await Self.results("timeout: 10s\nsteps:\n  - clock: {advance: 1m}\n")
        #expect(whole[0].failures.first?.place?.description == "scenarios/s.yaml:3:10")
        let step = try await Self.results("steps:\n  - clock: {advance: 1m}\n    timeout: 10s\n")
        #expect(step[0].failures.first?.place?.description == "scenarios/s.yaml:5:14")
    }

    /// A mistake that shows only while it runs is a sentence of its own.
    @Test func aMistakeOfTheAuthorHasNothingBesideIt() async throws {
        let results = try await Self.results("steps:\n  - set: {url: nonsense}\n  - {browser: '${url}', as: alice}\n")
        #expect(results[0].failures.first?.sentence == "this is no URL: nonsense")
        #expect(!TextReport.render(results).contains("expected:"))
        #expect(JUnitReport.render(results).contains("message=\"this is no URL: nonsense\""))
    }

    /// A title, a reason or an answer may be a stranger's.
    @Test func noReportHasAnOrderToATerminal() async throws {
        let title = #""a\e]0;P\a\e[2J\r\u009b31m\n::error file=x::injected""#
        let source = Source(
            name: "s.yaml",
            text: "scenario: \(title)\nspec: [T2]\nsteps:\n  - aws: ListGateways\n    expect: {body.x: \(title)}\n")
        let (files, mistakes) = Library.load(sources: [source], root: Checkout.root)
        try #require(mistakes.map(\.rendered) == [])
        let definition = try LabDefinition.load(named: "default", root: Checkout.root)
        let results = [await Runner(definition: definition).run(try #require(files.first), seed: 1)]
        #expect(results[0].verdict == .failed)
        for report in [
            TextReport.render(results), TAPReport.render(results), GitHubReport.annotations(results),
        ] {
            #expect(report.shown == report, "\(report)")
            #expect(!report.split(separator: "\n").dropFirst().contains { $0.hasPrefix("::") }, "\(report)")
        }
        #expect(GitHubReport.annotations(results).hasPrefix("::error file=s.yaml,line=5"))
    }

    @Test("Cells of a matrix are told apart on GitHub, and so are files of any name")
    func cellsAreToldApart() async throws {
        let source = Source(
            name: "a & `b|c`.yaml",
            text: """
                scenario: Cells
                spec: [T2]
                matrix: {n: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]}
                steps:
                  - aws: ListGateways
                    expect: {body.x: "${n}"}
                """)
        let (files, mistakes) = Library.load(sources: [source], root: Checkout.root)
        try #require(mistakes.map(\.rendered) == [])
        let definition = try LabDefinition.load(named: "default", root: Checkout.root)
        let results = await Runner(definition: definition).run(files)
        let annotations = GitHubReport.annotations(results)
        let summary = GitHubReport.summary(results)
        for number in 1...11 {
            #expect(annotations.contains("title=Cells [n=\(number)]"))
            #expect(summary.contains("| Cells [n=\(number)] (`a & 'b\\|c'.yaml:6:14`)"), "\(summary)")
        }
        #expect(summary.hasSuffix("\nand 1 more.\n"))
    }

    @Test func whatIsEscapedInJSONIsTheSameText() throws {
        let text = "a\u{7F}\u{85}\u{9B}31m\u{2028}\u{202E}\u{FEFF}\u{FFFF}##[error]é😀\n"
        let written = JSONValue.string(text).text.escapingControls
        #expect(try JSONValue(parsing: Array(written.utf8)) == .string(text))
        #expect(written.contains(#"\u009b31m\u2028"#) && written.contains("##[error]é😀"))
    }

    @Test func runsOfSeveralSeedsAreToldApart() async throws {
        let file = try #require(try LanguageRunTests.load("steps:\n  - aws: ListGateways\n").first)
        let definitions = ["default": try LabDefinition.load(named: "default", root: Checkout.root)]
        let runner = Runner(definitions: definitions)
        let shared = Shared(file)
        let results = await runner.run([(shared, 1), (shared, 2)])
        #expect(
            TextReport.render(results).hasPrefix("held   scenarios/s.yaml seed 1: s\nheld   scenarios/s.yaml seed 2"))
        #expect(JUnitReport.render(results).contains("name=\"s seed 2\""))
        #expect(TAPReport.render(results).contains("ok 2 - scenarios/s.yaml seed 2: s"))
        #expect(!TextReport.render([results[1]]).contains("seed 2:"))
    }

    @Test func pathsTakeVariables() async throws {
        let body = """
            with: {user: bob, wanted: sub, letter: b}
            steps:
              - sign-in: ${user}
                expect: {"claims.${wanted}": present}
                save: {subject: "claims.${wanted}"}
              - sql: SELECT 'a' AS name, 1 AS number UNION SELECT 'b', 2 ORDER BY 1
                with: {}
                expect: {"rows[name=${letter}].number": 2}
            """
        let result = try #require(try await Self.results(body).first)
        #expect(result.failures.map(\.sentence) == [])
        #expect(result.verdict == .held)
        let wrong = try await Self.results(body.replacing("letter: b", with: "letter: c"))
        #expect(wrong[0].failures.map(\.what) == ["rows[name=c].number"])
    }

    @Test func aSlipInAMemberIsNamedWithTheRefusal() async throws {
        let results = try await Self.results(
            "with: {input: {gatewayIdentifer: demo-0123456789}}\nsteps:\n  - aws: GetGateway\n    with: ${input}\n")
        let actual = try #require(results[0].failures.first?.actual)
        #expect(
            actual == "the answer was 400, and GetGateway has no member \"gatewayIdentifer\"; "
                + "did you mean \"gatewayIdentifier\"?")
    }

    @Test func aFaultThatIsNotThereCannotBeRemoved() async throws {
        let results = try await Self.results(
            "with: {n: dwn}\nsteps:\n  - fault: {name: down, party: aws, drop: true}\n  - fault: {remove: '${n}'}\n")
        #expect(results[0].verdict == .error)
        #expect(results[0].failures.first?.sentence == "there is no fault \"dwn\" to remove")
        #expect(results[0].failures.first?.hint == "did you mean \"down\"?")
    }
}
