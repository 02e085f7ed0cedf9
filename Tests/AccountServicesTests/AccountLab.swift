import AWSCore
import AccountServices
import HTTPTypes
import Kernel
import TestSupport

/// The gate and IAM on a world of their own; nothing stands behind them.
struct AccountLab {
    static let origin = "https://bedrock-agentcore.us-east-1.amazonaws.com"
    static let synchronizer = "arn:aws:iam::000000000000:role/synchronizer"
    private static let principals: JSONValue = [
        "principals": [
            ["arn": "arn:aws:iam::000000000000:root", "keys": [["id": "AKIAROOT", "secret": "root-secret"]]],
            ["arn": "arn:aws:iam::111122223333:root", "keys": [["id": "AKIAOTHER", "secret": "other-secret"]]],
            [
                "arn": .string(synchronizer), "keys": [["id": "AKIASYNC", "secret": "sync-secret"]],
                "policies": [
                    [
                        "Statement": [
                            [
                                "Effect": "Allow", "Action": "bedrock-agentcore:SynchronizeGatewayTargets",
                                "Resource": "*",
                            ],
                            [
                                "Effect": "Allow", "Action": "secretsmanager:GetSecretValue",
                                "Resource": "arn:aws:secretsmanager:us-east-1:*:secret:app/*",
                            ],
                            [
                                "Effect": "Allow", "Action": "iam:GetRole",
                                "Resource": "arn:aws:iam::000000000000:role/team/one",
                            ],
                        ]
                    ]
                ],
            ],
        ]
    ]

    let clock = VirtualClock(now: Instant(milliseconds: 1_795_168_800_000))
    let store = Store()
    let gate: AccessGate
    let accounts: AccountServices
    let service = ServicePrincipal(proof: "the proof of this lab")

    init(_ chosen: [String: String], off: Set<String> = []) throws {
        let network = InMemoryNetwork(hosts: HostTable(), clock: clock, store: store)
        let addresses = AddressBook(origins: [.aws: Self.origin], gatewayTemplate: "https://{gatewayId}.example")
        let world = World(
            party: .aws, clock: clock, scheduler: clock, entropy: SeededEntropy(seed: 7),
            network: network.port(of: .aws), store: store, addresses: addresses,
            switches: Switches(off: off, chosen: chosen))
        let settings = AWSSettings(
            servicePrincipal: service, vendorEndpoints: [:])
        gate = AccessGate(
            world: world, contract: Checkout.contract, settings: settings,
            access: try AccessSettings(json: Self.principals))
        accounts = AccountServices(world: world, region: "us-east-1")
    }

    /// An operation as the owner of a key signs it.
    func signed(
        _ operation: String, _ input: JSONObject = [:], key: String = "AKIASYNC", secret: String = "sync-secret",
        at shift: Span = .zero
    ) throws -> Request {
        let request = try Checkout.contract.request(for: operation, input: input, origin: Self.origin)
        return SigV4.sign(
            request, SigV4.Credentials(keyID: key, secret: Secret(secret)), region: "us-east-1",
            service: "bedrock-agentcore", at: clock.now + shift)
    }

    /// A gateway of an account, whose role is of the lab's own.
    func gateway(of account: String) -> GatewayRecord {
        GatewayRecord(
            id: GatewayID("gw-abcdefghij"), account: account, name: "gw", status: .ready, createdAt: clock.now,
            request: ["roleArn": "arn:aws:iam::000000000000:role/gateway"])
    }

    /// `passed` with the account the services will see, or status and type of the refusal.
    func outcome(_ request: Request) -> String {
        switch gate.admit(request) {
        case .passed(let request): "passed \(AWSNames.account(of: request))"
        case .answered(let response): "\(response.status) \(response.header(AWSError.typeHeader) ?? "")"
        }
    }

    func message(_ request: Request) -> String {
        guard case .answered(let response) = gate.admit(request) else { return "" }
        return response.json?["message"]?.string ?? ""
    }

    /// One action of IAM by the root user of an account.
    func iam(_ action: String, _ members: (String, String)...) async -> Response {
        var form = Form()
        form.append("Action", action)
        for (name, value) in members { form.append(name, value) }
        let authorization = "AWS4-HMAC-SHA256 Credential=111122223333/x, Signature=0"
        let request = Request(
            .post, "https://iam.amazonaws.com/", headers: [.authorization: authorization],
            body: Array(form.encoded.utf8))
        return await accounts.respond(to: request)
    }

    /// One operation of Secrets Manager.
    func secrets(_ operation: String, _ input: JSONValue) async -> Response {
        let headers: HTTPFields = [fieldName("X-Amz-Target"): "secretsmanager.\(operation)"]
        let request = Request(
            .post, "https://secretsmanager.us-east-1.amazonaws.com/", headers: headers, body: input.bytes)
        return await accounts.respond(to: request)
    }

    /// Names of the rules that stopped something.
    var stoppedBy: [String] {
        store.journal().compactMap { entry in if case .note(let note) = entry.event { note.rule } else { nil } }
    }
}
