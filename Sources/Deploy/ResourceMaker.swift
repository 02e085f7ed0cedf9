import AWSCore
import Kernel
import Scenario

/// Makes one resource by the operations a resource handler of CloudFormation calls.
struct ResourceMaker {
    let resource: StackTemplate.Resource
    let destination: Destination
    let client: AWSClient
    let entropy: any Entropy
    let wait: @Sendable (Span) async -> Void
    var undo: Deployment.Undo?
    var physicalID = ""
    /// What the reader of the events should know of a success.
    var remark: String?

    /// Between two looks at something that is not done yet.
    static let pause = Span.milliseconds(100)
    /// Looks before a resource counts as stuck.
    static let patience = 600

    mutating func create(with evaluator: Evaluator) async throws(ResourceFailure) -> Evaluator.Created {
        var properties = try evaluated(evaluator)
        properties = try await resolved(.object(properties)).object ?? [:]
        switch resource.type {
        case "AWS::BedrockAgentCore::Gateway": return try await gateway(properties)
        case "AWS::BedrockAgentCore::GatewayTarget": return try await target(properties)
        case "AWS::BedrockAgentCore::OAuth2CredentialProvider":
            return try await identity(properties, "Oauth2CredentialProvider", ref: "credentialProviderArn")
        case "AWS::BedrockAgentCore::ApiKeyCredentialProvider":
            return try await identity(properties, "ApiKeyCredentialProvider", ref: "credentialProviderArn")
        case "AWS::BedrockAgentCore::WorkloadIdentity":
            return try await identity(properties, "WorkloadIdentity", ref: "name")
        case "AWS::BedrockAgentCore::GatewayRule": return try await part("GatewayRule", "ruleId", properties)
        case "AWS::BedrockAgentCore::GatewayRateLimit":
            return try await part("GatewayRateLimit", "rateLimitId", properties)
        case "AWS::BedrockAgentCore::ConsentPortal": return try await portal(properties)
        case "AWS::BedrockAgentCore::ResourcePolicy": return try await resourcePolicy(properties)
        case "AWS::IAM::Role": return try await role(properties)
        case "AWS::IAM::Policy", "AWS::IAM::ManagedPolicy": return try await policy(properties)
        case "AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient", "AWS::Cognito::UserPoolDomain",
            "AWS::Cognito::UserPoolResourceServer":
            return try await cognito(properties)
        case "AWS::Lambda::Function": return try await function(properties)
        case "AWS::Lambda::Permission": return Evaluator.Created(ref: generatedName())
        case "AWS::SecretsManager::Secret": return try await secret(properties)
        default: return try await custom(properties)
        }
    }

    private func evaluated(_ evaluator: Evaluator) throws(ResourceFailure) -> JSONObject {
        var properties = JSONObject()
        do throws(Diagnostic) {
            for member in resource.properties {
                if let value = try evaluator.value(member.value) { properties.append(member.name, value) }
            }
        } catch {
            throw ResourceFailure("\(error)")
        }
        return properties
    }

    /// Fills `{{resolve:secretsmanager:…}}` (AWS CloudFormation user guide, "Dynamic references").
    private func resolved(_ value: JSONValue) async throws(ResourceFailure) -> JSONValue {
        switch value {
        case .string(let text):
            guard let start = text.range(of: "{{resolve:") else { return value }
            let rest = text[start.upperBound...]
            guard let end = rest.range(of: "}}") else { return value }
            let secret = try await dynamicReference(String(rest[..<end.lowerBound]))
            // What a secret holds is never looked at again; what follows it may have references of its own.
            let others = try await resolved(.string(String(rest[end.upperBound...]))).string ?? ""
            return .string("\(text[..<start.lowerBound])\(secret)\(others)")
        case .array(let items):
            var result: [JSONValue] = []
            for item in items { result.append(try await resolved(item)) }
            return .array(result)
        case .object(let object):
            var result = JSONObject()
            for member in object.members { result.append(member.name, try await resolved(member.value)) }
            return .object(result)
        default: return value
        }
    }

    private func dynamicReference(_ text: String) async throws(ResourceFailure) -> String {
        guard text.hasPrefix("secretsmanager:") else {
            throw ResourceFailure("Dynamic reference {{resolve:\(text)}} is not supported: secretsmanager alone is")
        }
        var body = text.dropFirst("secretsmanager:".count)
        var options: [String] = []
        if let mark = body.range(of: ":SecretString") {
            options = body[mark.upperBound...].pieces(by: ":", keepingEmpty: true).map(String.init)
            body = body[..<mark.lowerBound]
        }
        let answer = try await client.json(
            "secretsmanager", "secretsmanager.GetSecretValue", ["SecretId": .string(String(body))])
        let secret = answer["SecretString"]?.string ?? ""
        guard options.count > 1, !options[1].isEmpty else { return secret }
        guard let value = try? JSONValue(parsing: secret)[options[1]]?.string else {
            throw ResourceFailure("Could not find a value associated with JSONKey in SecretString")
        }
        return value
    }

    /// As CloudFormation names what the template does not: stack, logical id, random letters.
    func generatedName() -> String {
        let suffix = entropy.text(12, from: .upperAlphanumeric, for: "stack resource name")
        // 64 letters are the most that a role's name may have.
        let stem = "\(destination.stack)-\(resource.name)".prefix(64 - 1 - 12)
        return "\(stem)-\(suffix)"
    }

    /// Properties as the input of an operation of AgentCore.
    func input(_ operation: String, _ properties: JSONObject) throws(ResourceFailure) -> JSONObject {
        let (members, unknown) = client.contract.input(of: operation, named: Self.withTagsAsMap(properties))
        guard unknown.isEmpty else {
            let keys = unknown.map { "#/\($0): extraneous key" }.joined(separator: ", ")
            throw ResourceFailure("Properties validation failed for resource \(resource.name) with message: [\(keys)]")
        }
        return members
    }

    /// Tags are a list of keys and values in some templates, a map in the API.
    static func withTagsAsMap(_ properties: JSONObject) -> JSONObject {
        guard let tags = properties["Tags"]?.array else { return properties }
        var properties = properties
        let members = tags.compactMap { tag in tag["Key"]?.string.map { ($0, tag["Value"] ?? "") } }
        properties["Tags"] = .object(JSONObject(members.map { .init($0.0, $0.1) }))
        return properties
    }

    /// Attributes are the members of the answer with a capital first letter.
    static func attributes(_ answer: JSONValue) -> JSONObject { capitalized(answer).object ?? [:] }

    private static func capitalized(_ value: JSONValue) -> JSONValue {
        switch value {
        case .array(let items): .array(items.map(capitalized))
        case .object(let object):
            .object(
                JSONObject(
                    object.members.map { member in
                        let name = member.name
                        return .init("\(name.prefix(1).uppercased())\(name.dropFirst())", capitalized(member.value))
                    }))
        default: value
        }
    }
}

// AgentCore.
extension ResourceMaker {
    private mutating func gateway(_ properties: JSONObject) async throws(ResourceFailure) -> Evaluator.Created {
        // What only an update knows waits until the gateway is there (ledger `cfn-gateway-waf`).
        var begun = properties
        begun["WafConfiguration"] = nil
        var answer = try await client.agentCore("CreateGateway", try input("CreateGateway", begun))
        let id = answer["gatewayId"]?.string ?? ""
        physicalID = id
        undo = { (client) async throws(ResourceFailure) in
            _ = try await client.agentCore("DeleteGateway", ["gatewayIdentifier": .string(id)])
        }
        answer = try await stable("Gateway \(id)", "GetGateway", ["gatewayIdentifier": .string(id)])
        if properties["WafConfiguration"] != nil {
            var kept = properties
            kept["Tags"] = nil
            var update = try input("UpdateGateway", kept)
            update["gatewayIdentifier"] = .string(id)
            _ = try await client.agentCore("UpdateGateway", update)
            answer = try await stable("Gateway \(id)", "GetGateway", ["gatewayIdentifier": .string(id)])
        }
        var attributes = Self.attributes(answer)
        attributes["GatewayIdentifier"] = .string(id)
        return Evaluator.Created(ref: id, attributes: attributes)
    }

    private mutating func target(_ properties: JSONObject) async throws(ResourceFailure) -> Evaluator.Created {
        let operation = "CreateGatewayTarget"
        let answer = try await client.agentCore(operation, try input(operation, properties))
        let gateway = properties["GatewayIdentifier"]?.string ?? ""
        let id = answer["targetId"]?.string ?? ""
        physicalID = "\(gateway)|\(id)"
        let address: JSONObject = ["gatewayIdentifier": .string(gateway), "targetId": .string(id)]
        undo = { (client) async throws(ResourceFailure) in
            _ = try await client.agentCore("DeleteGatewayTarget", address)
        }
        let found = try await stable("GatewayTarget \(physicalID)", "GetGatewayTarget", address)
        if let url = answer["authorizationData"]?["oauth2"]?["authorizationUrl"]?.string {
            remark = "waits for somebody to authorize it: \(url)"
        }
        var attributes = Self.attributes(found)
        attributes["GatewayIdentifier"] = .string(gateway)
        return Evaluator.Created(ref: physicalID, attributes: attributes)
    }

    /// Looks until a status says that the work is done (ledger E16 for the words of a failure).
    func stable(
        _ what: String, _ operation: String, _ input: JSONObject
    ) async throws(ResourceFailure) -> JSONValue {
        for _ in 0..<Self.patience {
            let found = try await client.agentCore(operation, input)
            let status = found["status"]?.string ?? ""
            switch status {
            case "READY", "ACTIVE": return found
            // Nobody consents during a deployment; waiting would never end (ledger `cfn-pending-auth`).
            case _ where status.hasSuffix("_PENDING_AUTH"): return found
            case "UPDATE_UNSUCCESSFUL", "SYNCHRONIZE_UNSUCCESSFUL",
                _ where status.hasSuffix("FAILED"):
                let reasons = found["statusReasons"]?.strings?.joined(separator: "; ")
                throw ResourceFailure(
                    "\(what) failed to stabilize, status: \(status)\(reasons.map { ", reason: \($0)" } ?? "")")
            default: await wait(Self.pause)
            }
        }
        throw ResourceFailure("\(what) did not stabilize in time")
    }

    private mutating func identity(
        _ properties: JSONObject, _ noun: String, ref: String
    ) async throws(ResourceFailure) -> Evaluator.Created {
        let answer = try await client.agentCore("Create\(noun)", try input("Create\(noun)", properties))
        let name = properties["Name"]?.string ?? answer["name"]?.string ?? ""
        undo = { (client) async throws(ResourceFailure) in
            _ = try await client.agentCore("Delete\(noun)", ["name": .string(name)])
        }
        physicalID = answer[ref]?.string ?? name
        let found = try await client.agentCore("Get\(noun)", ["name": .string(name)])
        return Evaluator.Created(ref: physicalID, attributes: Self.attributes(found))
    }
}
