import Synchronization

/// Lets several courses of action go on one at a time: each waits before every request it sends, in whoever's name,
/// and one of those that wait is let through. Which one is the caller's choice, so that a seed decides the order and
/// the same seed gives the same bytes.
package final class Turnstile: Sendable {
    /// Which course the current task belongs to.
    package struct Pass: Sendable {
        let turnstile: Turnstile
        let branch: Int
    }
    @TaskLocal package static var pass: Pass?

    private struct State {
        var live: Int
        var parked: [(branch: Int, go: CheckedContinuation<Void, Never>)] = []
    }
    private let state: Mutex<State>
    private let choose: @Sendable (Int) -> Int
    private let onTurn: @Sendable (Int) -> Void

    /// - Parameters:
    ///   - branches: how many courses there are.
    ///   - onTurn: hears which course goes on, before it does.
    ///   - choose: the place of the next one among so many that wait, from 0.
    package init(
        branches: Int, onTurn: @escaping @Sendable (Int) -> Void = { _ in }, choose: @escaping @Sendable (Int) -> Int
    ) {
        state = Mutex(State(live: branches))
        self.onTurn = onTurn
        self.choose = choose
    }

    /// Goes one course to its end. All must be begun, else those that were wait for ever.
    package func go<Value: Sendable>(_ branch: Int, _ body: () async -> Value) async -> Value {
        await park(branch)
        let value = await Turnstile.$pass.withValue(Pass(turnstile: self, branch: branch)) { await body() }
        leave()
        return value
    }

    /// Waits for its turn, if the current task is one of several courses.
    package static func wait() async {
        guard let pass else { return }
        await pass.turnstile.park(pass.branch)
    }

    private func park(_ branch: Int) async {
        await withCheckedContinuation { continuation in
            let next = state.withLock { state in
                state.parked.append((branch, continuation))
                return self.next(&state)
            }
            next?.resume()
        }
    }

    private func leave() {
        let next = state.withLock { state in
            state.live -= 1
            return self.next(&state)
        }
        next?.resume()
    }

    /// Nobody is let through while somebody is under way.
    private func next(_ state: inout State) -> CheckedContinuation<Void, Never>? {
        guard !state.parked.isEmpty, state.parked.count == state.live else { return nil }
        // In which order they came may be the host's doing.
        state.parked.sort { $0.branch < $1.branch }
        let place = state.parked.count == 1 ? 0 : choose(state.parked.count)
        let next = state.parked.remove(at: min(max(0, place), state.parked.count - 1))
        onTurn(next.branch)
        return next.go
    }
}
