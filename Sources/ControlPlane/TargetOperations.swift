import AWSCore
import Kernel

// CreateGatewayTarget, GetGatewayTarget, DeleteGatewayTarget, ListGatewayTargets.

extension ControlPlane {
    /// Transitions T1 to T6.
    func createTarget(_ call: Call) async throws -> JSONValue {
        let earlier = try world.store.write { transaction in
            let gateway = try findGateway(call, in: &transaction)
            return (gateway, try earlierTarget(call, &transaction))
        }
        if let answer = earlier.1 { return answer }
        let input = try targetInput(call.input, for: earlier.0)
        let id = TargetID(world.entropy.text(10, from: .upperAlphanumeric, for: "target-id"))
        let name = call.input["name"]?.string ?? "target-\(id)"
        let address = TargetAddress(gateway: earlier.0.id, target: id)
        try world.store.write { transaction in
            try checkRoom(for: name, in: try findGateway(call, in: &transaction), &transaction)
            try checkProvider(input, account: call.account, &transaction)
        }
        // Before anything is stored: a refusal leaves nothing behind.
        let (way, authorization) = try await authorization(for: input.way, address)
        return try world.store.write { transaction in
            let gateway = try findGateway(call, in: &transaction)
            // The same request may have been answered while the identity service was asked.
            if let answer = try earlierTarget(call, &transaction) { return answer }
            try checkRoom(for: name, in: gateway, &transaction)
            try checkPropagation(input.metadata, gateway)
            var target = TargetRecord(
                id: id, gateway: address.gateway, name: name, state: .init(input.firstStatus), createdAt: call.now,
                configuration: input.configuration, credentials: input.credentials)
            target.description = call.input["description"]?.string
            target.metadata = input.metadata
            target.connection = input.connection
            transaction.begin(target, cause: call.operation, at: call.now)
            target = try settle(target, way, authorization, cause: call.operation, at: call.now, &transaction)
            let answer = render(target, account: call.account, status: firstShown(target.status))
            keep(answer, of: call, in: &transaction)
            return answer
        }
    }

    private func earlierTarget(_ call: Call, _ transaction: inout Transaction) throws(AWSError) -> JSONValue? {
        try earlierAnswer(to: call, &transaction) { answer, transaction in
            transaction.find(TargetRecord.self, TargetID(answer["targetId"]?.string ?? "")) != nil
        }
    }

    func getTarget(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            _ = try findGateway(call, in: &transaction)
            return render(try findTarget(call, in: &transaction), account: call.account)
        }
    }

    /// DELETING, then gone (ledger `U3` while consent is pending).
    func deleteTarget(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            let gateway = try findGateway(call, in: &transaction)
            let target = try findTarget(call, in: &transaction)
            try checkReady(gateway)
            if !world.switches.isOn(.allowDelete) { try checkUnlocked(target, "deleted") }
            try checkNoRule(leadsTo: target, in: &transaction)
            let (moved, _) = try whenFree(target) { () throws(TargetMachine.Rejection) in
                try transaction.apply(.delete, to: target, cause: call.operation, at: call.now)
            }
            let address = TargetAddress(gateway: gateway.id, target: target.id)
            schedule(.targetDeleted(address), at: call.now)
            return [
                "gatewayArn": .string(names.gatewayARN(gateway.id, account: gateway.account)),
                "targetId": .string(target.id.rawValue), "status": .string(moved.status.rawValue),
            ]
        }
    }

    func listTargets(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            let gateway = try findGateway(call, in: &transaction)
            let page = try Page(
                of: TargetRecord.self, where: "gateway", is: gateway.id.rawValue, list: "targets \(gateway.id)",
                token: call.input["nextToken"]?.string, limit: pageSize(call, most: 1000), in: &transaction)
            return page.json("items", renderSummary)
        }
    }

    /// The target a call names, if its gateway has it.
    func findTarget(_ call: Call, in transaction: inout Transaction) throws(AWSError) -> TargetRecord {
        try findTarget(TargetID(call.text("targetId")), of: GatewayID(call.text("gatewayIdentifier")), in: &transaction)
    }

    func findTarget(
        _ id: TargetID, of gateway: GatewayID, in transaction: inout Transaction
    ) throws(AWSError) -> TargetRecord {
        guard let target = transaction.find(TargetRecord.self, id), target.gateway == gateway else {
            throw AWSError(.resourceNotFound, "Target \(id) not found in gateway \(gateway)")
        }
        return target
    }

    /// Whether one more target of this name fits.
    private func checkRoom(
        for name: String, in gateway: GatewayRecord, _ transaction: inout Transaction
    ) throws(AWSError) {
        try checkReady(gateway)
        try checkFree(name, in: gateway.id, except: nil, &transaction)
        let most = settings.quotas.targetsPerGateway
        guard transaction.count(TargetRecord.self, where: "gateway", is: gateway.id.rawValue) < most else {
            throw quota("targets in a gateway", most)
        }
        try checkWork(in: gateway.id, &transaction)
    }

    /// Its targets wait while a gateway is worked on (ledger `T16`, and `E12` for one that is still CREATING).
    func checkReady(_ gateway: GatewayRecord) throws(AWSError) {
        let isBusy =
            switch gateway.status {
            case .updating, .deleting: true
            case .creating: world.switches.choice(.targetWhileCreating) == "refuse"
            default: false
            }
        guard isBusy else { return }
        throw AWSError(.conflict, "Gateway \(gateway.id) is not ready: its status is \(gateway.status.rawValue)")
    }

    /// Whether work on one more target may begin (ledger `target-operations`).
    func checkWork(in gateway: GatewayID, _ transaction: inout Transaction) throws(AWSError) {
        let most = settings.quotas.targetOperations
        guard transaction.count(TargetRecord.self, where: "working", is: gateway.rawValue) >= most else { return }
        throw AWSError(
            AWSError.Code(rawValue: world.switches.choice(.targetOperations)) ?? .conflict,
            "Gateway \(gateway) is not ready: \(most) of its targets are being worked on")
    }

    /// A name stays taken until its target is gone, also while that is DELETING.
    func checkFree(
        _ name: String, in gateway: GatewayID, except own: TargetID?, _ transaction: inout Transaction
    ) throws(AWSError) {
        let same = transaction.find(TargetRecord.self, where: "name", is: "\(gateway)/\(name)")
        guard same.allSatisfy({ $0.id == own }) else { throw taken("target", name) }
    }

    /// Status of a create's answer (ledger `U1`).
    private func firstShown(_ status: TargetStatus) -> TargetStatus {
        guard status == .createPendingAuth else { return status }
        return TargetStatus(rawValue: world.switches.choice(.firstStatus)) ?? status
    }
}

extension TargetInput {
    /// What a new target begins as: READY where nothing is left to be done (ledger `T2`, `T6`).
    var firstStatus: TargetStatus {
        switch way {
        case .given, .dynamic: .ready
        case .crawl, .consent, .read: .creating
        }
    }
}
