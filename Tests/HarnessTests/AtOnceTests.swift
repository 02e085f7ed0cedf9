import HTTPTypes
import Harness
import Kernel
import Synchronization
import Testing

/// A served lab while several requests are answered at once: its time, its people.
struct AtOnceTests {
    private static func lab() throws -> ControlledLab {
        try ControlledLab { $0.addressing = .served(origins: LabFixture.served) }
    }

    /// Says to several tasks when it is enough.
    private final class Flag: Sendable {
        private let raised = Atomic(false)
        var isRaised: Bool { raised.load(ordering: .relaxed) }
        func raise() { raised.store(true, ordering: .relaxed) }
    }

    /// Three look at the lab, as other requests do, until `body` is done.
    private static func whileOthersLook(
        at lab: Lab, _ body: @escaping @Sendable () async throws -> Void
    ) async throws {
        let start = lab.clock.now
        let end = Flag()
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            for _ in 0..<3 {
                tasks.addTask {
                    while !end.isRaised {
                        await lab.follow(host: start)
                        await Task.yield()
                    }
                }
            }
            tasks.addTask {
                defer { end.raise() }
                try await body()
            }
            try await tasks.waitForAll()
        }
    }

    @Test func aSpanPassesOnceHoweverManyLook() async throws {
        let lab = try Self.lab().lab
        let start = lab.clock.now
        try await Self.whileOthersLook(at: lab) {
            await withTaskGroup(of: Void.self) { movers in
                for _ in 0..<4 {
                    movers.addTask { for _ in 0..<100 { await lab.advance(by: .minutes(1)) } }
                }
            }
        }
        #expect(lab.clock.offset == .minutes(400))
        #expect(lab.clock.now == start + .minutes(400))
    }

    /// A person has one browser: two walks at once go through it one after the other.
    @Test func onePersonSignsInOnceAtATime() async throws {
        for _ in 0..<10 {
            let lab = try Self.lab()
            try await withThrowingTaskGroup(of: String?.self) { callers in
                for _ in 0..<6 {
                    callers.addTask {
                        let answer = await lab.call(.post, "/_local/sign-in", ["user": "alice", "client": "web"])
                        return answer.status == 200 ? nil : answer.bodyText
                    }
                }
                for try await mistake in callers { #expect(mistake == nil) }
            }
        }
    }

    /// An alarm that another one has taken out is dealt with before time has passed for anybody, and before the next.
    @Test func whoMovesTheTimeFindsDoneWhatWasDue() async throws {
        let lab = try Self.lab().lab
        try await Self.whileOthersLook(at: lab) {
            for round in 0..<6 {
                for number in 1...800 {
                    let due = lab.clock.now + Span(milliseconds: Int64(number))
                    lab.clock.schedule(Alarm(due: due, party: .outside, label: "\(round * 800 + number)"))
                }
                await lab.advance(by: .seconds(1))
                let rung = lab.store.journal().compactMap { entry -> Int? in
                    if case .alarm(let alarm) = entry.event { Int(alarm.label) } else { nil }
                }
                #expect(rung == Array(1...(round * 800 + 800)))
            }
        }
    }
}
