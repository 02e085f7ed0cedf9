import Synchronization

/// Keeps the last answers to a question whose answer depends on nothing but its words: what a token says, whether a
/// key signed it. The same bearer token is asked about with every call.
///
/// Bounded: the oldest is forgotten. Times, issuers and audiences are judged anew each time and never kept.
final class TokenMemo<Value: Sendable>: Sendable {
    private struct Kept: Sendable {
        var values: [Words: Value] = [:]
        var order: [Words] = []
        /// Where the oldest stands once `order` is full.
        var next = 0
    }
    /// Told apart by all of them, hashed by their end: a token's signature.
    private struct Words: Hashable, Sendable {
        let text: String
        func hash(into hasher: inout Hasher) {
            var text = text
            text.withUTF8 { bytes in
                hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes).suffix(32)))
            }
        }
    }
    private let kept = Mutex(Kept())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    subscript(_ words: String) -> Value? {
        get { kept.withLock { $0.values[Words(text: words)] } }
        set {
            guard let newValue else { return }
            let words = Words(text: words)
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
