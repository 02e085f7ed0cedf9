package import Kernel

extension Transaction {
    /// Moves a target by an event, saves it and writes the transition down. Returns what is left to do: `.crawl` and
    /// `.remove` are the caller's; everything that only touches the record is done here.
    ///
    /// - Throws: `TargetMachine.Rejection`; nothing has changed then.
    package mutating func apply(
        _ event: TargetMachine.Event, to target: TargetRecord, cause: String, at now: Instant
    ) throws(TargetMachine.Rejection) -> (TargetRecord, [TargetMachine.Effect]) {
        let (state, effects) = try TargetMachine.reduce(target.state, event)
        var moved = target
        moved.state = state
        moved.updatedAt = now
        moved.statusReasons = []
        for effect in effects {
            switch effect {
            case .dropAuthorization:
                moved.formerAuthorization = moved.authorization ?? moved.formerAuthorization
                moved.authorization = nil
            case .giveReason(let reason): moved.statusReasons = [String(reason.prefix(2048))]
            case .stampSynchronized: moved.lastSynchronizedAt = now
            case .crawl, .remove: break
            }
        }
        save(moved)
        if state != target.state { noteTransition(of: moved, from: target.status, cause: cause, at: now) }
        return (moved, effects)
    }

    /// Saves a target that has just come to be.
    package mutating func begin(_ target: TargetRecord, cause: String, at now: Instant) {
        save(target)
        noteTransition(of: target, from: nil, cause: cause, at: now)
    }

    private mutating func noteTransition(
        of target: TargetRecord, from old: TargetStatus?, cause: String, at now: Instant
    ) {
        append(
            .transition(
                Transition(
                    subject: "target \(target.id)", from: old?.rawValue, to: target.status.rawValue, cause: cause)),
            at: now)
    }
}
