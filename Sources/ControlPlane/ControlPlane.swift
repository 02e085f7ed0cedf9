package import AWSCore
import HTTPTypes
package import Kernel

// The AgentCore control plane: gateways, targets, credential providers, workload identities. It reads no tool catalogue
// and moves no target out of a pending status: the gateway does, by alarms.

/// Answers the operations of `bedrock-agentcore-control`.
package struct ControlPlane: AlarmHandling {
    let world: World
    let contract: Contract
    let settings: AWSSettings
    private let manner: Contract.Manner

    package init(world: World, contract: Contract, settings: AWSSettings) {
        self.world = world
        self.contract = contract
        self.settings = settings
        manner = Contract.Manner(world)
    }

    var names: AWSNames { settings.names }

    typealias Handler = @Sendable (ControlPlane) -> (Call) async throws -> JSONValue

    /// What this build can do; every other operation of the contract is refused by name.
    private static let handlers: [(name: String, handler: Handler)] = [
        ("CreateGateway", createGateway),
        ("GetGateway", getGateway),
        ("UpdateGateway", updateGateway),
        ("DeleteGateway", deleteGateway),
        ("ListGateways", listGateways),
        ("CreateGatewayTarget", createTarget),
        ("GetGatewayTarget", getTarget),
        ("UpdateGatewayTarget", updateTarget),
        ("DeleteGatewayTarget", deleteTarget),
        ("ListGatewayTargets", listTargets),
        ("SynchronizeGatewayTargets", synchronizeTargets),
        ("CreateOauth2CredentialProvider", createProvider),
        ("GetOauth2CredentialProvider", getProvider),
        ("UpdateOauth2CredentialProvider", updateProvider),
        ("DeleteOauth2CredentialProvider", deleteProvider),
        ("ListOauth2CredentialProviders", listProviders),
        ("CreateWorkloadIdentity", createWorkload),
        ("GetWorkloadIdentity", getWorkload),
        ("UpdateWorkloadIdentity", updateWorkload),
        ("DeleteWorkloadIdentity", deleteWorkload),
        ("ListWorkloadIdentities", listWorkloads),
        ("CreateApiKeyCredentialProvider", createAPIKeyProvider),
        ("GetApiKeyCredentialProvider", getAPIKeyProvider),
        ("UpdateApiKeyCredentialProvider", updateAPIKeyProvider),
        ("DeleteApiKeyCredentialProvider", deleteAPIKeyProvider),
        ("ListApiKeyCredentialProviders", listAPIKeyProviders),
        ("GetTokenVault", getTokenVault),
        ("SetTokenVaultCMK", setTokenVaultKey),
        ("ResetTokenVaultKeyMaterial", resetTokenVault),
        ("TagResource", tagResource),
        ("UntagResource", untagResource),
        ("ListTagsForResource", listTags),
        ("PutResourcePolicy", putResourcePolicy),
        ("GetResourcePolicy", getResourcePolicy),
        ("DeleteResourcePolicy", deleteResourcePolicy),
        ("CreateConsentPortal", createPortal),
        ("GetConsentPortal", getPortal),
        ("UpdateConsentPortal", updatePortal),
        ("DeleteConsentPortal", deletePortal),
        ("ListConsentPortals", listPortals),
        ("CreateGatewayRule", createRule),
        ("GetGatewayRule", getRule),
        ("UpdateGatewayRule", updateRule),
        ("DeleteGatewayRule", deleteRule),
        ("ListGatewayRules", listRules),
        ("CreateGatewayRateLimit", createRateLimit),
        ("GetGatewayRateLimit", getRateLimit),
        ("UpdateGatewayRateLimit", updateRateLimit),
        ("DeleteGatewayRateLimit", deleteRateLimit),
        ("ListGatewayRateLimits", listRateLimits),
        ("BatchPutGatewayRateLimits", putRateLimits),
    ]
    private static let byName = Dictionary(handlers.map { ($0.name, $0.handler) }) { first, _ in first }

    /// Operations this build answers, in the order of the table.
    package static let operationNames = handlers.map(\.name)

    /// Whether a path belongs to this service; the identity service has paths beside it at the same origin.
    package func claims(_ path: String) -> Bool { contract.claims(path, for: .control) }

    package func respond(to request: Request) async -> Response {
        let requestID = world.entropy.uuid(for: "aws-request-id")
        do {
            return try await answer(request, requestID)
        } catch let error as AWSError {
            return error.response(requestID: requestID)
        } catch let refusal as Refusal {
            // Written down here and not where it was found: that transaction has rolled back.
            world.note(refusal.note, rule: refusal.rule)
            return refusal.error.response(requestID: requestID)
        } catch {
            // The store failed: our own trouble, still in the dialect of the service.
            return AWSError(.internalServer, "An internal error occurred. Please retry later.")
                .response(requestID: requestID)
        }
    }

    private func answer(_ request: Request, _ requestID: String) async throws -> Response {
        // Written out only when one is missing.
        func supported() -> [String] {
            Self.operationNames + contract.operations.filter { $0.service == .data }.map(\.name)
        }
        let (operation, path) = try contract.operation(for: request, supporting: supported())
        guard let handler = Self.byName[operation.name] else {
            throw AWSError(
                .validation,
                "Operation \(operation.name) is not supported; supported: \(supported().joined(separator: ", "))")
        }
        let input = try contract.read(operation, request: request, path: path, manner: manner)
        try Self.checkTags(input.members)
        if !input.unknown.isEmpty {
            world.note("ignored members of \(operation.name) that the model does not know: \(list(input.unknown))")
        }
        let inert = InertMembers.present(in: input.members, of: operation.name)
        if !inert.isEmpty { world.note("\(operation.name): kept, but nothing here acts on \(list(inert))") }
        let call = Call(
            operation: operation.name, account: AWSNames.account(of: request), input: input.members,
            now: world.clock.now)
        let body = try await handler(self)(call)
        var response = operation.status == 204 ? Response(204) : .json(operation.status, body)
        response.nameExchange(requestID)
        return response
    }

    private func list(_ names: [String]) -> String { names.joined(separator: ", ") }
}

/// One operation that somebody asked for, its input checked against the contract.
struct Call: Sendable {
    let operation: String
    let account: String
    let input: JSONObject
    let now: Instant

    /// A text of the input; empty if it is missing.
    func text(_ name: String) -> String { input[name]?.string ?? "" }
}

/// A rule stopped an operation: what the caller is told, and what the reader of the journal is.
struct Refusal: Error {
    let rule: Rule
    let note: String
    let error: AWSError
}
