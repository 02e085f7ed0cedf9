// The identity service hands out workload tokens, walks a person through consent and keeps the tokens that come of it.
// It must not move a gateway target or call an MCP server: it wakes the gateway, which does.

package import AWSCore
import HTTPTypes
package import Kernel
package import OAuthCore

/// AgentCore Identity: the data plane's identity operations and the two endpoints a browser passes.
package struct IdentityService: AlarmHandling {
    let world: World
    let settings: AWSSettings
    private let contract: Contract
    /// What stands for keys in AWS KMS and for those of AWS STS; nil in a lab without.
    private let clientKeys: TokenSigner?
    let flights = Flights()

    package init(world: World, contract: Contract, settings: AWSSettings, clientKeys: TokenSigner? = nil) {
        self.world = world
        self.contract = contract
        self.settings = settings
        self.clientKeys = clientKeys
    }

    var vault: TokenVault { TokenVault(world: world) }
    var documents: DocumentCache { DocumentCache(world: world) }
    var ownSecrets: OwnSecrets { OwnSecrets(world: world, settings: settings) }
    var providers: ProviderClient {
        ProviderClient(world: world, documents: documents, ownSecrets: ownSecrets, keys: clientKeys)
    }

    /// One call of an operation, its input checked against the model.
    struct Call {
        let input: JSONObject
        let account: String
        /// The control plane or the gateway, not a caller of the API.
        let isService: Bool
        /// Whom to tell how a consent ends; only the service can name somebody.
        let notify: String?
    }

    /// Whether a path of `/identities/…` is this service's.
    package func claims(_ path: String) -> Bool {
        path == AWSNames.authorizePath || path.hasPrefix(AWSNames.callbackPath)
            || contract.claims(path, for: .data)
    }

    package func respond(to request: Request) async -> Response {
        if request.method == .get {
            let segments = request.path.pieces(by: "/")
            if segments == ["identities", "oauth2", "authorize"] { return await authorize(request) }
            if segments.count == 4, segments.starts(with: ["identities", "oauth2", "callback"]) {
                return callback(request, at: percentDecoded(segments[3]))
            }
        }
        let requestID = world.entropy.uuid(for: "identity-request-id")
        do throws(AWSError) {
            let (operation, path) = try contract.operation(for: request)
            let read = try contract.read(operation, request: request, path: path, manner: .init(world))
            let input = read.members
            if !read.unknown.isEmpty {
                let names = read.unknown.joined(separator: ", ")
                world.note("ignored members of \(operation.name) that the model does not know: \(names)")
            }
            let inert = InertMembers.present(in: input, of: operation.name)
            if !inert.isEmpty {
                world.note("\(operation.name): nothing here acts on: \(inert.joined(separator: ", "))")
            }
            let isService = settings.servicePrincipal.made(request)
            let call = Call(
                input: input, account: AWSNames.account(of: request), isService: isService,
                notify: isService ? request.header(ServicePrincipal.notifyHeader) : nil)
            let answer = try await perform(operation.name, call)
            return .json(operation.status, answer, headers: [AWSError.requestIDHeader: requestID])
        } catch {
            return error.response(requestID: requestID)
        }
    }

    private func perform(_ operation: String, _ call: Call) async throws(AWSError) -> JSONValue {
        switch operation {
        case "GetWorkloadAccessToken": return try workloadAccessToken(call)
        case "GetWorkloadAccessTokenForJWT": return try await workloadAccessTokenForJWT(call)
        case "GetWorkloadAccessTokenForUserId": return try workloadAccessTokenForUserID(call)
        case "GetResourceOauth2Token": return try await resourceOauth2Token(call)
        case "GetResourceApiKey": return try await resourceAPIKey(call)
        case "CompleteResourceTokenAuth": return try await completeResourceTokenAuth(call)
        default: throw AWSError(.validation, "\(operation) is not supported by this build yet")
        }
    }

    /// Wakes for a session whose ten minutes are over.
    package func alarmFired(_ alarm: Alarm) async {
        let words = alarm.label.pieces(by: " ").map(String.init)
        guard words.count == 3, words[0] == "identity", words[1] == "session-expired" else { return }
        lapse(SessionURI(words[2]), alarm: alarm)
    }
}

/// A refusal inside a transaction, which rolls back: the note about the rule is written afterwards.
struct Refusal: Error {
    let error: AWSError
    let rule: Rule?
    init(_ code: AWSError.Code, _ message: String, by rule: Rule? = nil) {
        error = AWSError(code, message)
        self.rule = rule
    }
}

// What every operation needs.
extension IdentityService {
    /// One transaction. A refusal thrown inside leaves nothing behind; a store that fails is our fault, not the peer's.
    func transact<Value: Sendable>(
        _ body: (inout Transaction) throws(Refusal) -> Value
    ) throws(AWSError) -> Value {
        do {
            return try world.store.write { transaction in try body(&transaction) }
        } catch let refusal as Refusal {
            if let rule = refusal.rule { world.note(refusal.error.message, rule: rule) }
            throw refusal.error
        } catch {
            throw AWSError(.internalServer, "The service could not keep its records")
        }
    }

    /// The token a call carries and the workload it was made for (ledger `E67`).
    func caller(
        of call: Call, in transaction: inout Transaction
    ) throws(Refusal) -> (token: WorkloadTokenRecord, workload: WorkloadIdentityRecord) {
        let id = WorkloadTokenID(call.input["workloadIdentityToken"]?.string ?? "")
        guard let token = transaction.find(WorkloadTokenRecord.self, id) else {
            throw Refusal(.unauthorized, Self.tokenRefusal)
        }
        if let until = token.until, until <= world.clock.now { throw Refusal(.unauthorized, Self.tokenRefusal) }
        if isStranger(call, to: token.account) {
            throw Refusal(.accessDenied, "The workload access token is of another account", by: .accountBoundary)
        }
        guard let workload = transaction.find(WorkloadIdentityRecord.self, token.workload.of(token.account)) else {
            throw Refusal(.resourceNotFound, "WorkloadIdentity with name \(token.workload) not found")
        }
        guard world.switches.isSameIdentity(workload.birth, token.birth) else {
            throw Refusal(.unauthorized, Self.tokenRefusal, by: .recreatedIdentity)
        }
        return (token, workload)
    }

    private static let tokenRefusal = "The workload access token is invalid or expired"

    /// Whether a caller is to be refused what an account has; the service works for all of them.
    func isStranger(_ call: Call, to owner: String) -> Bool {
        !call.isService && AccountBoundary(world).parts(call.account, from: owner)
    }

    /// Says in the journal which rule stopped something.
    func note(_ rule: Rule?, _ text: String, in transaction: inout Transaction) {
        world.note(text, rule: rule, in: &transaction)
    }
}
