import HTTPTypes
import Harness
import Kernel
import Scenario
import Synchronization
import TestSupport
import Testing

/// Runs of a lane take turns, an exchange each; the runner says when.
@Suite(.serialized)
struct TurnsTests {
    /// Every file waits in its first step until all have begun, so nothing depends on which thread is quick.
    private static let text = "scenario: s\nspec: [T2]\nsteps:\n  - probe: first\n  - probe: second\n  - probe: third\n"
    private static let asking = "scenario: s\nspec: [T2]\nsteps:\n  - probe: first\n  - probe: ask\n  - probe: third\n"

    private func order(
        of count: Int, _ text: String = text, failFast: Bool = false, settings: RunSettings = RunSettings()
    ) async throws -> [String] {
        var vocabulary = Vocabulary()
        vocabulary.steps = [ProbeStep.self]
        let files = try (0..<count).map { number in
            let (file, mistakes) = ScenarioReader(vocabulary).read(Source(name: "\(number).yaml", text: text))
            #expect(mistakes.map(\.rendered) == [])
            return try #require(file)
        }
        let definition = try LabDefinition.load(named: "default", root: Checkout.root)
        ProbeStep.begin(awaited: failFast ? 1 : count)
        let runner = Runner(definitions: [definition.name: definition], settings: settings)
        let results = await runner.run(files, jobs: 1, failFast: failFast)
        #expect(results.map(\.verdict) == Array(repeating: .held, count: count))
        return ProbeStep.done
    }

    @Test func runsYieldBetweenTheirSteps() async throws {
        let expected = ["first", "second", "third"].flatMap { Array(repeating: $0, count: 3) }
        #expect(try await order(of: 3) == expected)
    }

    @Test func runsYieldBetweenTheirExchanges() async throws {
        let parts = ["first", "asks", "was answered", "ask", "third"]
        let expected = parts.flatMap { Array(repeating: $0, count: 2) }
        #expect(try await order(of: 2, Self.asking) == expected)
    }

    /// Each takes ten seconds for itself and waits ten for the other one, in the midst of a step.
    @Test func whatOthersTookIsNotCounted() async throws {
        var settings = RunSettings()
        settings.guardian = .init(limit: .seconds(15)) { ProbeStep.hostTime }
        _ = try await order(of: 2, Self.asking, settings: settings)
        #expect(ProbeStep.hostTime == Instant(milliseconds: 20_000))
    }

    /// After a failure nothing else is to be under way, so nothing is beside it.
    @Test func withFailFastARunHasItsLaneForItself() async throws {
        let expected = Array(repeating: ["first", "second", "third"], count: 3).flatMap { $0 }
        #expect(try await order(of: 3, failFast: true) == expected)
    }
}

/// Notes that it was done. The first of a file waits for the others; one that asks also notes when it goes on, and
/// takes ten seconds of the host's time after its answer.
private struct ProbeStep: LabStep {
    static let keyword = "probe"
    private static let state = Mutex<(awaited: Int, begun: Int, done: [String])>((1, 0, []))
    private static let clock = VirtualClock(now: Instant(milliseconds: 0))
    static var hostTime: Instant { clock.now }
    private let name: String
    let expectations: Expectations
    let saves: Saves

    static func begin(awaited: Int) {
        state.withLock { $0 = (awaited, 0, []) }
        clock.restore(now: Instant(milliseconds: 0), alarms: [], skews: [:])
    }
    static var done: [String] { state.withLock { $0.done } }

    init?(_ node: StepNode, _ reading: inout Reading) {
        name = node.value.scalarText ?? ""
        expectations = Expectations(nil, roots: [], &reading)
        saves = Saves(nil, roots: [], &reading)
    }

    func perform(in run: ScenarioRun) async throws -> JSONValue {
        if name == "first" {
            Self.state.withLock { $0.begun += 1 }
            while Self.state.withLock({ $0.begun < $0.awaited }) { await Task.yield() }
        }
        if name == "ask" {
            Self.state.withLock { $0.done.append("asks") }
            let keys = Request(.get, "\(run.lab.addresses.origin(of: .idp))/.well-known/jwks.json")
            #expect(await run.send(keys, from: .outside)["status"] != nil)
            Self.clock.addDelay(.seconds(10))
            Self.state.withLock { $0.done.append("was answered") }
            _ = await run.send(keys, from: .outside)
        }
        Self.state.withLock { $0.done.append(name) }
        return [:]
    }
}
