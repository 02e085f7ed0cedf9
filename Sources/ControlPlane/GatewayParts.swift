import AWSCore
import Kernel

// Rules and rate limits of a gateway: they are kept and shown. The gateway neither routes by the ones nor counts by the
// others; `InertMembers` says so in the journal.

enum PartTag {}

/// A rule or a rate limit.
struct GatewayPartRecord: Record {
    static let collection = "gateway-part"

    enum Kind: String, Codable, Sendable {
        case rule
        case rateLimit = "rate-limit"

        /// Member that names one.
        var idMember: String { self == .rule ? "ruleId" : "rateLimitId" }
        var noun: String { self == .rule ? "Gateway rule" : "Gateway rate limit" }
        /// Name of the list in an answer.
        var list: String { self == .rule ? "gatewayRules" : "rateLimits" }
        /// Members that are shown again.
        var members: [String] {
            self == .rule
                ? ["priority", "conditions", "actions", "description"] : ["description", "dimensionKeys", "entries"]
        }
    }

    let id: Identifier<PartTag>
    let kind: Kind
    let gateway: GatewayID
    /// `ruleId` or `rateLimitId`.
    let name: String
    var request: JSONObject
    let createdAt: Instant
    var updatedAt: Instant
    var keys: [RecordKey] { [RecordKey("gateway", Self.owner(kind, gateway))] }

    static func id(_ kind: Kind, _ gateway: GatewayID, _ name: String) -> Identifier<PartTag> {
        Identifier("\(owner(kind, gateway)) \(name)")
    }
    static func owner(_ kind: Kind, _ gateway: GatewayID) -> String { "\(kind.rawValue) \(gateway)" }

    init(_ kind: Kind, _ gateway: GatewayID, _ name: String, input: JSONObject, at now: Instant) {
        id = Self.id(kind, gateway, name)
        self.kind = kind
        self.gateway = gateway
        self.name = name
        request = JSONObject(input.members.filter { kind.members.contains($0.name) })
        createdAt = now
        updatedAt = now
    }

    /// Names of the targets that a rule leads to, by whatever route.
    var targets: [String] { Self.targets(in: request["actions"] ?? .null) }

    private static func targets(in value: JSONValue) -> [String] {
        switch value {
        case .array(let items): items.flatMap(targets)
        case .object(let object):
            object.members.flatMap { member in
                member.name == "targetName" ? [member.value.string ?? ""] : targets(in: member.value)
            }
        default: []
        }
    }

    /// Leads to a target under its new name.
    mutating func follow(_ target: String, to name: String, at now: Instant) {
        request["actions"] = Self.renamed(request["actions"] ?? .null, target, name)
        updatedAt = now
    }

    private static func renamed(_ value: JSONValue, _ target: String, _ name: String) -> JSONValue {
        switch value {
        case .array(let items): .array(items.map { renamed($0, target, name) })
        case .object(let object):
            .object(
                JSONObject(
                    object.members.map { member in
                        let isIt = member.name == "targetName" && member.value.string == target
                        return .init(member.name, isIt ? .string(name) : renamed(member.value, target, name))
                    }))
        default: value
        }
    }

    /// What the caller leaves out stays: these are PATCH calls.
    mutating func patch(_ input: JSONObject, at now: Instant) {
        for member in input.members where kind.members.contains(member.name) { request[member.name] = member.value }
        updatedAt = now
    }
}

extension ControlPlane {
    typealias Part = GatewayPartRecord

    func createRule(_ call: Call) async throws -> JSONValue { try create(.rule, call) }
    func createRateLimit(_ call: Call) async throws -> JSONValue { try create(.rateLimit, call) }
    func getRule(_ call: Call) async throws -> JSONValue { try get(.rule, call) }
    func getRateLimit(_ call: Call) async throws -> JSONValue { try get(.rateLimit, call) }
    func updateRule(_ call: Call) async throws -> JSONValue { try update(.rule, call) }
    func updateRateLimit(_ call: Call) async throws -> JSONValue { try update(.rateLimit, call) }
    func deleteRule(_ call: Call) async throws -> JSONValue { try delete(.rule, call) }
    func deleteRateLimit(_ call: Call) async throws -> JSONValue { try delete(.rateLimit, call) }
    func listRules(_ call: Call) async throws -> JSONValue { try list(.rule, call) }
    func listRateLimits(_ call: Call) async throws -> JSONValue { try list(.rateLimit, call) }

    private func create(_ kind: Part.Kind, _ call: Call) throws -> JSONValue {
        try checkInput(of: kind, call.input)
        let fresh = world.entropy.uuid(for: "gateway-part")
        return try world.store.write { transaction in
            let gateway = try findGateway(call, in: &transaction)
            let earlier = try earlierAnswer(to: call, &transaction) { answer, transaction in
                transaction.find(Part.self, Part.id(kind, gateway.id, answer[kind.idMember]?.string ?? "")) != nil
            }
            if let earlier { return earlier }
            try checkNotDeleting(gateway)
            let name = call.input["rateLimitId"]?.string ?? fresh
            let part = Part(kind, gateway.id, name, input: call.input, at: call.now)
            guard transaction.find(Part.self, part.id) == nil else { throw taken(kind.noun.lowercased(), name) }
            try checkKeys(of: part, in: &transaction)
            try checkPriority(of: part, in: &transaction)
            try checkTargets(of: part, in: &transaction)
            transaction.save(part)
            let answer = render(part, of: gateway, "CREATING")
            keep(answer, of: call, in: &transaction)
            return answer
        }
    }

    /// What can be told from the input alone.
    private func checkInput(of kind: Part.Kind, _ input: JSONObject) throws(AWSError) {
        switch kind {
        case .rule: try DependentMembers.check("CreateGatewayRule", input)
        case .rateLimit: try DependentMembers.check("CreateGatewayRateLimit", input)
        }
    }

    /// Which of two rules comes first has to be clear (ledger `rule-priority`).
    private func checkPriority(of part: Part, in transaction: inout Transaction) throws(AWSError) {
        guard part.kind == .rule else { return }
        let rules = transaction.find(Part.self, where: "gateway", is: Part.owner(.rule, part.gateway))
        guard rules.allSatisfy({ $0.id == part.id || $0.request["priority"] != part.request["priority"] }) else {
            throw AWSError(.conflict, "A gateway rule with this priority already exists")
        }
    }

    func checkNotDeleting(_ gateway: GatewayRecord) throws(AWSError) {
        guard gateway.status == .deleting else { return }
        throw AWSError(.conflict, "Gateway \(gateway.id) is not ready: its status is \(gateway.status.rawValue)")
    }

    // Rules and the targets they lead to (ledger `rule-targets`).

    private func checkTargets(of part: Part, in transaction: inout Transaction) throws(AWSError) {
        for name in part.targets {
            let found = transaction.find(TargetRecord.self, where: "name", is: "\(part.gateway)/\(name)")
            guard let target = found.first else {
                throw AWSError(.resourceNotFound, "Target \(name) not found in gateway \(part.gateway)")
            }
            try checkInference(target, of: part)
        }
    }

    func checkNoRule(leadsTo target: TargetRecord, in transaction: inout Transaction) throws(AWSError) {
        let rules = transaction.find(Part.self, where: "gateway", is: Part.owner(.rule, target.gateway))
        guard let rule = rules.first(where: { $0.targets.contains(target.name) }) else { return }
        throw AWSError(.conflict, "Target \(target.id) is used by gateway rule \(rule.name)")
    }

    /// A rule names its target, and would lead nowhere (ledger `rule-target-renamed`).
    func checkRules(
        of target: TargetRecord, renamed name: String, in transaction: inout Transaction
    ) throws(AWSError) {
        guard name != target.name, world.switches.choice(.renamedTarget) == "refuse" else { return }
        try checkNoRule(leadsTo: target, in: &transaction)
    }

    func moveRules(of target: TargetRecord, to name: String, at now: Instant, in transaction: inout Transaction) {
        guard name != target.name else { return }
        let rules = transaction.find(Part.self, where: "gateway", is: Part.owner(.rule, target.gateway))
        for var rule in rules where rule.targets.contains(target.name) {
            rule.follow(target.name, to: name, at: now)
            transaction.save(rule)
        }
    }

    func checkNoRules(of gateway: GatewayRecord, in transaction: inout Transaction) throws(AWSError) {
        guard !transaction.find(Part.self, where: "gateway", is: Part.owner(.rule, gateway.id)).isEmpty else { return }
        throw AWSError(
            .validation,
            "Gateway \(gateway.id) has rules associated with it. Delete all rules before deleting the gateway.",
            reason: .resourceConflict)
    }

    /// What a gateway had goes with it.
    func dropParts(of gateway: GatewayID, in transaction: inout Transaction) {
        for kind in [Part.Kind.rule, .rateLimit] {
            for part in transaction.find(Part.self, where: "gateway", is: Part.owner(kind, gateway)) {
                transaction.remove(Part.self, part.id)
            }
        }
    }

    private func get(_ kind: Part.Kind, _ call: Call) throws -> JSONValue {
        try world.store.write { transaction in
            let (gateway, part) = try findPart(kind, call, in: &transaction)
            return render(part, of: gateway)
        }
    }

    private func update(_ kind: Part.Kind, _ call: Call) throws -> JSONValue {
        if kind == .rule { try checkInput(of: kind, call.input) }
        return try world.store.write { transaction in
            var (gateway, part) = try findPart(kind, call, in: &transaction)
            try checkNotDeleting(gateway)
            part.patch(call.input, at: call.now)
            // Only now is it known which dimension keys the new entries must have.
            if kind == .rateLimit { try checkInput(of: kind, part.request) }
            try checkPriority(of: part, in: &transaction)
            try checkTargets(of: part, in: &transaction)
            transaction.save(part)
            return render(part, of: gateway, "UPDATING")
        }
    }

    private func delete(_ kind: Part.Kind, _ call: Call) throws -> JSONValue {
        try world.store.write { transaction in
            let (gateway, part) = try findPart(kind, call, in: &transaction)
            try checkNotDeleting(gateway)
            transaction.remove(Part.self, part.id)
            return .object(JSONObject([.init(kind.idMember, .string(part.name)), .init("status", "DELETING")]))
        }
    }

    private func list(_ kind: Part.Kind, _ call: Call) throws -> JSONValue {
        try world.store.write { transaction in
            let gateway = try findGateway(call, in: &transaction)
            let owner = Part.owner(kind, gateway.id)
            let page = try Page(
                of: transaction.find(Part.self, where: "gateway", is: owner), list: owner,
                token: call.input["nextToken"]?.string, limit: pageSize(call, most: 1000)
            ) { $0.name }
            return page.json(kind.list) { render($0, of: gateway) }
        }
    }

    private func findPart(
        _ kind: Part.Kind, _ call: Call, in transaction: inout Transaction
    ) throws(AWSError) -> (GatewayRecord, Part) {
        let gateway = try findGateway(call, in: &transaction)
        let name = call.text(kind.idMember)
        guard let part = transaction.find(Part.self, Part.id(kind, gateway.id, name)) else {
            throw AWSError(.resourceNotFound, "\(kind.noun) \(name) not found")
        }
        return (gateway, part)
    }

    /// A change is done by the next call: `status` is what the answer to the change itself says.
    func render(_ part: Part, of gateway: GatewayRecord, _ status: String = "ACTIVE") -> JSONValue {
        var result = JSONObject([.init(part.kind.idMember, .string(part.name))])
        for member in part.request.members { result.append(member.name, member.value) }
        result.append("status", .string(status))
        result.append("createdAt", .string(part.createdAt.iso8601))
        if part.kind == .rule {
            result.append("gatewayArn", .string(names.gatewayARN(gateway.id, account: gateway.account)))
            if status != "CREATING" { result.append("updatedAt", .string(part.updatedAt.iso8601)) }
        } else {
            result.append("gatewayIdentifier", .string(gateway.id.rawValue))
            result.append("updatedAt", .string(part.updatedAt.iso8601))
        }
        return .object(result)
    }
}
