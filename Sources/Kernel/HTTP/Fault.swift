import HTTPTypes
import Synchronization

/// Something that goes wrong on purpose. Never by chance: it strikes the first N matching requests, or all.
package struct Fault: Sendable, Hashable {
    package let name: String
    package let party: Party
    /// `POST /login/oauth/access_token`, or only a path; nil strikes every request. A final slash does not matter.
    package let operation: String?
    package let effect: Effect
    /// How many requests it strikes; nil for all until it is removed.
    package var first: Int?

    package enum Effect: Sendable, Hashable {
        case answer(Response)
        case delay(Span)
        /// No answer at all; the party never sees the request.
        case drop
        /// The party sees the request twice; the second answer is given.
        case duplicate
        /// The party acts, the answer is lost.
        case truncate
    }

    package init(name: String, party: Party, operation: String?, effect: Effect, first: Int?) {
        self.name = name
        self.party = party
        self.operation = operation
        self.effect = effect
        self.first = first
    }

    func strikes(_ party: Party, _ request: Request) -> Bool {
        guard party == self.party, first != 0 else { return false }
        guard let operation else { return true }
        let words = operation.split(separator: " ")
        let path = Self.withoutFinalSlash(words.last.map(String.init) ?? "")
        return Self.withoutFinalSlash(request.path) == path && (words.count < 2 || words[0] == request.method.rawValue)
    }

    private static func withoutFinalSlash(_ path: String) -> Substring {
        path.count > 1 && path.hasSuffix("/") ? path.dropLast() : path[...]
    }
}

/// The faults that are set, by name.
package final class FaultBoard: Sendable {
    private let faults = Mutex<[Fault]>([])

    package init() {}

    /// Adds, or replaces the one of the same name.
    package func put(_ fault: Fault) {
        faults.withLock { faults in
            faults.removeAll { $0.name == fault.name }
            faults.append(fault)
        }
    }
    /// - Parameter name: nil removes all.
    package func remove(_ name: String?) { faults.withLock { $0.removeAll { name == nil || $0.name == name } } }
    package var all: [Fault] { faults.withLock { $0 } }
    package func replaceAll(by others: [Fault]) { faults.withLock { $0 = others } }

    /// The fault that strikes this request, counted down.
    func take(for party: Party, _ request: Request) -> Fault? {
        faults.withLock { faults in
            guard let place = faults.firstIndex(where: { $0.strikes(party, request) }) else { return nil }
            let fault = faults[place]
            if let left = fault.first { faults[place].first = left - 1 }
            return fault
        }
    }
}
