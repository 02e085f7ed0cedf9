import AWSCore
import Kernel

// TagResource, UntagResource, ListTagsForResource, and the three calls for resource policies.

enum ResourceTag {}
typealias ResourceARN = Identifier<ResourceTag>

/// Tags of one resource, in the order of their names.
struct TagsRecord: Record {
    static let collection = "tags"
    let id: ResourceARN
    var tags: [String: String]
}

/// The policy that stands at one resource.
struct ResourcePolicyRecord: Record {
    static let collection = "resource-policy"
    let id: ResourceARN
    var policy: String
}

extension ControlPlane {
    /// The most tags a resource has (ledger `tags-limit`).
    private static let mostTags = 50

    func tagResource(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            let arn = try findResource(call, in: &transaction)
            var record = transaction.find(TagsRecord.self, arn) ?? TagsRecord(id: arn, tags: [:])
            for tag in call.input["tags"]?.object?.members ?? [] { record.tags[tag.name] = tag.value.string ?? "" }
            guard record.tags.count <= Self.mostTags else { throw quota("tags of a resource", Self.mostTags) }
            transaction.save(record)
            return [:]
        }
    }

    func untagResource(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            let arn = try findResource(call, in: &transaction)
            guard var record = transaction.find(TagsRecord.self, arn) else { return [:] }
            for key in call.input["tagKeys"]?.strings ?? [] { record.tags[key] = nil }
            transaction.save(record)
            return [:]
        }
    }

    func listTags(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            let arn = try findResource(call, in: &transaction)
            let tags = transaction.find(TagsRecord.self, arn)?.tags ?? [:]
            let members = tags.sorted { $0.key < $1.key }.map { JSONObject.Member($0.key, .string($0.value)) }
            return ["tags": .object(JSONObject(members))]
        }
    }

    static func checkTags(_ input: JSONObject) throws(AWSError) {
        let faults = DependentMembers.tags(input)
        guard faults.isEmpty else { throw AWSError.invalid(faults) }
    }

    /// Tags that came with a creation.
    func keepTags(_ call: Call, of arn: String, in transaction: inout Transaction) {
        guard let sent = call.input["tags"]?.object, !sent.members.isEmpty else { return }
        var record = TagsRecord(id: ResourceARN(arn), tags: [:])
        for tag in sent.members { record.tags[tag.name] = tag.value.string ?? "" }
        transaction.save(record)
    }

    /// What stood at a resource goes with it: a namesake begins without.
    func dropTags(of arn: String, in transaction: inout Transaction) {
        transaction.remove(TagsRecord.self, ResourceARN(arn))
        transaction.remove(ResourcePolicyRecord.self, ResourceARN(arn))
    }

    // MARK: - Resource policies

    /// A policy is kept and shown; the lab's IAM does not read it (ledger `resource-policy-form`).
    func putResourcePolicy(_ call: Call) async throws -> JSONValue {
        let policy = call.text("policy")
        guard (try? JSONValue(parsing: policy))?.object != nil else {
            throw AWSError.invalid([.init("policy", "Member must be a JSON object")])
        }
        return try world.store.write { transaction in
            let arn = try findResource(call, in: &transaction)
            try checkTakesPolicy(arn)
            transaction.save(ResourcePolicyRecord(id: arn, policy: policy))
            return ["policy": .string(policy)]
        }
    }

    func getResourcePolicy(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            let arn = try findResource(call, in: &transaction)
            guard let record = transaction.find(ResourcePolicyRecord.self, arn) else { return [:] }
            return ["policy": .string(record.policy)]
        }
    }

    func deleteResourcePolicy(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            let arn = try findResource(call, in: &transaction)
            guard transaction.find(ResourcePolicyRecord.self, arn) != nil else {
                throw AWSError(.resourceNotFound, "Resource \(arn) has no policy")
            }
            transaction.remove(ResourcePolicyRecord.self, arn)
            return [:]
        }
    }

    private func checkTakesPolicy(_ arn: ResourceARN) throws(AWSError) {
        guard arn.rawValue.split(separator: ":").last?.hasPrefix("gateway/") == true else {
            throw AWSError.invalid([.init("resourceArn", "Member must be the ARN of a gateway")])
        }
    }

    // MARK: - Resources by ARN

    /// The resource a call names by its ARN, if the caller's account has it in this Region. Letter by letter: there is
    /// one vault and one directory, and no other name leads to what is in them.
    private func findResource(_ call: Call, in transaction: inout Transaction) throws(AWSError) -> ResourceARN {
        let arn = call.text("resourceArn")
        let path = arn.split(separator: ":", maxSplits: 5, omittingEmptySubsequences: false).last.map(String.init) ?? ""
        guard known(path, of: call.account, in: &transaction) == arn else {
            throw AWSError(.resourceNotFound, "Resource \(arn) not found")
        }
        return ResourceARN(arn)
    }

    /// The ARN of what an account has under a path such as `gateway/demo-1`; nil if it has none.
    private func known(_ path: String, of account: String, in transaction: inout Transaction) -> String? {
        let parts = path.split(separator: "/").map(String.init)
        switch (parts.first, parts.count) {
        case ("gateway", 2):
            let id = GatewayID(parts[1])
            guard transaction.find(GatewayRecord.self, id)?.account == account else { return nil }
            return names.gatewayARN(id, account: account)
        case ("consent-portal", 2):
            guard transaction.find(ConsentPortalRecord.self, PortalID(parts[1]))?.account == account else { return nil }
            return names.consentPortalARN(parts[1], account: account)
        case ("token-vault", 4) where parts[2] == "oauth2credentialprovider":
            let name = ProviderName(parts[3])
            guard transaction.find(CredentialProviderRecord.self, name.of(account)) != nil else { return nil }
            return names.providerARN(name, account: account)
        case ("token-vault", 4) where parts[2] == "apikeycredentialprovider":
            let name = ProviderName(parts[3])
            guard transaction.find(APIKeyProviderRecord.self, name.of(account)) != nil else { return nil }
            return names.apiKeyProviderARN(name, account: account)
        case ("workload-identity-directory", 4):
            let name = WorkloadName(parts[3])
            guard transaction.find(WorkloadIdentityRecord.self, name.of(account)) != nil else { return nil }
            return names.workloadARN(name, account: account)
        default: return nil
        }
    }
}
