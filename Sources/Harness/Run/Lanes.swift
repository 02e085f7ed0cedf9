import Dispatch
import Foundation
import Synchronization

/// Works through many independent runs on a few threads.
///
/// Each thread is a lane that plays several runs by turns, an exchange of each: what one exchange needs of the program
/// is then still in the processor's caches for the same exchange of the next run. A lane keeps its runs to their end,
/// so none of them moves from core to core.
package struct Lanes: Sendable {
    /// Threads, at least 1.
    let count: Int
    /// Runs that a lane plays by turns, at least 1.
    let abreast: Int

    /// Eight share most of what can be shared; more of them need more memory, and their own data leaves the caches.
    package static let usual = 8

    package init(_ count: Int, abreast: Int = Lanes.usual) {
        self.count = max(1, count)
        self.abreast = max(1, abreast)
    }

    /// Does `work` for 0, 1, … up to `total`, beginning them in this order, and tells `onEach` as each ends. Once a
    /// result is the `last` wanted, none is begun.
    ///
    /// A lane takes its next run itself, the moment one ends: runs that began together go on exchange by exchange
    /// together.
    /// - Throws: What `work` or `onEach` throws first; those under way are ended before.
    package func work<Result: Sendable>(
        _ total: Int, _ work: @escaping @Sendable (Int) async throws -> Result,
        until last: @escaping @Sendable (Result) -> Bool = { _ in false }, onEach: (Int, Result) throws -> Void
    ) async throws {
        let lanes = (0..<min(count, max(1, total))).map { _ in Lane() }
        defer { for lane in lanes { lane.close() } }
        let players = (0..<abreast).flatMap { _ in lanes }.prefix(total)
        let left = RunsLeft(total, players: players.count)
        let (ended, results) = AsyncStream<(index: Int, result: Result)>.makeStream()
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { left.end() }
            for lane in players {
                group.addTask(executorPreference: lane) {
                    defer { if left.stop() { results.finish() } }
                    do {
                        try await Lane.$current.withValue(lane) {
                            while let index = left.next() {
                                let result = try await work(index)
                                if last(result) { left.end() }
                                results.yield((index, result))
                            }
                        }
                    } catch {
                        left.end()
                        throw error
                    }
                }
            }
            if players.isEmpty { results.finish() }
            for await (index, result) in ended { try onEach(index, result) }
            try await group.waitForAll()
        }
    }
}

/// Which run is begun next, and how many play them.
private final class RunsLeft: Sendable {
    private let state: Mutex<(next: Int, total: Int, players: Int)>

    init(_ total: Int, players: Int) { state = Mutex((0, total, players)) }

    func next() -> Int? {
        state.withLock { state in
            guard state.next < state.total else { return nil }
            defer { state.next += 1 }
            return state.next
        }
    }

    /// None is begun from now on.
    func end() { state.withLock { $0.total = 0 } }

    /// A player has ended: whether it was the last of them.
    func stop() -> Bool {
        state.withLock { state in
            state.players -= 1
            return state.players == 0
        }
    }
}

/// A thread that takes tasks in the order in which they can go on.
final class Lane: TaskExecutor {
    private struct State {
        var waiting: [UnownedJob] = []
        /// Tasks that let the others go on first.
        var givers: [UnsafeContinuation<Void, Never>] = []
        /// How often others have gone on since they were asked last.
        var rounds = 0
        var sleeps = false
        var isClosed = false
    }
    /// A task that only yields would never let them go on.
    private static let mostRounds = 10_000
    private let state = Mutex(State())
    private let bell = DispatchSemaphore(value: 0)
    /// The lane that a task plays on; nil on any other thread.
    @TaskLocal static var current: Lane?

    init() {
        let thread = Thread { [self] in
            var jobs: [UnownedJob] = []
            var givers: [UnsafeContinuation<Void, Never>] = []
            while next(&jobs, &givers) {
                for job in jobs { job.runSynchronously(on: asUnownedTaskExecutor()) }
            }
        }
        thread.stackSize = 8 << 20
        thread.start()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        wake { $0.waiting.append(job) }
    }

    /// Lets the other tasks of this lane go on, and comes back. `Task.yield` would ask which executor this is, and be
    /// queued twice: it costs more than a small exchange does.
    func giveWay() async {
        await withUnsafeContinuation { giver in wake { $0.givers.append(giver) } }
    }

    func close() { wake { $0.isClosed = true } }

    private func wake(_ change: (inout State) -> Void) {
        let slept = state.withLock { state in
            change(&state)
            defer { state.sleeps = false }
            return state.sleeps
        }
        if slept { bell.signal() }
    }

    /// Exchanges what was done for all that can go on, so that no list is ever made anew; false at the end.
    private func next(_ jobs: inout [UnownedJob], _ givers: inout [UnsafeContinuation<Void, Never>]) -> Bool {
        jobs.removeAll(keepingCapacity: true)
        while true {
            givers.removeAll(keepingCapacity: true)
            let isClosed = state.withLock { state in
                swap(&state.waiting, &jobs)
                state.rounds += 1
                if jobs.isEmpty || state.rounds > Self.mostRounds {
                    swap(&state.givers, &givers)
                    state.rounds = 0
                }
                state.sleeps = jobs.isEmpty && givers.isEmpty && !state.isClosed
                return state.isClosed
            }
            for giver in givers { giver.resume() }
            if !jobs.isEmpty { return true }
            guard givers.isEmpty else { continue }
            if isClosed { return false }
            bell.wait()
        }
    }
}
