package import Kernel
import Synchronization

/// Gives a party's answer. Throwing breaks the connection without an answer, as a lost answer does.
package typealias PartyAnswer = @Sendable (Request, Party) async throws -> Response

/// Where requests wait until there is a lab to answer them: ports are bound first, the lab is built after.
final class AnswerDesk: Sendable {
    /// What answers, and who may ask.
    struct Counter: Sendable {
        let answer: PartyAnswer
        let callers: CallerGuard
    }
    private enum State {
        case closed(waiting: [CheckedContinuation<Counter?, Never>])
        case open(Counter)
        /// There is no lab, and there will be none.
        case gone
    }
    private let state = Mutex(State.closed(waiting: []))
    /// Answers that are streams and still go on.
    private let opened = ChangeSignal()
    private let waiter = ChangeSignal.Waiter()
    private let streams = Mutex<(open: [ObjectIdentifier: EventStream], isOver: Bool)>(([:], false))

    /// Returns at once when the desk is open; nil when it never will be.
    func counter() async -> Counter? {
        if let counter { return counter }
        return await withCheckedContinuation { continuation in
            let isWaiting = state.withLock { state in
                guard case .closed(let waiting) = state else { return false }
                state = .closed(waiting: waiting + [continuation])
                return true
            }
            if !isWaiting { continuation.resume(returning: counter) }
        }
    }

    private var counter: Counter? {
        state.withLock { if case .open(let counter) = $0 { counter } else { nil } }
    }

    func open(_ answer: @escaping PartyAnswer, guardedBy callers: CallerGuard) {
        let counter = Counter(answer: answer, callers: callers)
        become(.open(counter), telling: counter)
    }

    /// Whoever waits for a lab that cannot be had would wait for ever, and the server for them.
    func refuse() { become(.gone, telling: nil) }

    private func become(_ new: State, telling counter: Counter?) {
        let waiting: [CheckedContinuation<Counter?, Never>] = state.withLock { state in
            defer { state = new }
            if case .closed(let waiting) = state { return waiting }
            return []
        }
        for continuation in waiting { continuation.resume(returning: counter) }
    }

    func opened(_ stream: EventStream) {
        let isOver = streams.withLock { streams in
            streams.open[ObjectIdentifier(stream)] = stream
            return streams.isOver
        }
        if isOver { stream.stop() }
        opened.raise()
    }

    /// Calls `beat` every now and then while any stream is open: its client sends nothing that would move the lab.
    func beat(_ beat: @Sendable () async -> Void) async throws {
        while !Task.isCancelled, !waiter.isStopped {
            let count = opened.count
            if streams.withLock({ $0.open.isEmpty }) {
                await opened.wait(after: count, as: waiter)
            } else {
                try await Task.sleep(for: Self.pause)
                await beat()
            }
        }
    }

    private static let pause = Duration.milliseconds(100)

    func closed(_ stream: EventStream) {
        streams.withLock { _ = $0.open.removeValue(forKey: ObjectIdentifier(stream)) }
    }

    /// Ends every stream: whoever stops serving does not wait for events that never come.
    func endStreams() {
        let open = streams.withLock { streams in
            streams.isOver = true
            return Array(streams.open.values)
        }
        opened.stop(waiter)
        for stream in open { stream.stop() }
    }
}
