import AWSCore
import Kernel

/// The life of a gateway: CREATING, READY, UPDATING, READY, DELETING, gone (ledger `gateway-statuses`).
enum GatewayMachine: StateMachine {
    struct State: Hashable, Sendable, Codable {
        let status: GatewayStatus
        init(_ status: GatewayStatus) { self.status = status }
    }

    enum Event: Hashable, Sendable, Codable {
        /// What a create or an update began is done.
        case worked
        case update
        case delete
    }

    enum Effect: Hashable, Sendable {}

    /// The gateway is busy.
    struct Rejection: Error, Hashable {
        let status: GatewayStatus
    }

    static func reduce(_ state: State, _ event: Event) throws(Rejection) -> (State, [Effect]) {
        switch (event, state.status) {
        case (.worked, .creating), (.worked, .updating): (State(.ready), [])
        case (.update, .ready), (.update, .failed), (.update, .updateUnsuccessful): (State(.updating), [])
        case (.delete, .ready), (.delete, .failed), (.delete, .updateUnsuccessful): (State(.deleting), [])
        default: throw Rejection(status: state.status)
        }
    }
}

extension Transaction {
    /// Moves a gateway by an event, saves it and writes the transition down.
    mutating func apply(
        _ event: GatewayMachine.Event, to gateway: GatewayRecord, cause: String, at now: Instant
    ) throws(GatewayMachine.Rejection) -> GatewayRecord {
        let (state, _) = try GatewayMachine.reduce(.init(gateway.status), event)
        var moved = gateway
        moved.status = state.status
        moved.updatedAt = now
        save(moved)
        noteTransition(of: moved, from: gateway.status, cause: cause, at: now)
        return moved
    }

    /// Saves a gateway that has just come to be.
    mutating func begin(_ gateway: GatewayRecord, cause: String) {
        save(gateway)
        noteTransition(of: gateway, from: nil, cause: cause, at: gateway.createdAt)
    }

    private mutating func noteTransition(
        of gateway: GatewayRecord, from old: GatewayStatus?, cause: String, at now: Instant
    ) {
        append(
            .transition(
                Transition(
                    subject: "gateway \(gateway.id)", from: old?.rawValue, to: gateway.status.rawValue, cause: cause)),
            at: now)
    }
}
