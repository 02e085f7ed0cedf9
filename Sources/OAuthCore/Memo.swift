import Synchronization

/// Keeps the last answers to a question whose answer depends on nothing but its key: what a token says, whether a key
/// signed it.
///
/// Bounded: the oldest is forgotten. Times, issuers and audiences are judged anew each time and never kept.
final class Memo<Key: Hashable & Sendable, Value: Sendable>: Sendable {
    private struct Kept: Sendable {
        var values: [Key: Value] = [:]
        var order: [Key] = []
        /// Where the oldest stands once `order` is full.
        var next = 0
    }
    private let kept = Mutex(Kept())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    subscript(_ key: Key) -> Value? {
        get { kept.withLock { $0.values[key] } }
        set {
            guard let newValue else { return }
            kept.withLock { kept in
                guard kept.values.updateValue(newValue, forKey: key) == nil else { return }
                if kept.order.count < limit { return kept.order.append(key) }
                kept.values[kept.order[kept.next]] = nil
                kept.order[kept.next] = key
                kept.next = (kept.next + 1) % limit
            }
        }
    }
}

/// A token as a key: told apart by all of it, hashed by its end, which is its signature. The same bearer token is asked
/// about with every call.
package struct CompactToken: Hashable, Sendable {
    let text: String
    package init(_ text: String) { self.text = text }
    package func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { bytes in
            hasher.combine(bytes: UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(bytes).suffix(32)))
        }
    }
}
