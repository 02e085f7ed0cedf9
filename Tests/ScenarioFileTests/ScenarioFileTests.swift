import Harness
import Kernel
import Reports
import Scenario
import Testing

struct ScenarioFileTests {
    @Test func everyFileIsFreeOfMistakes() {
        for diagnostic in Corpus.loaded.1 {
            Issue.record("\(diagnostic.rendered)", sourceLocation: diagnostic.place.sourceLocation)
        }
        #expect(!Corpus.cases.isEmpty)
    }

    @Test(arguments: Corpus.cases)
    func scenarioHolds(_ scenario: ScenarioCase) async throws {
        let result = await (try Corpus.runner()).run(scenario.file)
        for failure in result.failures {
            let place = failure.place ?? scenario.file.place
            Issue.record("\(TextReport.render(failure))", sourceLocation: place.sourceLocation)
        }
        #expect(result.verdict == .held)
    }

    /// With a rule off that a scenario claims to prove, the scenario must notice.
    @Test(arguments: Corpus.mutations)
    func scenarioFailsWithoutItsRule(_ mutation: Mutation) async throws {
        let result = await (try Corpus.runner()).run(mutation.file, rulesOff: [mutation.rule.name])
        if result.verdict != .failed {
            Issue.record(
                "it ends as \(result.verdict) without \(mutation.rule.name)",
                sourceLocation: mutation.rule.place.sourceLocation)
        }
    }

    @Test(arguments: Corpus.cases)
    func sameSeedGivesTheSameBytes(_ scenario: ScenarioCase) async throws {
        let runner = try Corpus.runner()
        let first = await runner.run(scenario.file, seed: 7)
        let second = await runner.run(scenario.file, seed: 7)
        let other = await runner.run(scenario.file, seed: 8)
        #expect(TraceText(first.journal).rendered == TraceText(second.journal).rendered)
        #expect(first.journal.elementsEqual(second.journal))
        // A run in which nobody draws anything, not even a code or a token, is the same for every seed.
        if first.tokenCount > 0 { #expect(first.traceSeal != other.traceSeal) }
        #expect(first.verdict == other.verdict)
    }

    @Test func parallelRunsDoNotDisturbEachOther() async throws {
        let runner = try Corpus.runner()
        let alone = await runner.run(Corpus.loaded.0, jobs: 1, seed: 3)
        let together = await runner.run(Corpus.loaded.0, jobs: 8, seed: 3)
        #expect(alone.map(\.journal) == together.map(\.journal))
        let reports = [alone, together].map { JSONReport.render($0, run: [:]).text }
        #expect(reports[0] == reports[1])
    }

    /// What a party kept of the JSON it wrote is what a reader of the bytes finds.
    @Test func answersSayWhatTheirBytesSay() async throws {
        let results = await (try Corpus.runner()).run(Corpus.loaded.0, jobs: 2)
        for entry in results.flatMap(\.journal) {
            guard case .exchange(let exchange) = entry.event, case .answered(let response) = exchange.outcome else {
                continue
            }
            let read = try? JSONValue(parsing: response.body)
            if response.json != read { Issue.record("\(exchange.to) \(exchange.request.path): \(response.bodyText)") }
        }
    }

    /// No trace and no report shows a token, a verifier or a secret.
    @Test(arguments: Corpus.cases)
    func tracesShowNoSecret(_ scenario: ScenarioCase) async throws {
        let result = await (try Corpus.runner()).run(scenario.file)
        let trace = TraceText(result.journal).rendered
        for entry in result.journal {
            if case .token(.issued(let birth)) = entry.event { #expect(!trace.contains(birth.value.exposed)) }
        }
        #expect(!trace.contains("agentcore-local-secret"))
    }
}
