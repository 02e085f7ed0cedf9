import AWSCore
import Kernel

// GetWorkloadAccessToken and its two sisters.
extension IdentityService {
    func workloadAccessToken(_ call: Call) throws(AWSError) -> JSONValue { try mint(call, for: .nobody) }

    func workloadAccessTokenForUserID(_ call: Call) throws(AWSError) -> JSONValue {
        try mint(call, for: .id(call.input["userId"]?.string ?? ""))
    }

    func workloadAccessTokenForJWT(_ call: Call) async throws(AWSError) -> JSONValue {
        let token = call.input["userToken"]?.string ?? ""
        // Who may not have a token at all is told before anybody's key set is fetched.
        let (workload, discoveryURL) = try transact { transaction throws(Refusal) in
            let workload = try self.workload(call, in: &transaction)
            return (workload, self.discoveryURL(of: workload, in: &transaction))
        }
        let verifier = UserTokens(world: world, documents: documents)
        guard let user = await verifier.user(of: token, discoveryURL: discoveryURL) else {
            world.note("a user token for \(workload.name) was not in order", rule: .userTokenVerified)
            throw AWSError(.unauthorized, "The user token is invalid or expired")
        }
        return try mint(call, for: user)
    }

    private func mint(_ call: Call, for user: WorkloadUser) throws(AWSError) -> JSONValue {
        try transact { transaction throws(Refusal) in
            let workload = try self.workload(call, in: &transaction)
            // Opaque; the prefix is what callers have seen (ledger `workload-token-form`).
            let token = "AgV4" + world.entropy.text(300, from: .base64URL, for: "workload-token")
            var record = WorkloadTokenRecord(
                id: WorkloadTokenID(token), workload: workload.name, account: workload.account, birth: workload.birth,
                user: user)
            if call.isService { record.isServices = true }
            record.until = world.switches.workloadTokenLife.map { world.clock.now + $0 }
            // One for every call of a tool, or of an agent, would fill a lab that is served for weeks.
            transaction.save(record, keeping: ServicePrincipal.tokensKept)
            let birth = TokenBirth(
                kind: "workload_access_token", issuer: world.party, user: user.name,
                audience: [workload.name.rawValue], expires: record.until, value: Secret(token))
            transaction.append(.token(.issued(birth)), at: world.clock.now)
            return ["workloadAccessToken": .string(token)]
        }
    }

    /// The workload a caller names and may have a token for.
    private func workload(
        _ call: Call, in transaction: inout Transaction
    ) throws(Refusal) -> WorkloadIdentityRecord {
        let name = WorkloadName(call.input["workloadName"]?.string ?? "")
        // The service works for the account that has the gateway whose identity it names.
        let gateway = call.isService ? transaction.find(GatewayRecord.self, GatewayID(name.rawValue)) : nil
        let id = name.of(gateway?.account ?? call.account)
        guard let workload = transaction.find(WorkloadIdentityRecord.self, id) else {
            throw Refusal(.resourceNotFound, "WorkloadIdentity with name \(name) not found")
        }
        // A gateway's identity is the service's own (ledger `E66`).
        if workload.isServiceLinked, !call.isService, world.switches.holds(.serviceLinkedIdentity) {
            throw Refusal(
                .validation,
                "WorkloadIdentity is linked to a service and cannot retrieve an access token by the caller",
                by: .serviceLinkedIdentity)
        }
        return workload
    }

    /// Where a gateway's configuration says its users' keys are; nil for an identity that belongs to no gateway.
    private func discoveryURL(of workload: WorkloadIdentityRecord, in transaction: inout Transaction) -> String? {
        guard workload.isServiceLinked else { return nil }
        let gateway = transaction.find(GatewayRecord.self, GatewayID(workload.name.rawValue))
        return gateway?.customJWTAuthorizer?["discoveryUrl"]?.string
    }
}
