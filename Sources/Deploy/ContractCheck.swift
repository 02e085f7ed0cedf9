import AWSCore
import Kernel
import Scenario

/// Holds what a template says of AgentCore's resources against the operation that will make them: patterns, choices,
/// lengths and members. What is known only once another resource is there stays unlooked at.
struct ContractCheck {
    let contract: Contract
    let manner: Contract.Manner
    let evaluator: Evaluator

    /// The operation that makes a resource of a type.
    private static let operations = [
        "Gateway": "CreateGateway", "GatewayTarget": "CreateGatewayTarget",
        "OAuth2CredentialProvider": "CreateOauth2CredentialProvider",
        "ApiKeyCredentialProvider": "CreateApiKeyCredentialProvider",
        "WorkloadIdentity": "CreateWorkloadIdentity", "GatewayRule": "CreateGatewayRule",
        "GatewayRateLimit": "CreateGatewayRateLimit", "ConsentPortal": "CreateConsentPortal",
        "ResourcePolicy": "PutResourcePolicy",
    ]
    private static let prefix = "AWS::BedrockAgentCore::"
    /// Stands for what is not known yet.
    private static let later = "known-only-when-it-is-there"

    func problems(of resource: StackTemplate.Resource) -> [Diagnostic] {
        guard resource.type.hasPrefix(Self.prefix),
            let name = Self.operations[String(resource.type.dropFirst(Self.prefix.count))]
        else { return [] }
        var properties = JSONObject()
        for member in resource.properties {
            if let value = known(member.value) { properties.append(member.name, value) }
        }
        // What only an update knows (ledger `cfn-gateway-waf`).
        if name == "CreateGateway" { properties["WafConfiguration"] = nil }
        if name == "PutResourcePolicy", let policy = properties["Policy"], policy.object != nil {
            properties["Policy"] = .string(policy.text)
        }
        let (members, unknown) = contract.input(of: name, named: ResourceMaker.withTagsAsMap(properties))
        var problems = unknown.map { path in
            Diagnostic(
                place(of: path, in: resource),
                "\(resource.name) (\(resource.type)): extraneous key [\(path)] is not permitted")
        }
        for fault in faults(name, members) {
            problems.append(
                Diagnostic(
                    place(of: fault.name, in: resource),
                    "\(resource.name) (\(resource.type)): value at '\(fault.name)' failed to satisfy constraint: "
                        + fault.message))
        }
        return problems
    }

    /// What the service would find wrong, but for what is not known yet.
    private func faults(_ name: String, _ members: JSONObject) -> [AWSError.Field] {
        guard let request = try? contract.request(for: name, input: members, origin: "https://check.invalid"),
            let (operation, path) = try? contract.operation(for: request)
        else { return [] }
        let open = Self.open(.object(members), [])
        do throws(AWSError) {
            _ = try contract.read(operation, request: request, path: path, manner: manner)
        } catch {
            let faults = error.fieldList.filter { fault in
                let steps = Self.steps(fault.name)
                return !open.contains { steps.starts(with: $0) }
            }
            if !faults.isEmpty { return faults }
        }
        // Nor does the service look at these before each member is in order by itself.
        let names = Set(open.joined())
        let input = (try? request.json())?.object ?? [:]
        return DependentMembers.tags(input) + DependentMembers.faults(of: name, input, isOpen: names.contains)
    }

    /// A path without the word that AWS puts after a number or a key.
    private static func steps(_ path: String) -> [String] {
        path.pieces(by: ".").map(String.init).filter { $0 != "member" }
    }

    /// The paths of what is not known yet.
    private static func open(_ value: JSONValue, _ path: [String]) -> [[String]] {
        switch value {
        case .string(later): [path]
        case .array(let items): items.enumerated().flatMap { open($0.element, path + ["\($0.offset + 1)"]) }
        case .object(let object): object.members.flatMap { open($0.value, path + [$0.name]) }
        default: []
        }
    }

    private func place(of path: String, in resource: StackTemplate.Resource) -> Place {
        let first = path.prefix { $0 != "." && $0 != "/" }.lowercased()
        return resource.properties.first { $0.name.lowercased() == first }?.key.place ?? resource.place
    }

    /// The value of a node as far as it is known; nil for `AWS::NoValue`.
    private func known(_ node: DocumentNode) -> JSONValue? {
        var mentions: [Mention] = []
        Mention.collect(node, evaluator, &mentions)
        guard mentions.contains(where: { evaluator.template.resource($0.name) != nil }) else {
            do throws(Diagnostic) {
                return try evaluator.value(node).map(Self.withoutReferences)
            } catch {
                // Told where expressions are looked at.
                return .string(Self.later)
            }
        }
        if let items = node.items { return .array(items.compactMap(known)) }
        let isFunction =
            node.members.count == 1 && (node.members[0].name == "Ref" || node.members[0].name.hasPrefix("Fn::"))
        guard node.isMapping, !isFunction else { return .string(Self.later) }
        var object = JSONObject()
        for member in node.members {
            if let value = known(member.value) { object.append(member.name, value) }
        }
        return .object(object)
    }

    /// `{{resolve:…}}` is filled when the resource is made.
    private static func withoutReferences(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): text.range(of: "{{resolve:") == nil ? value : .string(later)
        case .array(let items): .array(items.map(withoutReferences))
        case .object(let object):
            .object(JSONObject(object.members.map { .init($0.name, withoutReferences($0.value)) }))
        default: value
        }
    }
}
