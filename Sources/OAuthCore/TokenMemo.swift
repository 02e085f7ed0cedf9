import Synchronization

/// Keeps the last answers to a question whose answer depends on nothing but its words: what a token says, whether a
/// key signed it. The same bearer token is asked about with every call.
///
/// Bounded: the oldest is forgotten. Times, issuers and audiences are judged anew each time and never kept.
final class TokenMemo<Value: Sendable>: Sendable {
    private struct Kept: Sendable {
        var values: [String: Value] = [:]
        var order: [String] = []
        /// Where the oldest stands once `order` is full.
        var next = 0
    }
    private let kept = Mutex(Kept())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    subscript(_ words: String) -> Value? {
        get { kept.withLock { $0.values[words] } }
        set {
            guard let newValue else { return }
            kept.withLock { kept in
                guard kept.values.updateValue(newValue, forKey: words) == nil else { return }
                if kept.order.count < limit { return kept.order.append(words) }
                kept.values[kept.order[kept.next]] = nil
                kept.order[kept.next] = words
                kept.next = (kept.next + 1) % limit
            }
        }
    }
}
