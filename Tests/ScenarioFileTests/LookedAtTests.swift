import Foundation
import Harness
import Kernel
import Reports
import Scenario
import TestSupport
import Testing

/// What was never looked at does not hold, and what is told of a failure is what a person can use.
struct LookedAtTests {
    private static let noFile = "transitions: {\"${what}\": []}\n"

    @Test func aSubjectThatNobodyHasIsNoSubjectWithoutStates() async throws {
        let body = "with: {what: target 0123456789}\nsteps: [aws: ListGateways]\nthen:\n  \(Self.noFile)"
        let none = try await LanguageRunTests.run(body)
        #expect(none.failures.map(\.sentence) == ["transitions: expected target 0123456789 to move, got it never did"])
        let all = try await LanguageRunTests.run(body.replacing("0123456789", with: "'*'").replacing("'", with: ""))
        #expect(all.verdict == .held)
    }

    @Test func noStatesAreToldInWords() async throws {
        let result = try await LanguageRunTests.run(
            """
            given: [github-provider, gateway, target-method-2]
            steps: [aws: ListGateways]
            then: {transitions: {"gateway *": []}}
            """)
        let text = TextReport.render([result])
        #expect(text.contains("  expected: no state at all\n  actual:   CREATING, READY\n"), "\(text)")
    }

    /// What is done at the end is done before the checks of each way of a fork that ends the steps.
    @Test func aForkAtTheEndIsJudgedAfterFinally() async throws {
        let body = """
            steps:
              - fork: {one: [{aws: ListGateways}], two: [{aws: ListGateways}]}
            finally:
              - {http: "GET ${lab.github}/nowhere", as: bob, expect: {status: 404}}
            then:
              exchanges: [{from: bob, to: github, times: COUNT}]
            """
        let once = try await LanguageRunTests.run(body.replacing("COUNT", with: "1"))
        #expect(once.failures.map(\.sentence) == [])
        #expect(once.verdict == .held)
        #expect(try await LanguageRunTests.run(body.replacing("COUNT", with: "0")).verdict == .failed)
    }

    @Test func aWaitSaysWhichEndItCameTo() async throws {
        let result = try await LanguageRunTests.run(
            "steps:\n  - wait: {until: {sql: SELECT 1, expect: {rows: {count: 4}}}, within: 365d}\n")
        let hint = try #require(result.failures.first?.hint)
        #expect(hint.hasSuffix("of world time: a wait asks 10000 times at most; say a longer every"), "\(hint)")
        #expect(!hint.contains("365d"))
        #expect(result.failures.first?.actual == "1 items")
    }

    @Test func aWaitForAHostThatIsNotThereSaysSo() async throws {
        let result = try await LanguageRunTests.run(
            "steps:\n  - wait: {until: {http: GET https://nobody.example/, expect: {status: 200}}, within: 5s}\n")
        #expect(result.failures.first?.hint?.hasPrefix("no answer came: unknownHost") == true)
    }

    /// What did not go on is the cause; what `finally` misses may come of it.
    @Test func theCauseIsToldFirst() async throws {
        let result = try await LanguageRunTests.run(
            """
            with: {url: nonsense}
            steps: [{browser: "${url}", as: alice}]
            finally: [{aws: ListGateways, expect: {status: 418}}]
            """)
        #expect(result.failures.map(\.what) == ["this is no URL: nonsense", "status"])
        let http = try await LanguageRunTests.run("with: {url: 'a b'}\nsteps: [http: \"GET https://${url}/\"]\n")
        #expect(http.failures.first?.what == "this is no method and URL: GET https://a b/")
    }

    /// What a body, a label or a reason says moves no cursor, and is no order to GitHub Actions.
    @Test func whatIsShownIsNoOrder() async throws {
        let result = try await LanguageRunTests.run(
            #"""
            steps:
              - http: POST ${lab.github}/nowhere
                label: "one\n::error::x"
                body: "\e[2J\n  ::warning::y ##[error]z"
                expect: {status: 404, headers.x: "\e]0;title\a"}
            """#)
        let text = TextReport.render([result])
        #expect(!text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" }, "\(text)")
        for line in text.split(separator: "\n") { #expect(!line.drop { $0 == " " }.hasPrefix("::"), "\(line)") }
        #expect(text.contains("␛[2J") && text.contains("\\::error::x") && !text.contains("##[error]"))
        let skipped = try await LanguageRunTests.run("skip: \"a reason\\n::error::x\"\nsteps: [aws: ListGateways]\n")
        #expect(TextReport.render([skipped]).hasPrefix("skipped scenarios/s.yaml: s (a reason ::error::x)\n"))
    }

    @Test func aLongLabelIsCutAndALongLineShownWhereItMatters() async throws {
        let label = String(repeating: "x", count: 20_000)
        let result = try await LanguageRunTests.run(
            "steps:\n  - {aws: ListGateways, label: \(label), expect: {status: 418}}\n")
        let text = TextReport.render([result])
        #expect(text.utf8.count < 2000)
        let caret = try #require(text.split(separator: "\n").first { $0.hasSuffix("^^^^^^") })
        let line = try #require(text.split(separator: "\n").first { $0.contains("…") })
        #expect(line.count <= 80 && line.dropFirst(caret.count - 6).hasPrefix("status"))
    }

    /// A part of a secret is one that nobody knows: the whole line is masked before it is cut.
    @Test func aSecretIsNotCutOut() async throws {
        let secret = String(repeating: "sesame-open-", count: 12)
        let result = try await LanguageRunTests.run(
            "secrets: {word: \(secret)}\nsteps:\n  - {aws: ListGateways, label: \(secret), expect: {status: 418}}\n")
        #expect(!TextReport.render([result]).contains("sesame"))
    }

    @Test func mistakesAreErrorsForContinuousIntegration() throws {
        let source = Source(name: "scenarios/a/b.yaml", text: "scenario: <s>\nspec: [T2]\nsteps:\n  - awz: <x>\n")
        let (_, mistakes) = Library.load(sources: [source], root: Checkout.root)
        let told = mistakes.map(FileMistake.init)
        let none: [ScenarioResult] = []
        let junit = JUnitReport.render(none, mistakes: told)
        #expect(junit.contains("<testsuites tests=\"1\" failures=\"0\" errors=\"1\">"))
        #expect(junit.contains("classname=\"scenarios.a\" name=\"scenarios/a/b.yaml:4:5\" file=\"scenarios/a/b.yaml\""))
        #expect(junit.contains("<error message=\"no step is called &quot;awz&quot;\">"), "\(junit)")
        let annotation = GitHubReport.annotations(none, mistakes: told)
        #expect(annotation.hasPrefix("::error file=scenarios/a/b.yaml,line=4,col=5,title=mistake::no step is called"))
        let summary = GitHubReport.summary(none, mistakes: told)
        #expect(summary.contains("1 mistake, nothing was run") && summary.contains("| `scenarios/a/b.yaml:4:5` | no"))
        let tap = TAPReport.render(none, mistakes: told)
        let head = "TAP version 14\n1..1\nnot ok 1 - scenarios/a/b.yaml:4:5: no step is called \"awz\"\n  ---\n"
        #expect(tap.hasPrefix(head), "\(tap)")
        #expect(tap.hasSuffix("    hint: \"did you mean \\\"aws\\\"?\"\n  ...\n"), "\(tap)")
        let json = JSONReport.render(none, mistakes: told, run: [:])
        #expect(json["summary"]?["mistakes"] == 1 && json["summary"]?["scenarios"] == 0)
        #expect(json["mistakes"]?[0]?["file"] == "scenarios/a/b.yaml" && json["mistakes"]?[0]?["line"] == 4)
        #expect(FileMistake.all(of: json) == told)
        let page = HTMLReport.render(none, mistakes: told, run: [:])
        #expect(page.contains("<h1>1 mistake, nothing was run</h1>"))
        #expect(page.contains("awz: &lt;x&gt;") && page.contains("scenarios/a/b.yaml:4:5"), "\(page)")
    }
}
