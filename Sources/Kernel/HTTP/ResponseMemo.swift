import Synchronization

/// Answers that never change, written once for all labs of a definition: metadata documents above all.
///
/// No part of the value that holds it: any two are equal.
package final class ResponseMemo: Sendable, Hashable {
    private let kept = Mutex<[(key: String, response: Response)]>([])
    /// Labs of one definition differ in their addresses at most.
    private static let most = 16

    package init() {}

    /// The answer under a key that names everything it depends on.
    package func response(_ key: String, _ make: () -> Response) -> Response {
        if let known = kept.withLock({ kept in kept.first { areSame($0.key, key) } }) { return known.response }
        let response = make()
        kept.withLock { kept in
            if kept.count == Self.most { kept.removeFirst() }
            kept.append((key, response))
        }
        return response
    }

    package static func == (left: ResponseMemo, right: ResponseMemo) -> Bool { true }
    package func hash(into hasher: inout Hasher) {}
}
