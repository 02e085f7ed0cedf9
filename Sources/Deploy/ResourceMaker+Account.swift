import HTTPTypes
import Kernel
import Scenario

// IAM, Secrets Manager, Lambda, Cognito, and what a template makes with code of its own.
extension ResourceMaker {
    mutating func role(_ properties: JSONObject) async throws(ResourceFailure) -> Evaluator.Created {
        let name = properties["RoleName"]?.string ?? generatedName()
        let trust = (properties["AssumeRolePolicyDocument"] ?? [:]).text
        var form: Form = ["RoleName": name, "AssumeRolePolicyDocument": trust]
        form.append("Path", properties["Path"]?.string)
        form.append("Description", properties["Description"]?.string)
        let answer = try await client.iam("CreateRole", form)
        physicalID = name
        undo = Self.deletion(of: name, taking: [])
        // A role that has policies is not deleted (ledger `iam-delete-conflict`): what was put on it comes off first.
        var taking: [(action: String, members: Form)] = []
        for policy in properties["Policies"]?.array ?? [] {
            let members: Form = ["RoleName": name, "PolicyName": policy["PolicyName"]?.string ?? ""]
            var whole = members
            whole.append("PolicyDocument", (policy["PolicyDocument"] ?? [:]).text)
            _ = try await client.iam("PutRolePolicy", whole)
            taking.insert(("DeleteRolePolicy", members), at: 0)
            undo = Self.deletion(of: name, taking: taking)
        }
        for policy in properties["ManagedPolicyArns"]?.array ?? [] {
            let members: Form = ["RoleName": name, "PolicyArn": policy.string ?? ""]
            _ = try await client.iam("AttachRolePolicy", members)
            taking.insert(("DetachRolePolicy", members), at: 0)
            undo = Self.deletion(of: name, taking: taking)
        }
        let attributes: JSONObject = [
            "Arn": .string(XML.text(of: "Arn", in: answer) ?? ""),
            "RoleId": .string(XML.text(of: "RoleId", in: answer) ?? ""),
        ]
        return Evaluator.Created(ref: name, attributes: attributes)
    }

    private static func deletion(of role: String, taking: [(action: String, members: Form)]) -> Deployment.Undo {
        { (client) async throws(ResourceFailure) in
            for step in taking { _ = try await client.iam(step.action, step.members) }
            _ = try await client.iam("DeleteRole", ["RoleName": role])
        }
    }

    mutating func policy(_ properties: JSONObject) async throws(ResourceFailure) -> Evaluator.Created {
        let document = (properties["PolicyDocument"] ?? [:]).text
        let roles = properties["Roles"]?.strings ?? []
        guard resource.type == "AWS::IAM::ManagedPolicy" else {
            let name = properties["PolicyName"]?.string ?? ""
            for (index, role) in roles.enumerated() {
                _ = try await client.iam(
                    "PutRolePolicy", ["RoleName": role, "PolicyName": name, "PolicyDocument": document])
                let done = roles[...index].reversed()
                undo = { (client) async throws(ResourceFailure) in
                    for role in done {
                        _ = try await client.iam("DeleteRolePolicy", ["RoleName": role, "PolicyName": name])
                    }
                }
            }
            let id = generatedName()
            return Evaluator.Created(ref: id, attributes: ["Id": .string(id)])
        }
        let name = properties["ManagedPolicyName"]?.string ?? generatedName()
        var form: Form = ["PolicyName": name, "PolicyDocument": document]
        form.append("Path", properties["Path"]?.string)
        let answer = try await client.iam("CreatePolicy", form)
        let arn = XML.text(of: "Arn", in: answer) ?? ""
        physicalID = arn
        undo = { (client) async throws(ResourceFailure) in
            _ = try await client.iam("DeletePolicy", ["PolicyArn": arn])
        }
        for (index, role) in roles.enumerated() {
            _ = try await client.iam("AttachRolePolicy", ["RoleName": role, "PolicyArn": arn])
            let done = roles[...index].reversed()
            undo = { (client) async throws(ResourceFailure) in
                for role in done { _ = try await client.iam("DetachRolePolicy", ["RoleName": role, "PolicyArn": arn]) }
                _ = try await client.iam("DeletePolicy", ["PolicyArn": arn])
            }
        }
        return Evaluator.Created(ref: arn, attributes: ["PolicyArn": .string(arn)])
    }

    mutating func secret(_ properties: JSONObject) async throws(ResourceFailure) -> Evaluator.Created {
        var input: JSONObject = ["Name": properties["Name"] ?? .string(generatedName())]
        if let text = properties["SecretString"] { input.append("SecretString", text) }
        if let rules = properties["GenerateSecretString"] {
            input.append("SecretString", .string(generatedSecret(rules)))
        }
        let answer = try await client.json("secretsmanager", "secretsmanager.CreateSecret", .object(input))
        let arn = answer["ARN"]?.string ?? ""
        physicalID = arn
        undo = { (client) async throws(ResourceFailure) in
            _ = try await client.json(
                "secretsmanager", "secretsmanager.DeleteSecret",
                ["SecretId": .string(arn), "ForceDeleteWithoutRecovery": true])
        }
        return Evaluator.Created(ref: arn, attributes: ["Id": .string(arn)])
    }

    /// AWS CloudFormation template reference, `AWS::SecretsManager::Secret GenerateSecretString`.
    private func generatedSecret(_ rules: JSONValue) -> String {
        let length = rules["PasswordLength"]?.int ?? Int64(rules["PasswordLength"]?.string ?? "") ?? 32
        let text = entropy.text(Int(min(max(length, 1), 4096)), from: .base62, for: "generated secret")
        guard let key = rules["GenerateStringKey"]?.string else { return text }
        let template = rules["SecretStringTemplate"]?.string ?? "{}"
        var object = (try? JSONValue(parsing: template))?.object ?? [:]
        object[key] = .string(text)
        return JSONValue.object(object).text
    }

    mutating func function(_ properties: JSONObject) async throws(ResourceFailure) -> Evaluator.Created {
        let name = properties["FunctionName"]?.string ?? generatedName()
        var input: JSONObject = ["FunctionName": .string(name)]
        for member in ["Role", "Runtime", "Handler", "Description", "Code"] {
            if let value = properties[member] { input.append(member, value) }
        }
        let answer = try await client.lambda(.post, "", .object(input)).json
        physicalID = name
        undo = { (client) async throws(ResourceFailure) in
            _ = try await client.lambda(.delete, "/\(percentEncoded(name))", nil)
        }
        return Evaluator.Created(ref: name, attributes: ["Arn": answer?["FunctionArn"] ?? ""])
    }

    mutating func cognito(_ properties: JSONObject) async throws(ResourceFailure) -> Evaluator.Created {
        let noun = String(resource.type.dropFirst("AWS::Cognito::".count))
        let operation = noun == "UserPoolResourceServer" ? "ResourceServer" : noun
        var input = properties
        if noun == "UserPool" { input["PoolName"] = input["UserPoolName"] ?? .string(generatedName()) }
        if noun == "UserPoolClient", input["ClientName"] == nil { input["ClientName"] = .string(generatedName()) }
        let answer = try await client.json(
            "cognito-idp", "AWSCognitoIdentityProviderService.Create\(operation)", .object(input))
        let pool = answer["UserPool"]?["Id"]?.string ?? properties["UserPoolId"]?.string ?? ""
        var address: JSONObject = ["UserPoolId": .string(pool)]
        var created: Evaluator.Created
        switch noun {
        case "UserPool":
            let host = "cognito-idp.\(destination.region).amazonaws.com"
            created = Evaluator.Created(
                ref: pool,
                attributes: [
                    "UserPoolId": .string(pool), "Arn": answer["UserPool"]?["Arn"] ?? "",
                    "ProviderName": .string("\(host)/\(pool)"), "ProviderURL": .string("https://\(host)/\(pool)"),
                ])
        case "UserPoolClient":
            let made = answer["UserPoolClient"]
            let id = made?["ClientId"]?.string ?? ""
            address.append("ClientId", .string(id))
            created = Evaluator.Created(
                ref: id,
                attributes: [
                    "ClientId": .string(id), "Name": made?["ClientName"] ?? "",
                    "ClientSecret": made?["ClientSecret"] ?? "",
                ])
        case "UserPoolDomain":
            address.append("Domain", properties["Domain"] ?? "")
            created = Evaluator.Created(
                ref: properties["Domain"]?.string ?? "",
                attributes: ["CloudFrontDistribution": answer["CloudFrontDomain"] ?? ""])
        default:
            address.append("Identifier", properties["Identifier"] ?? "")
            created = Evaluator.Created(ref: properties["Identifier"]?.string ?? "")
        }
        physicalID = created.ref
        let target = "AWSCognitoIdentityProviderService.Delete\(operation)"
        let members: JSONValue = .object(address)
        undo = { (client) async throws(ResourceFailure) in
            _ = try await client.json("cognito-idp", target, members)
        }
        return created
    }

    /// Invokes the function behind `ServiceToken` with a request of the custom resource protocol (AWS CloudFormation
    /// user guide, "Custom resource reference"). Its answer is what it returns, as the CDK's provider framework has it.
    mutating func custom(_ properties: JSONObject) async throws(ResourceFailure) -> Evaluator.Created {
        let token = properties["ServiceToken"]?.string ?? ""
        let (resource, destination) = (resource, destination)
        let id = entropy.uuid(for: "custom resource request")
        @Sendable func event(_ kind: String, _ physical: String?) -> JSONValue {
            var event: JSONObject = [
                "RequestType": .string(kind), "RequestId": .string(id), "StackId": .string(destination.stackID),
                "ResourceType": .string(resource.type), "LogicalResourceId": .string(resource.name),
                "ResourceProperties": .object(properties), "ServiceToken": .string(token),
                "ResponseURL": "https://cloudformation-custom-resource-response.invalid/",
            ]
            if let physical { event.append("PhysicalResourceId", .string(physical)) }
            return .object(event)
        }
        if let call = SDKCall(properties["Create"] ?? properties["Update"]) {
            let answer = try await call.answer(of: client)
            physicalID = generatedName()
            return Evaluator.Created(ref: physicalID, attributes: Self.flat(answer))
        }
        let path = "/\(percentEncoded(token))/invocations"
        let response = try await client.lambda(.post, path, event("Create", nil))
        let answer = response.json ?? .null
        if response.header(fieldName("X-Amz-Function-Error")) != nil || answer["Status"]?.string == "FAILED" {
            let words = answer["errorMessage"]?.string ?? answer["Reason"]?.string ?? "the function failed"
            throw ResourceFailure("Received response status [FAILED] from custom resource. Message returned: \(words)")
        }
        physicalID = answer["PhysicalResourceId"]?.string ?? generatedName()
        let physical = physicalID
        undo = { (client) async throws(ResourceFailure) in
            _ = try await client.lambda(.post, path, event("Delete", physical))
        }
        return Evaluator.Created(ref: physicalID, attributes: answer["Data"]?.object ?? [:])
    }

    /// `a.b.0.c`, as `getResponseField` names what is inside.
    private static func flat(_ value: JSONValue, _ path: String = "") -> JSONObject {
        var result = JSONObject()
        switch value {
        case .object(let object):
            for member in object.members {
                let inner = flat(member.value, path.isEmpty ? member.name : "\(path).\(member.name)")
                for entry in inner.members { result.append(entry.name, entry.value) }
            }
        case .array(let items):
            for (index, item) in items.enumerated() {
                for entry in flat(item, "\(path).\(index)").members { result.append(entry.name, entry.value) }
            }
        default: result.append(path, value)
        }
        return result
    }
}
