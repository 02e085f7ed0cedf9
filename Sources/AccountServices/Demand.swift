import AWSCore
import HTTPTypes
import Kernel
import Policy

/// Which service a request is signed for.
struct SigningName {
    let text: String
    /// `GetCallerIdentity`: answered by who knows the keys.
    var asksWho = false
    init(of request: Request) {
        let target = request.header(fieldName("X-Amz-Target")) ?? ""
        if target.hasPrefix("secretsmanager.") {
            text = "secretsmanager"
        } else if target.hasPrefix("AWSCognitoIdentityProviderService.") {
            text = "cognito-idp"
        } else if request.method == .post, request.path == "/" {
            let action = request.form["Action"] ?? ""
            text = AccountServices.tokenActions.contains(action) ? "sts" : "iam"
            asksWho = action == "GetCallerIdentity"
        } else {
            // Both services of AgentCore (ledger `sigv4-signing-name`).
            text = "bedrock-agentcore"
        }
    }
}

/// What a request asks leave for: actions on resources, all of which must be allowed (ledger `iam-actions`).
struct Demand {
    let requests: [AccessRequest]
    /// The account in the ARN by which the caller names what it is about; nil where it is named otherwise.
    private(set) var owner: String?

    /// nil for a request that is no operation, or one that breaks its contract: that is told before a permission is
    /// looked at.
    init?(_ request: Request, of caller: String, _ gate: AccessGate) {
        switch SigningName(of: request).text {
        case "iam":
            let form = request.form
            let resource = gate.resourceOfIAM(form, of: caller)
            requests = [AccessRequest(action: "iam:\(form["Action"] ?? "")", resource: resource)]
            owner = Self.owner(of: resource).flatMap { $0 == "aws" ? nil : $0 }
        case "cognito-idp":
            let action = request.header(fieldName("X-Amz-Target"))?.pieces(by: ".").last.map(String.init) ?? ""
            let pool = (try? request.json())?["UserPoolId"]?.string
            let names = Names(region: gate.settings.region, account: caller)
            requests = [AccessRequest(action: "cognito-idp:\(action)", resource: pool.map(names.userPool) ?? "*")]
        case "sts":
            let form = request.form
            // Everybody may ask who he is.
            guard form["Action"] == "AssumeRole" else { return nil }
            requests = [AccessRequest(action: "sts:AssumeRole", resource: form["RoleArn"] ?? "*")]
        case "secretsmanager":
            let action = request.header(fieldName("X-Amz-Target"))?.pieces(by: ".").last.map(String.init) ?? ""
            let input = try? request.json()
            let id = (input?["SecretId"] ?? input?["Name"])?.string ?? "*"
            owner = Self.owner(of: id)
            let names = Names(region: gate.settings.region, account: caller)
            let arn = id == "*" ? id : names.secret(named: id)
            requests = [AccessRequest(action: "secretsmanager:\(action)", resource: arn)]
        default:
            guard let (operation, path) = try? gate.contract.operation(for: request),
                let input = try? gate.contract.validate(
                    operation, request: request, path: path, manner: Contract.Manner(gate.world))
            else { return nil }
            // An ARN names the account that has the resource, whoever asks.
            let owner = gate.owner(of: input, askedBy: request) ?? caller
            let names = Names(region: gate.settings.region, account: owner)
            requests = Self.requests(operation.name, input, names, gate)
            self.owner = input["resourceArn"]?.string.flatMap(Self.owner)
        }
    }

    private static func owner(of arn: String) -> String? {
        let parts = arn.pieces(by: ":", keepingEmpty: true)
        return parts.count > 5 && parts[0] == "arn" && !parts[4].isEmpty ? String(parts[4]) : nil
    }

    /// To call a gateway at all.
    init(invoking gateway: GatewayRecord, region: String) {
        let names = Names(region: region, account: gateway.account)
        requests = [
            AccessRequest(action: "bedrock-agentcore:InvokeGateway", resource: names.core("gateway/\(gateway.id)"))
        ]
    }

    fileprivate static func ofIAM(_ kind: String, _ name: String, _ path: String?, account: String) -> String {
        "arn:aws:iam::\(account):\(kind)\(path ?? "/")\(name)"
    }

    /// ARNs of AgentCore and of what it keeps.
    private struct Names {
        let region: String
        let account: String
        func core(_ resource: String) -> String { "arn:aws:bedrock-agentcore:\(region):\(account):\(resource)" }
        var vault: String { core("token-vault/default") }
        var directory: String { core("workload-identity-directory/default") }
        func workload(_ name: String) -> String { "\(directory)/workload-identity/\(name)" }
        func userPool(_ id: String) -> String { "arn:aws:cognito-idp:\(region):\(account):userpool/\(id)" }
        func secret(_ name: String) -> String { "arn:aws:secretsmanager:\(region):\(account):secret:\(name)" }
        /// By its ARN or its name; six characters that a caller need not know end the ARN.
        func secret(named id: String) -> String { id.hasPrefix("arn:") ? id : secret("\(id)-??????") }
        /// What AgentCore keeps.
        func ownSecret(_ path: String) -> String { secret("bedrock-agentcore-identity!default/\(path)") }
    }

    private static func requests(
        _ operation: String, _ input: JSONObject, _ names: Names, _ gate: AccessGate
    ) -> [AccessRequest] {
        let action = "bedrock-agentcore:\(operation)"
        func on(_ resources: String...) -> [AccessRequest] {
            resources.map { AccessRequest(action: action, resource: $0) }
        }
        let name = input["name"]?.string ?? "*"
        switch operation {
        case "GetWorkloadAccessToken", "GetWorkloadAccessTokenForJWT", "GetWorkloadAccessTokenForUserId":
            return on(names.directory, names.workload(input["workloadName"]?.string ?? "*"))
        case "GetResourceOauth2Token", "GetResourceApiKey":
            return resourceToken(operation, input, names, gate)
        case "CompleteResourceTokenAuth":
            return on(names.vault) + [completionSecret(input, names, gate)]
        case "CreateGateway", "UpdateGateway":
            let gateway = input["gatewayIdentifier"]?.string ?? "*"
            let role = AccessRequest(
                action: "iam:PassRole", resource: input["roleArn"]?.string ?? "*",
                context: ["iam:passedtoservice": ["bedrock-agentcore.amazonaws.com"]])
            return on(names.core("gateway/\(gateway)")) + [role]
        case _ where operation.range(of: "Oauth2CredentialProvider") != nil:
            return on(names.vault, "\(names.vault)/oauth2credentialprovider/\(name)")
        case _ where operation.range(of: "ApiKeyCredentialProvider") != nil:
            return on(names.vault, "\(names.vault)/apikeycredentialprovider/\(name)")
        case _ where operation.range(of: "WorkloadIdentit") != nil: return on(names.directory, names.workload(name))
        case _ where operation.range(of: "TokenVault") != nil: return on(names.vault)
        case _ where operation.range(of: "Gateway") != nil:
            return on(names.core("gateway/\(input["gatewayIdentifier"]?.string ?? "*")"))
        default: return on(input["resourceArn"]?.string ?? "*")
        }
    }

    /// The vault, the provider, the directory and the identity: each of them on its own (ledger E72).
    private static func resourceToken(
        _ operation: String, _ input: JSONObject, _ names: Names, _ gate: AccessGate
    ) -> [AccessRequest] {
        let isKey = operation == "GetResourceApiKey"
        let provider = input["resourceCredentialProviderName"]?.string ?? "*"
        let handed = gate.handed(input["workloadIdentityToken"]?.string ?? "")
        let resources = [
            names.vault, "\(names.vault)/\(isKey ? "apikey" : "oauth2")credentialprovider/\(provider)",
            names.directory, names.workload(handed?.workload ?? "*"),
        ]
        let path = "\(isKey ? "apikey" : "oauth2")/\(provider)-*"
        let external = gate.externalSecret(of: ProviderName(provider).of(names.account), isKey: isKey)
        return resources.map { AccessRequest(action: "bedrock-agentcore:\(operation)", resource: $0) }
            + [secret(external.map(names.secret(named:)) ?? names.ownSecret(path))]
    }

    /// What the exchange of the code takes: the provider's secret, be it kept here or by its owner.
    private static func completionSecret(_ input: JSONObject, _ names: Names, _ gate: AccessGate) -> AccessRequest {
        let session = gate.handedSession(input["sessionUri"]?.string ?? "")
        guard let session, let external = gate.externalSecret(of: session.provider, isKey: false) else {
            return secret(names.ownSecret("oauth2/*"))
        }
        return secret(Names(region: names.region, account: session.account).secret(named: external))
    }

    /// The service reads the secret with the rights of who called it (ledger E63).
    private static func secret(_ resource: String) -> AccessRequest {
        AccessRequest(
            action: "secretsmanager:GetSecretValue", resource: resource,
            context: ["aws:calledvia": ["bedrock-agentcore.amazonaws.com"]])
    }
}

extension AccessGate {
    /// What a provider names whose secret is the caller's own (ledger `external-secret`).
    fileprivate func externalSecret(of provider: ProviderID, isKey: Bool) -> String? {
        let reference = try? world.store.write { transaction in
            isKey
                ? transaction.find(APIKeyProviderRecord.self, provider)?.secretReference
                : transaction.find(CredentialProviderRecord.self, provider)?.secretReference
        }
        return reference?["secretId"]?.string
    }

    /// The role or the policy that an action of IAM is about (ledger `iam-own-resources`).
    fileprivate func resourceOfIAM(_ form: Form, of account: String) -> String {
        guard let role = form["RoleName"] else {
            if let arn = form["PolicyArn"] { return arn }
            return form["PolicyName"].map { Demand.ofIAM("policy", $0, form["Path"], account: account) } ?? "*"
        }
        // Whoever names a role leaves its path out.
        let known = try? world.store.write { transaction in
            transaction.find(RoleRecord.self, where: "name", is: "\(account)/\(role)").first?.id.rawValue
        }
        return (known ?? nil) ?? Demand.ofIAM("role", role, form["Path"], account: account)
    }
}
