import AWSCore
import Kernel

// CreateGateway, GetGateway, UpdateGateway, DeleteGateway, ListGateways.

extension ControlPlane {
    func createGateway(_ call: Call) async throws -> JSONValue {
        let name = call.text("name")
        let suffix = world.entropy.text(10, from: .lowerAlphanumeric, for: "gateway-id")
        let answer = try world.store.write { transaction in
            let earlier = try earlierAnswer(to: call, &transaction) { answer, transaction in
                transaction.find(GatewayRecord.self, GatewayID(answer["gatewayId"]?.string ?? "")) != nil
            }
            if let earlier { return earlier }
            try DependentMembers.check("CreateGateway", call.input)
            let mine = transaction.find(GatewayRecord.self, where: "account", is: call.account)
            guard mine.count < settings.quotas.gateways else { throw quota("gateways", settings.quotas.gateways) }
            guard !mine.contains(where: { $0.name == name }) else { throw taken("gateway", name) }
            let gateway = GatewayRecord(
                id: GatewayID("\(name.lowercased())-\(suffix)"), account: call.account, name: name, status: .creating,
                createdAt: call.now, request: echoed(call.input))
            transaction.begin(gateway, cause: call.operation)
            transaction.save(
                WorkloadIdentityRecord(
                    name: gateway.workloadName, account: call.account, isServiceLinked: true, allowedReturnURLs: nil,
                    createdAt: call.now))
            keepTags(call, of: names.gatewayARN(gateway.id, account: call.account), in: &transaction)
            schedule(.gatewayReady(gateway.id), at: call.now)
            let answer = render(gateway)
            keep(answer, of: call, in: &transaction)
            return answer
        }
        return answer
    }

    func getGateway(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in render(try findGateway(call, in: &transaction)) }
    }

    /// A full replacement: what the caller leaves out is reset (ledger `gateway-full-replace`).
    func updateGateway(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            var gateway = try findGateway(call, in: &transaction)
            try DependentMembers.check("CreateGateway", call.input)
            try checkUnchangeable(call.input, of: gateway)
            try checkSessions(call.input, of: gateway.id, &transaction)
            gateway.request = replaced(gateway, by: call.input)
            let moved = try whenFree(gateway) { () throws(GatewayMachine.Rejection) in
                try transaction.apply(.update, to: gateway, cause: call.operation, at: call.now)
            }
            schedule(.gatewayReady(moved.id), at: call.now)
            return render(moved)
        }
    }

    func deleteGateway(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            let gateway = try findGateway(call, in: &transaction)
            guard transaction.find(TargetRecord.self, where: "gateway", is: gateway.id.rawValue).isEmpty else {
                throw AWSError(
                    .validation,
                    """
                    Gateway \(gateway.id) has targets associated with it. \
                    Delete all targets before deleting the gateway.
                    """,
                    reason: .resourceConflict)
            }
            try checkNoRules(of: gateway, in: &transaction)
            let moved = try whenFree(gateway) { () throws(GatewayMachine.Rejection) in
                try transaction.apply(.delete, to: gateway, cause: call.operation, at: call.now)
            }
            schedule(.gatewayDeleted(moved.id), at: call.now)
            return ["gatewayId": .string(moved.id.rawValue), "status": .string(moved.status.rawValue)]
        }
    }

    func listGateways(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            let all = transaction.find(GatewayRecord.self, where: "account", is: call.account)
            let page = try Page(
                of: all, list: "gateways \(call.account)", token: call.input["nextToken"]?.string,
                limit: pageSize(call, most: 1000)
            ) { $0.id.rawValue }
            return page.json("items", renderSummary)
        }
    }

    /// The gateway a call names, if the caller's account has it.
    func findGateway(_ call: Call, in transaction: inout Transaction) throws(AWSError) -> GatewayRecord {
        let id = GatewayID(call.text("gatewayIdentifier"))
        guard let gateway = transaction.find(GatewayRecord.self, id), gateway.account == call.account else {
            throw AWSError(.resourceNotFound, "Gateway \(id) not found")
        }
        return gateway
    }

    private func whenFree(
        _ gateway: GatewayRecord, _ move: () throws(GatewayMachine.Rejection) -> GatewayRecord
    ) throws(AWSError) -> GatewayRecord {
        do throws(GatewayMachine.Rejection) {
            return try move()
        } catch {
            throw AWSError(
                .conflict, "Gateway \(gateway.id) is not ready: its status is \(error.status.rawValue)")
        }
    }

    func taken(_ noun: String, _ name: String) -> AWSError {
        let code = AWSError.Code(rawValue: world.switches.choice(.duplicateName)) ?? .conflict
        return AWSError(
            code, "A \(noun) with name \(name) already exists", reason: code == .validation ? .resourceConflict : nil)
    }

    func quota(_ noun: String, _ most: Int) -> AWSError {
        AWSError(.serviceQuotaExceeded, "Quota exceeded: at most \(most) \(noun)")
    }
}
