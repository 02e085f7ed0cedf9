import Synchronization

/// Conversations with targets that wait for a caller. In memory: a connection does not survive its process.
final class LiveConversations: Sendable {
    private enum Place {
        case waiting(Relay, Relay.Held)
        /// An answer is with the target, and what that says is yet to come.
        case underWay
    }
    enum Taken {
        case waiting(Relay, Relay.Held)
        /// Another answer came first.
        case underWay
        /// It was of an earlier process, or is over.
        case gone
    }
    private let places = Mutex<[String: Place]>([:])
    init() {}
    func keep(_ id: String, _ relay: Relay, _ conversation: Relay.Held) {
        places.withLock { $0[id] = .waiting(relay, conversation) }
    }
    /// Whoever gets the conversation goes on with it, and forgets it in the end.
    func take(_ id: String) -> Taken {
        places.withLock { places in
            switch places[id] {
            case .waiting(let relay, let held)?:
                places[id] = .underWay
                return .waiting(relay, held)
            case .underWay?: return .underWay
            case nil: return .gone
            }
        }
    }
    func forget(_ id: String) { places.withLock { $0[id] = nil } }
    /// Forgets it unless it is under way; false if it is.
    func giveUp(_ id: String) -> Bool {
        places.withLock { places in
            if case .underWay? = places[id] { return false }
            places[id] = nil
            return true
        }
    }
}
