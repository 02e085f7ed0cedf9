import Kernel

/// The eleven statuses of a gateway target, exactly as the service model has them.
package enum TargetStatus: String, Sendable, Codable, CaseIterable {
    case creating = "CREATING"
    case createPendingAuth = "CREATE_PENDING_AUTH"
    case ready = "READY"
    case failed = "FAILED"
    case updating = "UPDATING"
    case updatePendingAuth = "UPDATE_PENDING_AUTH"
    case updateUnsuccessful = "UPDATE_UNSUCCESSFUL"
    case synchronizing = "SYNCHRONIZING"
    case synchronizePendingAuth = "SYNCHRONIZE_PENDING_AUTH"
    case synchronizeUnsuccessful = "SYNCHRONIZE_UNSUCCESSFUL"
    case deleting = "DELETING"

    /// Waits for an administrator's consent.
    package var isPendingAuth: Bool {
        self == .createPendingAuth || self == .updatePendingAuth || self == .synchronizePendingAuth
    }
    /// Work is under way that nobody has to wait for a person.
    package var isWorking: Bool { self == .creating || self == .updating || self == .synchronizing }
}

/// The life of a gateway target: transitions T1 to T17 of the ledger.
package enum TargetMachine: StateMachine {
    /// The status alone: each says what work it belongs to.
    package struct State: Hashable, Sendable, Codable {
        package let status: TargetStatus
        package init(_ status: TargetStatus) { self.status = status }
    }

    package enum Event: Hashable, Sendable, Codable {
        /// The catalogue is at hand, nobody has to be asked: READY at once (T2, T6).
        case settle
        /// An administrator has to consent first (T1, T11, T14).
        case askConsent
        /// The session behind the pending status was completed (T7).
        case consentCompleted
        /// It was denied, or nobody came in time (T8).
        case consentFailed(reason: String)
        case crawlSucceeded
        case crawlFailed(reason: String)
        case update
        case synchronize
        case delete
        /// What `delete` began is done.
        case deleted
    }

    package enum Effect: Hashable, Sendable {
        /// Read what tools its server has.
        case crawl
        /// Forget `authorizationData`.
        case dropAuthorization
        /// Say why in `statusReasons`.
        case giveReason(String)
        case stampSynchronized
        case remove
    }

    /// The event is not allowed in this status.
    package struct Rejection: Error, Hashable {
        package let status: TargetStatus
        init(_ status: TargetStatus) { self.status = status }
    }

    package static func reduce(_ state: State, _ event: Event) throws(Rejection) -> (State, [Effect]) {
        let status = state.status
        switch event {
        case .settle where status.isWorking: return (State(.ready), [.dropAuthorization])
        case .askConsent:
            guard let pending = pendingStatus(of: status) else { throw Rejection(status) }
            return (State(pending), [])
        case .consentCompleted where status.isPendingAuth:
            return (State(workingStatus(of: status)), [.dropAuthorization, .crawl])
        case .consentFailed(let reason) where status.isPendingAuth: return failed(status, reason)
        case .crawlSucceeded where status.isWorking: return (State(.ready), [.stampSynchronized])
        case .crawlFailed(let reason) where status.isWorking: return failed(status, reason)
        case .update where isAtRest(status): return (State(.updating), [])
        case .synchronize where isAtRest(status): return (State(.synchronizing), [])
        // Pending too: whether a caller may ask for it is `pending.allowDelete`, decided before this is asked.
        case .delete where isAtRest(status) || status.isPendingAuth: return (State(.deleting), [])
        case .deleted where status == .deleting: return (state, [.remove])
        default: throw Rejection(status)
        }
    }

    private static func isAtRest(_ status: TargetStatus) -> Bool {
        switch status {
        case .ready, .failed, .updateUnsuccessful, .synchronizeUnsuccessful: true
        default: false
        }
    }

    private static func pendingStatus(of working: TargetStatus) -> TargetStatus? {
        switch working {
        case .creating: .createPendingAuth
        case .updating: .updatePendingAuth
        case .synchronizing: .synchronizePendingAuth
        default: nil
        }
    }

    private static func workingStatus(of pending: TargetStatus) -> TargetStatus {
        switch pending {
        case .updatePendingAuth: .updating
        case .synchronizePendingAuth: .synchronizing
        default: .creating
        }
    }

    private static func failed(_ status: TargetStatus, _ reason: String) -> (State, [Effect]) {
        let end: TargetStatus =
            switch status {
            case .updating, .updatePendingAuth: .updateUnsuccessful
            case .synchronizing, .synchronizePendingAuth: .synchronizeUnsuccessful
            default: .failed
            }
        return (State(end), [.dropAuthorization, .giveReason(reason)])
    }
}
