import AWSCore
import Kernel

// What holds for every consent session, whoever touches it.
extension IdentityService {
    /// How long a session and its URL live.
    static let sessionLifetime: Span = .minutes(10)

    /// Why a session cannot be used (any more); nil if it can.
    /// `wasUsed` says that what the caller is about to do was done before.
    func obstacle(to session: AuthorizationSessionRecord, wasUsed: Bool) -> Rule? {
        if hasLapsed(session) { return .sessionLifetime }
        if wasUsed, world.switches.holds(.sessionSingleUse) { return .sessionSingleUse }
        return nil
    }

    /// Ten minutes on world time, then nothing of it counts (ledger `A17`).
    private func hasLapsed(_ session: AuthorizationSessionRecord) -> Bool {
        world.clock.now >= session.expires && world.switches.holds(.sessionLifetime)
    }

    /// Moves a session, saves it and writes the transition down.
    ///
    /// - Throws: the machine's rejection; nothing has changed then.
    @discardableResult
    func apply(
        _ event: AuthorizationSessionMachine.Event, to session: inout AuthorizationSessionRecord,
        in transaction: inout Transaction
    ) throws(AuthorizationSessionMachine.Rejection) -> [AuthorizationSessionMachine.Effect] {
        let old = session.state
        let (state, effects) = try AuthorizationSessionMachine.reduce(old, event)
        session.state = state
        // A code that was exchanged or given up is of use to a thief only.
        if !state.isPending { session.code = nil }
        transaction.save(session)
        if state != old { noteTransition(of: session, from: old, event.cause, in: &transaction) }
        return effects
    }

    func noteTransition(
        of session: AuthorizationSessionRecord, from old: AuthorizationSessionMachine.State?, _ cause: String,
        in transaction: inout Transaction
    ) {
        let step = Transition(
            subject: "session \(session.id)", from: old?.rawValue, to: session.state.rawValue, cause: cause)
        transaction.append(.transition(step), at: world.clock.now)
    }

    /// Tells the gateway how a session ended that one of its targets waits for. In the transaction that ends it, so
    /// that the alarm is kept with the end; where the archive does not take that, the target is told all the same.
    func tell(_ session: AuthorizationSessionRecord, _ effects: [AuthorizationSessionMachine.Effect]) {
        guard let target = session.notify.flatMap({ TargetAddress($0) }) else { return }
        for effect in effects {
            let news: GatewayAlarm =
                switch effect {
                case .settle: .consentCompleted(target, sessionURI: session.id.rawValue)
                case .abandon(let reason): .consentFailed(target, sessionURI: session.id.rawValue, reason: reason)
                }
            world.scheduler.schedule(
                Alarm(due: world.clock.now + settings.work, party: .gateway, label: news.label))
        }
    }

    /// Ends a session whose time is over; called by its alarm, and by whoever finds it first.
    func lapse(_ id: SessionURI, alarm: Alarm? = nil) {
        let early = try? world.store.write { transaction -> AuthorizationSessionRecord? in
            guard var session = transaction.find(AuthorizationSessionRecord.self, id), session.state.isPending else {
                return nil
            }
            guard hasLapsed(session) else { return session }
            try apply(.lapsed, to: &session, in: &transaction)
            return nil
        }
        // The alarm rang by the lab's clock, and this party's own one is behind it.
        guard let alarm, let early else { return }
        let left = early.expires - world.clock.now
        guard left > .zero else { return }
        world.scheduler.schedule(Alarm(due: alarm.due + left, party: world.party, label: alarm.label))
    }

    /// The provider as it was when the session began (ledger `A32`), while the workload identity is there too.
    func provider(
        of session: AuthorizationSessionRecord, in transaction: inout Transaction
    ) -> CredentialProviderRecord? {
        guard let provider = transaction.find(CredentialProviderRecord.self, session.provider),
            provider.callbackID == session.callbackID, isAlive(session, in: &transaction)
        else { return nil }
        return provider
    }

    /// Whether the workload identity that began a session is still there (ledger `recreated-identity`).
    private func isAlive(_ session: AuthorizationSessionRecord, in transaction: inout Transaction) -> Bool {
        let workload = transaction.find(WorkloadIdentityRecord.self, session.workload)
        // Gone is not the same as without a birth.
        let birth = workload.map { $0.birth } ?? "gone"
        guard !world.switches.isSameIdentity(birth, session.birth) else { return true }
        note(.recreatedIdentity, "the workload identity that began a session is gone", in: &transaction)
        return false
    }
}
