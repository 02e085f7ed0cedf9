import Synchronization

/// What happens once while a scripted party has a request in hand: how a test lets two calls cross without two threads.
package final class Interlude: Sendable {
    private let next = Mutex<(@Sendable () async -> Void)?>(nil)

    package init() {}

    /// For the next request; replaces what was meant for it.
    package func set(_ body: @escaping @Sendable () async -> Void) { next.withLock { $0 = body } }

    /// A party's first line when it answers.
    package func play() async {
        let body = next.withLock { next in
            defer { next = nil }
            return next
        }
        await body?()
    }
}
