import Synchronization

/// Tells those who wait that something happened in a lab: an exchange, an alarm. It does not say what.
package final class ChangeSignal: Sendable {
    /// Somebody who waits, one wait at a time, and may be told to stop for good.
    package final class Waiter: Sendable {
        fileprivate let stopped = Atomic(false)
        package init() {}
        package var isStopped: Bool { stopped.load(ordering: .acquiring) }
    }

    private struct State {
        var count = 0
        /// The highest that `reach` was told.
        var reached = 0
        var waiting: [ObjectIdentifier: CheckedContinuation<Void, Never>] = [:]
    }
    private let state = Mutex(State())

    package init() {}

    /// How often it was raised: read before looking, given to `wait` afterwards, so that nothing is missed between.
    package var count: Int { state.withLock { $0.count } }

    package func raise() { tell { _ in true } }

    /// Raises it if so many changes are more than anybody told before: what did not change wakes nobody, and who comes
    /// late with fewer has nothing new to tell.
    package func reach(_ changes: Int) {
        tell { state in
            guard changes > state.reached else { return false }
            state.reached = changes
            return true
        }
    }

    private func tell(_ isNew: (inout State) -> Bool) {
        let waiting = state.withLock { state in
            guard isNew(&state) else { return [CheckedContinuation<Void, Never>]() }
            state.count += 1
            guard !state.waiting.isEmpty else { return [CheckedContinuation<Void, Never>]() }
            defer { state.waiting = [:] }
            return Array(state.waiting.values)
        }
        for continuation in waiting { continuation.resume() }
    }

    /// Returns when it was raised since it stood at `count`, or when the waiter is stopped.
    package func wait(after count: Int, as waiter: Waiter) async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                guard state.count == count, !waiter.isStopped else { return true }
                state.waiting[ObjectIdentifier(waiter)] = continuation
                return false
            }
            if isOver { continuation.resume() }
        }
    }

    /// The waiter waits no more, now and later.
    package func stop(_ waiter: Waiter) {
        // The flag first: a wait that begins now sees it under the lock.
        waiter.stopped.store(true, ordering: .releasing)
        state.withLock { $0.waiting.removeValue(forKey: ObjectIdentifier(waiter)) }?.resume()
    }
}
