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

    /// Does `work` for 0, 1, … up to `total`, beginning them in this order, and tells `onEach` as each ends. Once
    /// `onEach` has said no, none is begun.
    package func work<Result: Sendable>(
        _ total: Int, _ work: @escaping @Sendable (Int) async throws -> Result, onEach: (Int, Result) throws -> Bool
    ) async throws {
        let lanes = (0..<min(count, max(1, total))).map { _ in Lane() }
        defer { for lane in lanes { lane.close() } }
        try await withThrowingTaskGroup(of: (index: Int, lane: Int, result: Result).self) { group in
            var next = 0
            var goesOn = true
            func begin(in lane: Int) {
                guard next < total, goesOn else { return }
                let index = next
                next += 1
                group.addTask(executorPreference: lanes[lane]) { (index, lane, try await work(index)) }
            }
            for _ in 0..<abreast {
                for lane in lanes.indices { begin(in: lane) }
            }
            for try await (index, lane, result) in group {
                if try !onEach(index, result) { goesOn = false }
                begin(in: lane)
            }
        }
    }
}

/// A thread that takes tasks in the order in which they can go on.
private final class Lane: TaskExecutor {
    private struct State {
        var waiting: [UnownedJob] = []
        var sleeps = false
        var isClosed = false
    }
    private let state = Mutex(State())
    private let bell = DispatchSemaphore(value: 0)

    init() {
        let thread = Thread { [self] in
            var jobs: [UnownedJob] = []
            while next(&jobs) {
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

    func close() { wake { $0.isClosed = true } }

    private func wake(_ change: (inout State) -> Void) {
        let slept = state.withLock { state in
            change(&state)
            defer { state.sleeps = false }
            return state.sleeps
        }
        if slept { bell.signal() }
    }

    /// Exchanges what was done for all that can go on, so that neither list is ever made anew; false at the end.
    private func next(_ jobs: inout [UnownedJob]) -> Bool {
        jobs.removeAll(keepingCapacity: true)
        while true {
            let isClosed = state.withLock { state in
                swap(&state.waiting, &jobs)
                state.sleeps = jobs.isEmpty && !state.isClosed
                return state.isClosed
            }
            if !jobs.isEmpty { return true }
            if isClosed { return false }
            bell.wait()
        }
    }
}
