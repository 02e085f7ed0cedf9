import Synchronization

/// Lets nothing be done for a name while something is done for it: others wait, in the order in which they came.
///
/// A person has one browser, and two walks through its cookies would disturb each other.
final class OneAtATime: Sendable {
    /// Who waits for each name for which something is done.
    private let waiting = Mutex<[String: [CheckedContinuation<Void, Never>]]>([:])

    func go<Value>(_ name: String, _ body: () async throws -> Value) async rethrows -> Value {
        await enter(name)
        defer { leave(name) }
        return try await body()
    }

    private func enter(_ name: String) async {
        await withCheckedContinuation { continuation in
            let isFree = waiting.withLock { waiting in
                guard let others = waiting[name] else {
                    waiting[name] = []
                    return true
                }
                waiting[name] = others + [continuation]
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    private func leave(_ name: String) {
        let next: CheckedContinuation<Void, Never>? = waiting.withLock { waiting in
            guard let others = waiting[name], let next = others.first else {
                waiting[name] = nil
                return nil
            }
            waiting[name] = Array(others.dropFirst())
            return next
        }
        next?.resume()
    }
}
