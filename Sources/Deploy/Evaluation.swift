import Kernel
import Scenario
import Synchronization

/// What a template's expressions have come to so far. A few lines can ask for more than any machine has: conditions
/// that name others twice each, texts that are put into themselves.
final class Evaluation: Sendable {
    private struct State {
        var conditions: [String: Bool] = [:]
        var bytes = 0
    }
    private let state: Mutex<State>

    /// All that functions give in one look at a template. Its body has at most a megabyte, and so has what its macros
    /// make of it (AWS CloudFormation user guide, "CloudFormation quotas"); a function inside another counts again.
    static let mostBytes = 32 << 20

    init() { state = Mutex(State()) }

    /// The next look at the same template: what holds is known, and there is room again.
    init(after other: Evaluation) {
        state = Mutex(State(conditions: other.state.withLock(\.conditions)))
    }

    func known(_ condition: String) -> Bool? { state.withLock { $0.conditions[condition] } }
    func note(_ condition: String, holds: Bool) { state.withLock { $0.conditions[condition] = holds } }

    /// Whether it has been told already that there is too much.
    var isSpent: Bool { state.withLock { $0.bytes > Self.mostBytes } }

    func take(_ count: Int, at place: Place) throws(Diagnostic) {
        let isSpent = state.withLock { state in
            let (sum, isBeyond) = state.bytes.addingReportingOverflow(count)
            state.bytes = isBeyond ? .max : sum
            return state.bytes > Self.mostBytes
        }
        if isSpent {
            throw Diagnostic(place, "the functions of the template come to more than \(Self.mostBytes) bytes")
        }
    }

    func take(_ value: JSONValue, at place: Place) throws(Diagnostic) {
        switch value {
        case .string(let text): try take(text.utf8.count + 1, at: place)
        case .array(let items): for item in items { try take(item, at: place) }
        case .object(let object):
            for member in object.members {
                try take(member.name.utf8.count, at: place)
                try take(member.value, at: place)
            }
        default: try take(1, at: place)
        }
    }
}
