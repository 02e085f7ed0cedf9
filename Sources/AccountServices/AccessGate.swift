package import AWSCore
import HTTPTypes
package import Kernel
import Policy

/// The one place where a signature is verified and a policy enforced: before a request reaches any service of AWS.
package struct AccessGate: CallerSignatures {
    let world: World
    let contract: Contract
    let settings: AWSSettings
    let access: AccessSettings

    package init(world: World, contract: Contract, settings: AWSSettings, access: AccessSettings) {
        self.world = world
        self.contract = contract
        self.settings = settings
        self.access = access
    }

    /// What a request became: let in, perhaps in its account's name, or answered here.
    package enum Passage: Sendable {
        case passed(Request)
        case answered(Response)
    }

    private var verifies: Bool { world.switches.choice(.signatures) == "verify" }
    private var mode: String { world.switches.choice(.iam) }

    /// Nothing to look at in most labs.
    package var isOpen: Bool {
        !verifies && mode == "off" && world.switches.choice(.accountsApart) != "always"
    }

    package func admit(_ request: Request) -> Passage {
        guard !isOpen, !Self.isForBrowsers(request) else { return .passed(request) }
        if let refusal = signatureRefusal(of: request) {
            world.note(refusal.message, rule: .signatureVerified)
            return .answered(refusal.response(requestID: requestID))
        }
        if SigningName(of: request).asksWho, let caller = caller(of: request), let key = caller.key {
            let identity = AccountServices.identity(of: key, as: caller.arn, in: world)
            return .answered(AccountServices.tokens("GetCallerIdentity", identity, to: request))
        }
        if let caller = caller(of: request), let demand = Demand(request, of: caller.account, self) {
            if mode != "off", let words = refusal(of: demand, caller) {
                world.note(words, rule: .policyEnforced)
                return .answered(AWSError(.accessDenied, words).response(requestID: requestID))
            }
            if let owner = demand.owner, AccountBoundary(world).parts(caller.account, from: owner) {
                return .answered(refusal(of: caller, demand.requests[0]))
            }
        }
        return .passed(inTheNameOfItsAccount(request))
    }

    /// A call of a gateway (ledger `gateway-invoke-permission`), as its caller signed it.
    package func refusal(of request: Request, toInvoke gateway: GatewayRecord) -> Response? {
        guard !isOpen else { return nil }
        let signed = Self.asSigned(request, gateway.id)
        if let refusal = signatureRefusal(of: signed) {
            world.note(refusal.message, rule: .signatureVerified)
            return refusal.response(requestID: requestID)
        }
        guard let caller = caller(of: signed) else { return nil }
        let demand = Demand(invoking: gateway, region: settings.region)
        if isStranger(caller.account, request, to: gateway) { return refusal(of: caller, demand.requests[0]) }
        guard mode != "off", let words = refusal(of: demand, caller) else { return nil }
        world.note(words, rule: .policyEnforced)
        return AWSError(.accessDenied, words).response(requestID: requestID)
    }

    package func principal(of request: Request) -> String? {
        (try? SignatureClaim(request)).flatMap { key($0.keyID)?.principal }
    }

    private func isStranger(_ account: String, _ request: Request, to gateway: GatewayRecord) -> Bool {
        AccountBoundary(world).parts(account, from: gateway.account) && !settings.servicePrincipal.made(request)
    }

    /// Across accounts it takes a resource-based policy too, and here none counts (ledger `account-boundary`).
    private func refusal(of stranger: Caller, _ asked: AccessRequest) -> Response {
        let what = "perform: \(asked.action) on resource: \(asked.resource)"
        let why = "because no resource-based policy allows the \(asked.action) action"
        let words = "User: \(stranger.arn) is not authorized to \(what) \(why)"
        world.note(words, rule: .accountBoundary)
        return AWSError(.accessDenied, words).response(requestID: requestID)
    }

    /// A gateway's own host name stands for a path of the party behind it; the caller knew only the name.
    private static func asSigned(_ request: Request, _ gateway: GatewayID) -> Request {
        guard request.head.authority?.hasPrefix("\(gateway.rawValue).") == true else { return request }
        var request = request
        let path = request.head.path ?? "/"
        let prefix = "/gateways/\(gateway.rawValue)"
        if path.hasPrefix(prefix) { request.head.path = String(path.dropFirst(prefix.count)) }
        return request
    }

    /// Where a person consents: nobody signs there.
    private static func isForBrowsers(_ request: Request) -> Bool {
        request.path == AWSNames.authorizePath || request.path.hasPrefix(AWSNames.callbackPath)
    }

    private var requestID: String { world.entropy.uuid(for: "access-request-id") }

    // MARK: - Signatures

    private func signatureRefusal(of request: Request) -> SigV4Refusal? {
        guard verifies, !settings.servicePrincipal.made(request), world.switches.holds(.signatureVerified) else {
            return nil
        }
        let service = SigningName(of: request).text
        let result = SigV4.verify(request, service: service, region: regionWanted(service), at: world.clock.now) { id in
            key(id)
        }
        if case .failure(let refusal) = result { return refusal }
        return nil
    }

    /// IAM is one service for all regions and signs for `us-east-1`.
    private func regionWanted(_ service: String) -> String? {
        service == "iam" ? "us-east-1" : service == "sts" ? nil : settings.region
    }

    /// A key of the lab's principals, or one that AssumeRole gave.
    private func key(_ id: String) -> SigV4.KnownKey? {
        if let key = access.key(id) { return key }
        return try? world.store.write { SessionKeys.key(id, in: &$0) }
    }

    /// The services read the account from the access key id; a known key belongs to an account.
    private func inTheNameOfItsAccount(_ request: Request) -> Request {
        guard let claim = try? SignatureClaim(request), let key = key(claim.keyID) else { return request }
        var request = request
        guard let header = request.header(.authorization) else {
            // Signed in the query string.
            request.head.path = request.head.path?.replacing(
                "\(SigV4.queryCredential)\(claim.keyID)", by: "\(SigV4.queryCredential)\(key.account)")
            return request
        }
        request.head.headerFields[.authorization] = header.replacing(
            "Credential=\(claim.keyID)/", by: "Credential=\(key.account)/")
        return request
    }

    // MARK: - Policies

    /// Who asks: `arn` is what messages call him, `principal` is whose policies count.
    private struct Caller {
        let arn: String
        let principal: String
        let account: String
        var key: SigV4.KnownKey?

        /// A role of a gateway.
        init(role: String) {
            (arn, principal) = (role, role)
            let parts = role.pieces(by: ":", keepingEmpty: true)
            account = parts.count > 4 ? String(parts[4]) : AWSNames.defaultAccount
        }

        init(_ key: SigV4.KnownKey) {
            (arn, principal) = (key.principal, key.role ?? key.principal)
            account = key.account
            self.key = key
        }

        /// The root user of an account: whoever comes with a key that nobody knows.
        init(of account: String) {
            let root = "arn:aws:iam::\(account):root"
            (arn, principal) = (root, root)
            self.account = account
        }
    }

    /// The role, where the service asks for a gateway; nil for the service itself.
    private func caller(of request: Request) -> Caller? {
        if settings.servicePrincipal.made(request) {
            return roleOfGateway(behind: request).map { Caller(role: $0) }
        }
        if let claim = try? SignatureClaim(request), let key = key(claim.keyID) { return Caller(key) }
        return Caller(of: AWSNames.account(of: request))
    }

    private func roleOfGateway(behind request: Request) -> String? {
        guard let json = try? request.json() else { return nil }
        var name = json["workloadName"]?.string
        if name == nil, let token = json["workloadIdentityToken"]?.string { name = handed(token)?.workload }
        return name.flatMap { gateway($0) }?.request["roleArn"]?.string
    }

    private func gateway(_ id: String) -> GatewayRecord? {
        try? world.store.write { $0.find(GatewayRecord.self, GatewayID(id)) }
    }

    /// Whose the workload identity is that a request of the identity service is about; nil for the caller's own.
    func owner(of input: JSONObject, askedBy request: Request) -> String? {
        if let token = input["workloadIdentityToken"]?.string { return handed(token)?.account }
        guard settings.servicePrincipal.made(request), let name = input["workloadName"]?.string else { return nil }
        return gateway(name)?.account
    }

    func handed(_ token: String) -> HandedTokenRecord? {
        let id = HandedTokenRecord.id(of: token)
        return try? world.store.write { $0.find(HandedTokenRecord.self, id) }
    }

    /// Keeps in mind which workload a token is for, and which provider a consent session.
    package func remember(_ response: Response, to request: Request) {
        guard mode != "off", response.status == 200 else { return }
        if request.path == "/identities/oauth2/token" { return rememberSession(response, request) }
        guard request.path.hasPrefix("/identities/GetWorkloadAccessToken"),
            let name = (try? request.json())?["workloadName"]?.string,
            let token = response.json?["workloadAccessToken"]?.string
        else { return }
        let isService = settings.servicePrincipal.made(request)
        let account = isService ? gateway(name)?.account : AWSNames.account(of: request)
        let record = HandedTokenRecord(id: HandedTokenRecord.id(of: token), workload: name, account: account)
        try? world.store.write { $0.save(record, keeping: ServicePrincipal.tokensKept) }
    }

    private func rememberSession(_ response: Response, _ request: Request) {
        // Only a new one: of a poll the session is there already.
        guard let json = response.json, json["authorizationUrl"] != nil, let uri = json["sessionUri"]?.string,
            let input = try? request.json(), let name = input["resourceCredentialProviderName"]?.string
        else { return }
        let owner = input["workloadIdentityToken"]?.string.flatMap { handed($0)?.account }
        let account = owner ?? AWSNames.account(of: request)
        let record = HandedSessionRecord(
            id: HandedTokenRecord.id(of: uri), provider: ProviderName(name).of(account), account: account)
        try? world.store.write { $0.save(record, keeping: ServicePrincipal.tokensKept) }
    }

    /// The session of a URI, where this gate saw it begin.
    func handedSession(_ uri: String) -> HandedSessionRecord? {
        let id = HandedTokenRecord.id(of: uri)
        return try? world.store.write { $0.find(HandedSessionRecord.self, id) }
    }

    /// Writes down what was asked; in words, what no policy allows (AWS IAM user guide, "Troubleshoot access denied
    /// error messages").
    private func refusal(of demand: Demand, _ caller: Caller) -> String? {
        let principal = caller.principal
        // A root user may do everything; the report tells what a role in his place would need.
        guard !principal.hasSuffix(":root") else {
            record(demand, [], principal)
            return nil
        }
        let policies = policies(of: principal)
        var words: String?
        var denied: [AccessUse] = []
        for request in demand.requests {
            let decision = PolicyDocument.decide(request, by: policies)
            guard decision != .allowed else { continue }
            denied.append(AccessUse(action: request.action, resource: request.resource))
            let why =
                decision == .explicitlyDenied
                ? "with an explicit deny in an identity-based policy"
                : "because no identity-based policy allows the \(request.action) action"
            let what = "perform: \(request.action) on resource: \(request.resource)"
            words = words ?? "User: \(caller.arn) is not authorized to \(what) \(why)"
        }
        record(demand, denied, principal)
        guard mode == "enforce", world.switches.holds(.policyEnforced) else { return nil }
        return words
    }

    private func record(_ demand: Demand, _ denied: [AccessUse], _ principal: String) {
        let uses = demand.requests.map { AccessUse(action: $0.action, resource: $0.resource) }
        _ = try? world.store.write { transaction in
            let id = Identifier<PrincipalTag>(principal)
            var record =
                transaction.find(AccessRecord.self, id) ?? AccessRecord(id: id, used: [], refused: [])
            var isNew = false
            for use in uses where AccessRecord.put(use, into: &record.used) { isNew = true }
            for use in denied where AccessRecord.put(use, into: &record.refused) { isNew = true }
            if isNew { transaction.save(record) }
        }
    }

    private func policies(of principal: String) -> [PolicyDocument] {
        let id = Identifier<PrincipalTag>(principal)
        let stored = try? world.store.write { transaction -> [JSONValue] in
            guard let role = transaction.find(RoleRecord.self, id) else { return [] }
            let managed = role.attached.compactMap { transaction.find(ManagedPolicyRecord.self, Identifier($0)) }
            return role.inline.map(\.document) + managed.map(\.document)
        }
        return (access.policies[principal] ?? []) + (stored ?? []).compactMap { try? PolicyDocument(json: $0) }
    }
}

/// The least each principal needs for what it did.
extension AccessGate {
    package var report: JSONValue {
        let records = (try? world.store.write { $0.all(AccessRecord.self) }) ?? []
        let principals: [JSONValue] = records.sorted { $0.id < $1.id }.map { record in
            var object: JSONObject = [
                "principal": .string(record.id.rawValue), "policy": Self.policy(allowing: record.used.sorted()),
            ]
            object.append(
                "notAllowed",
                .array(
                    record.refused.sorted().map { ["action": .string($0.action), "resource": .string($0.resource)] }))
            return .object(object)
        }
        return [
            "mode": .string(mode), "signatures": .string(world.switches.choice(.signatures)),
            "principals": .array(principals),
        ]
    }

    /// One statement for all actions on the same resource.
    private static func policy(allowing uses: [AccessUse]) -> JSONValue {
        var statements: [(resource: String, actions: [String])] = []
        var places: [String: Int] = [:]
        for use in uses {
            guard let place = places[use.resource] else {
                places[use.resource] = statements.count
                statements.append((use.resource, [use.action]))
                continue
            }
            // An older data file may have one twice.
            if statements[place].actions.last != use.action { statements[place].actions.append(use.action) }
        }
        let rendered: [JSONValue] = statements.map { statement in
            ["Effect": "Allow", "Action": .strings(statement.actions), "Resource": .string(statement.resource)]
        }
        return ["Version": "2012-10-17", "Statement": .array(rendered)]
    }
}
