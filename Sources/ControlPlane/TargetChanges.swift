import AWSCore
import Kernel

// UpdateGatewayTarget, SynchronizeGatewayTargets, and what they share with CreateGatewayTarget.

extension ControlPlane {
    /// Transitions T11 to T13: the configuration is replaced as a whole, and the catalogue is read anew.
    func updateTarget(_ call: Call) async throws -> JSONValue {
        let (gateway, current) = try world.store.write { transaction in
            (try findGateway(call, in: &transaction), try findTarget(call, in: &transaction))
        }
        let input = try targetInput(call.input, for: gateway)
        try world.store.write { transaction in
            let name = call.input["name"]?.string ?? current.name
            try checkReady(gateway)
            try checkChangeable(current, "updated")
            try checkWork(in: gateway.id, &transaction)
            try checkFree(name, in: gateway.id, except: current.id, &transaction)
            try checkRules(of: current, renamed: name, in: &transaction)
            try checkProvider(input, account: call.account, &transaction)
        }
        let address = TargetAddress(gateway: gateway.id, target: current.id)
        let (way, authorization) = try await authorization(for: input.way, address, of: current)
        return try world.store.write { transaction in
            // As they are now: another change may have come while the identity service was asked.
            let gateway = try findGateway(call, in: &transaction)
            try checkReady(gateway)
            try checkPropagation(input.metadata, gateway)
            var target = try unlocked(try findTarget(call, in: &transaction), "updated", call.now, &transaction)
            let name = call.input["name"]?.string ?? target.name
            try checkWork(in: gateway.id, &transaction)
            try checkFree(name, in: gateway.id, except: target.id, &transaction)
            try checkRules(of: target, renamed: name, in: &transaction)
            moveRules(of: target, to: name, at: call.now, in: &transaction)
            target.name = name
            target.description = call.input["description"]?.string
            target.configuration = input.configuration
            target.credentials = input.credentials
            target.metadata = input.metadata
            target.connection = input.connection
            let (moved, _) = try whenFree(target) { () throws(TargetMachine.Rejection) in
                try transaction.apply(.update, to: target, cause: call.operation, at: call.now)
            }
            let settled = try settle(
                moved, way, authorization, cause: call.operation, at: call.now, &transaction)
            return render(settled, account: call.account)
        }
    }

    /// Transitions T14 and T15.
    func synchronizeTargets(_ call: Call) async throws -> JSONValue {
        let id = TargetID(call.input["targetIdList"]?[0]?.string ?? "")
        let (gateway, current) = try world.store.write { transaction in
            let gateway = try findGateway(call, in: &transaction)
            return (gateway, try findTarget(id, of: gateway.id, in: &transaction))
        }
        try checkReady(gateway)
        try checkSynchronizable(current)
        try checkChangeable(current, "synchronized")
        try world.store.write { try checkWork(in: gateway.id, &$0) }
        let wanted: TargetInput.Way =
            if let oauth = current.oauth, oauth.grant == .authorizationCode { .consent(oauth) } else { .crawl }
        let address = TargetAddress(gateway: gateway.id, target: id)
        let (way, authorization) = try await authorization(for: wanted, address, of: current)
        return try world.store.write { transaction in
            try checkReady(try findGateway(call, in: &transaction))
            let found = try findTarget(id, of: gateway.id, in: &transaction)
            try checkSynchronizable(found)
            // The consent is for the target that was looked at (ledger `target-changed-meanwhile`).
            guard found.configuration == current.configuration, found.credentials == current.credentials else {
                throw AWSError(.conflict, "Target \(id) was changed while it was being synchronized")
            }
            let target = try unlocked(found, "synchronized", call.now, &transaction)
            try checkWork(in: gateway.id, &transaction)
            let (moved, _) = try whenFree(target) { () throws(TargetMachine.Rejection) in
                try transaction.apply(.synchronize, to: target, cause: call.operation, at: call.now)
            }
            let settled = try settle(moved, way, authorization, cause: call.operation, at: call.now, &transaction)
            return ["targets": [render(settled, account: call.account)]]
        }
    }

    /// What may be synchronized at all (ledger `E5`, `E6`).
    private func checkSynchronizable(_ target: TargetRecord) throws {
        guard let server = target.mcpServer else {
            throw AWSError(
                .validation,
                "Target type \(targetType(target.configuration)) is not supported for synchronization")
        }
        if server["listingMode"] == "DYNAMIC" {
            throw AWSError(.validation, "Listing mode DYNAMIC is not supported for synchronization")
        }
        guard server["mcpToolSchema"] != nil, world.switches.holds(.staticSchemaNotSynchronized) else { return }
        throw Refusal(
            rule: .staticSchemaNotSynchronized, note: "target \(target.id) has its tools up front",
            error: AWSError(
                .validation,
                """
                Target \(target.id) has a static mcpToolSchema and cannot be synchronized. \
                Remove mcpToolSchema with UpdateGatewayTarget first.
                """))
    }

    /// Refused while somebody is asked for consent: the state stays (ledger `T9`, `T10`, `U5`).
    func checkUnlocked(_ target: TargetRecord, _ verb: String) throws {
        guard target.status.isPendingAuth, world.switches.holds(.pendingTargetLocked) else { return }
        let code = AWSError.Code(rawValue: world.switches.choice(.pendingClass)) ?? .conflict
        throw Refusal(
            rule: .pendingTargetLocked, note: "target \(target.id) waits for consent and cannot be \(verb)",
            error: AWSError(
                code,
                """
                Target \(target.id) cannot be \(verb) while its status is \(target.status.rawValue). \
                Wait for the authorization to complete or fail.
                """))
    }

    /// Told before the identity service is asked, so that a refusal starts no session.
    private func checkChangeable(_ target: TargetRecord, _ verb: String) throws {
        try checkUnlocked(target, verb)
        guard !target.status.isWorking, target.status != .deleting else { throw busy(target.id, target.status) }
    }

    /// The target as it is now, if it may change. With the lock turned off an open consent is given up first.
    private func unlocked(
        _ target: TargetRecord, _ verb: String, _ now: Instant, _ transaction: inout Transaction
    ) throws -> TargetRecord {
        try checkUnlocked(target, verb)
        guard target.status.isPendingAuth else { return target }
        let (moved, _) = try whenFree(target) { () throws(TargetMachine.Rejection) in
            try transaction.apply(
                .consentFailed(reason: "Given up for a newer change."), to: target, cause: "given up", at: now)
        }
        return moved
    }

    private func busy(_ id: TargetID, _ status: TargetStatus) -> AWSError {
        AWSError(.conflict, "Target \(id) is not ready: its status is \(status.rawValue)")
    }

    /// A machine's refusal in the words of the service.
    func whenFree<Value>(
        _ target: TargetRecord, _ move: () throws(TargetMachine.Rejection) -> Value
    ) throws(AWSError) -> Value {
        do throws(TargetMachine.Rejection) {
            return try move()
        } catch {
            throw busy(target.id, error.status)
        }
    }

    /// The link for the administrator where one is needed, and the way that is then to go.
    func authorization(
        for way: TargetInput.Way, _ address: TargetAddress, of target: TargetRecord? = nil
    ) async throws -> (TargetInput.Way, TargetAuthorization?) {
        guard case .consent(let oauth) = way else { return (way, nil) }
        let earlier = world.switches.isOn(.consentReused) ? target?.formerAuthorization?.userID : nil
        guard let authorization = try await requestConsent(oauth, for: address, earlier: earlier) else {
            return (.crawl, nil)
        }
        return (way, authorization)
    }

    /// Takes a target that was just created, updated or synchronized to where it waits or is done.
    func settle(
        _ target: TargetRecord, _ way: TargetInput.Way, _ authorization: TargetAuthorization?, cause: String,
        at now: Instant, _ transaction: inout Transaction
    ) throws(AWSError) -> TargetRecord {
        var target = target
        let address = TargetAddress(gateway: target.gateway, target: target.id)
        switch way {
        case .given(let tools):
            transaction.forgetContents(of: target.id)
            transaction.save(CatalogueRecord(id: target.id, gateway: target.gateway, tools: tools))
            // Such a target never says when it was synchronized (ledger `P62`).
            target.lastSynchronizedAt = nil
            tellToolsChanged(at: target.gateway, now, in: &transaction)
        case .dynamic: transaction.forgetContents(of: target.id)
        case .read:
            schedule(.targetRead(address), at: now)
            return target
        case .crawl:
            world.scheduler.schedule(
                Alarm(due: now + settings.work, party: .gateway, label: GatewayAlarm.crawl(address).label))
            return target
        case .consent:
            guard let authorization else { return target }
            target.authorization = authorization
            let (waiting, _) = try whenFree(target) { () throws(TargetMachine.Rejection) in
                try transaction.apply(.askConsent, to: target, cause: "consent needed", at: now)
            }
            let lapse = GatewayAlarm.consentLapsed(address, sessionURI: authorization.sessionURI)
            let due = now + .seconds(Int64(world.switches.number(.lapseAfter)))
            world.scheduler.schedule(Alarm(due: due, party: .gateway, label: lapse.label))
            return waiting
        }
        guard target.status != .ready else {
            transaction.save(target)
            return target
        }
        let (ready, _) = try whenFree(target) { () throws(TargetMachine.Rejection) in
            try transaction.apply(.settle, to: target, cause: "nothing to ask for", at: now)
        }
        return ready
    }
}
