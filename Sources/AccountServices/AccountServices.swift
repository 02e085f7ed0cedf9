// IAM roles and policies, STS, and Secrets Manager, as far as stacks around AgentCore need them; and the gate that
// verifies signatures and enforces policies. It answers no operation of AgentCore.

import AWSCore
import HTTPTypes
package import Kernel
import Policy

/// Answers `iam.amazonaws.com`, `sts.<region>.amazonaws.com` and `secretsmanager.<region>.amazonaws.com`.
package struct AccountServices: Origin {
    let world: World
    let region: String

    package init(world: World, region: String) {
        self.world = world
        self.region = region
    }

    /// AgentCore has no operation at the root.
    package func claims(_ request: Request) -> Bool { request.method == .post && request.path == "/" }

    package func respond(to request: Request) async -> Response {
        let account = AWSNames.account(of: request)
        if let target = request.header(fieldName("X-Amz-Target")) {
            return secretsManager(String(target.pieces(by: ".").last ?? ""), request, account)
        }
        let form = request.form
        let action = form["Action"] ?? ""
        do {
            if Self.tokenActions.contains(action) {
                let result = try action == "AssumeRole" ? assumeRole(form, account) : callerIdentity(request, account)
                return Self.tokens(action, result, to: request)
            }
            return Self.xml(200, "<\(action)Response>\(try iam(form, account))</\(action)Response>")
        } catch let refusal as IAMRefusal {
            let body = "<Code>\(refusal.code)</Code><Message>\(Self.escaped(refusal.message))</Message>"
            return Self.xml(refusal.status, "<ErrorResponse><Error><Type>Sender</Type>\(body)</Error></ErrorResponse>")
        } catch {
            return Self.xml(500, "<ErrorResponse><Error><Code>ServiceFailure</Code></Error></ErrorResponse>")
        }
    }

    static func xml(_ status: Int, _ text: String) -> Response {
        Response(status, headers: [.contentType: "text/xml"], body: Array(text.utf8))
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", by: "&amp;").replacing("<", by: "&lt;").replacing(">", by: "&gt;")
    }
}

/// A refusal of IAM (IAM API reference, "Common Errors" and those of each action).
struct IAMRefusal: Error {
    let status: Int
    let code: String
    let message: String
}

// IAM.
extension AccountServices {
    private func iam(_ form: Form, _ account: String) throws -> String {
        let action = form["Action"] ?? ""
        switch action {
        case "CreateRole": return try createRole(form, account)
        case "GetRole":
            let found = try world.store.write { transaction -> RoleRecord in
                try role(form, account, &transaction)
            }
            return "<GetRoleResult>\(rendered(found))</GetRoleResult>"
        case "CreatePolicy": return try createPolicy(form, account)
        case "DeletePolicy": try deletePolicy(form, account)
        case "DeleteRole":
            try world.store.write { transaction in
                let role = try role(form, account, &transaction)
                guard role.attached.isEmpty else {
                    throw conflict("Cannot delete entity, must detach all policies first.")
                }
                guard role.inline.isEmpty else { throw conflict("Cannot delete entity, must delete policies first.") }
                transaction.remove(RoleRecord.self, role.id)
            }
        case "PutRolePolicy":
            let policy = NamedPolicy(
                name: try required("PolicyName", form), document: try document(form, "PolicyDocument"))
            try change(form, account) { role, _ in
                role.inline.removeAll { $0.name == policy.name }
                role.inline.append(policy)
            }
        case "DeleteRolePolicy":
            let name = try required("PolicyName", form)
            try change(form, account) { role, _ in
                guard role.inline.contains(where: { $0.name == name }) else {
                    throw noSuch("The role policy with name \(name) cannot be found.")
                }
                role.inline.removeAll { $0.name == name }
            }
        case "AttachRolePolicy":
            let arn = try policyARN(form)
            try change(form, account) { role, transaction in
                // AWS's own have names that nobody lists here (ledger `iam-policy-attached`).
                let isOfAWS = arn.hasPrefix("arn:aws:iam::aws:")
                let isOwn = Self.isPolicy(arn, of: account)
                guard isOfAWS || isOwn && transaction.find(ManagedPolicyRecord.self, Identifier(arn)) != nil else {
                    throw noSuch("Policy \(arn) does not exist or is not attachable.")
                }
                if !role.attached.contains(arn) { role.attached.append(arn) }
            }
        case "DetachRolePolicy":
            let arn = try policyARN(form)
            try change(form, account) { role, _ in
                guard role.attached.contains(arn) else { throw noSuch("Policy \(arn) was not found.") }
                role.attached.removeAll { $0 == arn }
            }
        default:
            throw IAMRefusal(
                status: 400, code: "InvalidAction", message: "Could not find operation \(action) for version 2010-05-08"
            )
        }
        return ""
    }

    private func createRole(_ form: Form, _ account: String) throws -> String {
        let name = try required("RoleName", form)
        let path = try path(form)
        let isLegal = name.utf8.count <= 64 && name.utf8.allSatisfy { Self.nameBytes.contains($0) }
        guard isLegal else {
            let words = "It must contain only alphanumeric characters and/or the following: +=,.@_-"
            throw invalid("The specified value for roleName is invalid. \(words)")
        }
        let record = RoleRecord(
            id: Identifier("arn:aws:iam::\(account):role\(path)\(name)"), name: "\(account)/\(name)",
            roleID: "AROA\(world.entropy.text(17, from: .upperAlphanumeric, for: "role id"))",
            trust: try document(form, "AssumeRolePolicyDocument"), inline: [], attached: [])
        try world.store.write { transaction in
            guard transaction.find(RoleRecord.self, where: "name", is: record.name).isEmpty else {
                throw IAMRefusal(
                    status: 409, code: "EntityAlreadyExists", message: "Role with name \(name) already exists.")
            }
            transaction.save(record)
        }
        return "<CreateRoleResult>\(rendered(record))</CreateRoleResult>"
    }

    static let nameBytes = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+=,.@_-".utf8)

    /// Between `role` or `policy` and the name in an ARN.
    private func path(_ form: Form) throws -> String {
        let path = form["Path"] ?? "/"
        guard path.hasPrefix("/"), path.hasSuffix("/") else { throw invalid("Path must begin and end with /") }
        return path
    }

    /// Ledger `iam-policy-arn`.
    private func policyARN(_ form: Form) throws -> String {
        let arn = try required("PolicyArn", form)
        let parts = arn.pieces(by: ":", keepingEmpty: true)
        let isAccount =
            parts.count == 6 && parts[4].utf8.count == 12 && parts[4].allSatisfy { ("0"..."9").contains($0) }
        guard parts.count == 6, parts[..<4] == ["arn", "aws", "iam", ""], isAccount || parts[4] == "aws",
            parts[5].hasPrefix("policy/"), !parts[5].hasSuffix("/")
        else { throw IAMRefusal(status: 400, code: "InvalidInput", message: "ARN \(arn) is not valid.") }
        return arn
    }

    private func deletePolicy(_ form: Form, _ account: String) throws {
        let arn = try policyARN(form)
        try world.store.write { transaction in
            // An ARN names its account; nobody deletes the policy of another.
            guard Self.isPolicy(arn, of: account), transaction.find(ManagedPolicyRecord.self, Identifier(arn)) != nil
            else { throw noSuch("Policy \(arn) was not found.") }
            guard !transaction.all(RoleRecord.self).contains(where: { $0.attached.contains(arn) }) else {
                throw conflict("Cannot delete a policy attached to entities.")
            }
            transaction.remove(ManagedPolicyRecord.self, Identifier(arn))
        }
    }

    private static func isPolicy(_ arn: String, of account: String) -> Bool {
        arn.hasPrefix("arn:aws:iam::\(account):")
    }

    private func createPolicy(_ form: Form, _ account: String) throws -> String {
        let arn = "arn:aws:iam::\(account):policy\(try path(form))\(try required("PolicyName", form))"
        let record = ManagedPolicyRecord(id: Identifier(arn), document: try document(form, "PolicyDocument"))
        try world.store.write { transaction in
            guard transaction.find(ManagedPolicyRecord.self, record.id) == nil else {
                throw IAMRefusal(
                    status: 409, code: "EntityAlreadyExists", message: "A policy called \(arn) already exists.")
            }
            transaction.save(record)
        }
        return "<CreatePolicyResult><Policy><Arn>\(arn)</Arn></Policy></CreatePolicyResult>"
    }

    private func rendered(_ role: RoleRecord) -> String {
        let name = role.name.pieces(by: "/").last ?? ""
        let trust = percentEncoded(role.trust.text)
        return """
            <Role><Arn>\(role.id)</Arn><RoleName>\(name)</RoleName><RoleId>\(role.roleID)</RoleId>\
            <AssumeRolePolicyDocument>\(trust)</AssumeRolePolicyDocument></Role>
            """
    }

    private func role(_ form: Form, _ account: String, _ transaction: inout Transaction) throws -> RoleRecord {
        let name = try required("RoleName", form)
        guard let role = transaction.find(RoleRecord.self, where: "name", is: "\(account)/\(name)").first else {
            throw noSuch("The role with name \(name) cannot be found.")
        }
        return role
    }

    /// Ledger `iam-not-found`.
    private func noSuch(_ message: String) -> IAMRefusal {
        IAMRefusal(status: 404, code: "NoSuchEntity", message: message)
    }

    /// Ledger `iam-delete-conflict`.
    private func conflict(_ message: String) -> IAMRefusal {
        IAMRefusal(status: 409, code: "DeleteConflict", message: message)
    }

    private func change(
        _ form: Form, _ account: String, _ edit: (inout RoleRecord, inout Transaction) throws -> Void
    ) throws {
        try world.store.write { transaction in
            var role = try role(form, account, &transaction)
            try edit(&role, &transaction)
            transaction.save(role)
        }
    }

    func required(_ name: String, _ form: Form) throws -> String {
        if let text = form[name], !text.isEmpty { return text }
        throw invalid("Value null at '\(name)' failed to satisfy constraint: Member must not be null")
    }

    func invalid(_ message: String) -> IAMRefusal {
        IAMRefusal(status: 400, code: "ValidationError", message: message)
    }

    private func document(_ form: Form, _ name: String) throws -> JSONValue {
        let text = try required(name, form)
        guard let json = try? JSONValue(parsing: text), json.object != nil else {
            throw IAMRefusal(status: 400, code: "MalformedPolicyDocument", message: "This policy contains invalid Json")
        }
        guard name == "PolicyDocument" else { return json }
        do throws(PolicyDocument.Mistake) {
            _ = try PolicyDocument(json: json)
        } catch {
            throw IAMRefusal(status: 400, code: "MalformedPolicyDocument", message: error.description)
        }
        return json
    }
}

// Secrets Manager.
extension AccountServices {
    private func secretsManager(_ operation: String, _ request: Request, _ account: String) -> Response {
        guard let input = try? request.json(), input.object != nil else {
            return refusal("SerializationException", "The body is no JSON object")
        }
        do {
            switch operation {
            case "CreateSecret": return try createSecret(input, account)
            case "GetSecretValue", "DescribeSecret", "DeleteSecret":
                return try existingSecret(operation, input["SecretId"]?.string ?? "", account)
            default: return refusal("UnknownOperationException", "There is no operation \(operation) here")
            }
        } catch {
            return refusal("InternalServiceError", "An error occurred on the server side.", status: 500)
        }
    }

    private func refusal(_ code: String, _ message: String, status: Int = 400) -> Response {
        .json(
            status, ["__type": .string(code), "message": .string(message)], headers: [AWSError.typeHeader: code])
    }

    private func createSecret(_ input: JSONValue, _ account: String) throws -> Response {
        guard let name = input["Name"]?.string, !name.isEmpty else {
            return refusal("InvalidParameterException", "You must provide a name for the secret.")
        }
        guard Self.isSecretName(name) else {
            return refusal("InvalidParameterException", "The name of a secret has letters, digits and /_+=.@-! only.")
        }
        let suffix = world.entropy.text(6, from: .base62, for: "secret arn")
        let arn = "\(AWSNames(region: region).secretARN(named: name, account: account))-\(suffix)"
        let record = StoredSecretRecord(
            arn: arn, name: name, account: account, value: Secret(input["SecretString"]?.string ?? ""))
        let isNew = try world.store.write { transaction in
            guard transaction.find(StoredSecretRecord.self, where: "name", is: record.name).isEmpty else {
                return false
            }
            transaction.save(record)
            return true
        }
        guard isNew else {
            return refusal(
                "ResourceExistsException", "The operation failed because the secret \(name) already exists.")
        }
        return .json(200, ["ARN": .string(arn), "Name": .string(name)])
    }

    /// Ledger `secret-name`.
    private static func isSecretName(_ name: String) -> Bool {
        let marks = Array("/_+=.@-!".utf8)
        return name.utf8.count <= 512
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: marks.contains(byte)
                }
            }
    }

    private func existingSecret(_ operation: String, _ id: String, _ account: String) throws -> Response {
        guard !id.isEmpty else { return refusal("InvalidParameterException", "You must provide the secret's id.") }
        let found = try world.store.write { transaction -> StoredSecretRecord? in
            let record =
                transaction.find(StoredSecretRecord.self, Identifier(id))
                ?? transaction.find(
                    StoredSecretRecord.self, where: "name", is: StoredSecretRecord.name(id, of: account)
                ).first
            if operation == "DeleteSecret", let record { transaction.remove(StoredSecretRecord.self, record.id) }
            return record
        }
        guard let found else {
            return refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
        }
        var answer: JSONObject = [
            "ARN": .string(found.id.rawValue), "Name": .string(String(found.name.dropFirst(account.count + 1))),
        ]
        if operation == "GetSecretValue" { answer.append("SecretString", .string(found.value.exposed)) }
        return .json(200, .object(answer))
    }
}
