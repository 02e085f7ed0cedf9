import Harness
import Kernel
import Reports
import Scenario
import Testing

/// That failures are told as a person needs them, on the default lab.
struct CheckTests {
    /// Runs a scenario whose steps stand here after the fragments of the repository.
    static func run(_ body: String, given: String = "[]") async throws -> ScenarioResult {
        let text = "scenario: s\nspec: [E1]\ngiven: \(given)\n\(body)"
        let (files, diagnostics) = Library.load(
            sources: [Source(name: "s.yaml", text: text)], root: Corpus.root)
        #expect(diagnostics.map(\.rendered) == [])
        let file = try #require(files.first)
        return await Runner(definition: try LabDefinition.load(named: "default", root: Corpus.root)).run(file, seed: 7)
    }

    @Test func failedExpectationShowsLineExpectedActualAndExchange() async throws {
        let result = try await Self.run(
            """
            steps:
              - aws: GetGateway
                with: {gatewayIdentifier: nobody-0123456789}
                expect: {status: 200, body.status: READY}
            """)
        #expect(result.verdict == .failed)
        let report = TextReport.render([result])
        #expect(report.contains("s.yaml:7:14"))
        #expect(report.contains("|              ^^^^^^"))
        #expect(report.contains("expected: 200"))
        #expect(report.contains("actual:   404"))
        #expect(report.contains("admin's AWS client -> aws GET /gateways/nobody-0123456789/ 404"))
        #expect(report.hasSuffix("1 scenario, 0 held, 1 failed\nagentcore-local run s.yaml --seed 7\n"))
    }

    @Test func unexpectedRefusalFailsAStepThatExpectsNothing() async throws {
        let result = try await Self.run(
            "steps:\n  - aws: GetGateway\n    with: {gatewayIdentifier: nobody-0123456789}\n")
        #expect(result.verdict == .failed)
        #expect(result.failures.first?.actual == "the answer was 404")
    }

    @Test func checkThatCouldNotBeExercisedNamesWhatWasMissing() async throws {
        let result = try await Self.run(
            """
            steps:
              - aws: ListGateways
            then:
              transitions: {"target X": [READY]}
              never: ["target X: READY"]
              tokens: [{issued-by: github}]
              exchanges: [{to: github}]
            """)
        #expect(result.verdict == .failed)
        #expect(
            result.failures.map(\.actual) == ["it never did", "it never did", "none was issued", "0"])
    }

    @Test(
        "From when a target asks for consent until it is granted",
        arguments: [
            ("CREATE_PENDING_AUTH", ["CREATE_PENDING_AUTH"]), ("FAILED", ["FAILED"]), ("CREATING", []), ("READY", []),
        ])
    func nothingComesBeforeConsent(_ state: String, _ early: [String]) async throws {
        let result = try await Self.run(
            """
            steps:
              - browser: ${adminConsent}
                as: admin
                decide: deny
                expect: {status: 400}
              - wait:
                  until:
                    aws: GetGatewayTarget
                    with: {gatewayIdentifier: "${gateway}", targetId: "${target}"}
                    expect: {body.status: FAILED}
            then:
              never: "target ${target}: \(state) before consent granted"
            """, given: "[github-provider, gateway, target-method-1]")
        #expect(result.failures.map { String($0.actual.prefix { $0 != " " }) } == early)
    }

    @Test func valueThatIsNotThereCannotBeSaved() async throws {
        let result = try await Self.run("steps:\n  - aws: ListGateways\n    save: {id: body.gatewayId}\n")
        #expect(result.verdict == .failed)
        #expect(result.failures.first?.hint?.hasPrefix("body has") == true)
    }

    @Test func reportsAgree() async throws {
        let result = try await Self.run("steps:\n  - aws: ListGateways\n    expect: {status: {not: 200}}\n")
        let json = JSONReport.render([result], run: ["seconds": 1])
        #expect(json["summary"] == ["scenarios": 1, "held": 0, "failed": 1, "errors": 0, "skipped": 0])
        #expect(json["scenarios"]?[0]?["failures"]?[0]?["line"] == 6)
        #expect(JUnitReport.render([result]).contains("<testsuites tests=\"1\" failures=\"1\" errors=\"0\">"))
        #expect(TAPReport.render([result]).hasPrefix("TAP version 14\n1..1\nnot ok 1 - s.yaml: s\n"))
    }
}
