package import Kernel

/// What the control plane enforces, and what a lab can decide about it.
package enum ControlPlaneSwitches {
    package static let rules: [Rule] = [
        .returnURLRequired, .pendingTargetLocked, .staticSchemaNotSynchronized,
        .credentialFitsTarget, .grantFitsProvider, .forbiddenHeadersStay, .deletedServesNothing,
    ]
    package static let unknowns: [Unknown] = [
        .firstStatus, .keepAuthData, .lapseAfter, .allowDelete, .pendingClass, .schemaAllowWith, .requireVersion,
        .duplicateName,
        .deleteMissingProvider, .deleteServiceLinked, .targetWhileCreating, .targetOperations, .versionUpdates,
        .fixedLeftOut, .pageSize, .discoveryFetched, .clientTokenLife, .clientTokenGone, .sameName, .lambdaInputSchema,
        .renamedTarget, .rateLimitBatch,
    ]
}

extension Rule {
    static let returnURLRequired = Rule(
        "return-url-required", "A target with grant AUTHORIZATION_CODE names the URL a browser returns to.")
    static let pendingTargetLocked = Rule(
        "pending-target-locked", "A target that waits for consent is neither updated nor synchronized nor deleted.")
    static let staticSchemaNotSynchronized = Rule(
        "static-schema-not-synchronized", "A target whose tools were given up front is not synchronized.")
    static let deletedServesNothing = Rule(
        "deleted-serves-nothing", "A gateway that was deleted is gone: nobody is served by it any more.")
}

extension Rule {
    static let credentialFitsTarget = Rule(
        "credential-fits-target", "A target has only a kind of credential that its type allows.")
    static let grantFitsProvider = Rule(
        "grant-fits-provider", "A target asks for a token exchange only where its provider is configured for one.")
    static let forbiddenHeadersStay = Rule(
        "forbidden-headers-stay", "A target never asks for headers of the connection or the credential to travel.")
}

extension Unknown {
    /// Status in the answer that makes a target wait for consent (ledger `U1`).
    static let firstStatus = Unknown("create.firstStatus", "CREATE_PENDING_AUTH", or: "CREATING")
    /// Whether `authorizationData` stays when a target is no longer waiting (ledger `U2`).
    static let keepAuthData = Unknown("target.keepAuthData", "off", or: "on")
    /// Seconds a target waits for consent (ledger `pending-lapse`).
    static let lapseAfter = Unknown("pending.lapseAfter", "600", or: "900")
    /// Whether a target may be deleted while it waits for consent (ledger `U3`).
    static let allowDelete = Unknown("pending.allowDelete", "off", or: "on")
    /// Error for a change to a target that waits for consent (ledger `U5`).
    static let pendingClass = Unknown("errors.pendingClass", "ConflictException", or: "ValidationException")
    /// Credentials that may go with tools given up front (ledger `U9`).
    static let schemaAllowWith = Unknown(
        "schema.allowWith", "all-but-token-exchange", or: "all", "authorization-code")
    /// Whether AUTHORIZATION_CODE is refused on a gateway without revision 2025-11-25 (ledger `U11`).
    static let requireVersion = Unknown("3lo.requireVersion", "on", or: "off")
    /// Error for a second gateway or target of the same name (ledger `E1`).
    static let duplicateName = Unknown("errors.duplicateName", "ConflictException", or: "ValidationException")
    /// Answer to the deletion of a credential provider that does not exist (ledger `provider-delete-missing`).
    static let deleteMissingProvider = Unknown("provider.deleteMissing", "204", or: "404")
    /// Whether a gateway's own workload identity may be deleted (ledger `workload-delete-linked`).
    static let deleteServiceLinked = Unknown("workload.deleteServiceLinked", "refuse", or: "allow")
    /// Whether a gateway that is still CREATING takes targets (ledger `E12`).
    static let targetWhileCreating = Unknown("gateway.targetWhileCreating", "accept", or: "refuse")
    /// Whether `UpdateGateway` may change the MCP revisions (ledger `gateway-versions-fixed`).
    static let versionUpdates = Unknown("gateway.versionUpdates", "off", or: "on")
    /// What an `UpdateGateway` does that leaves fixed members out (ledger `gateway-fixed-left-out`).
    static let fixedLeftOut = Unknown("gateway.fixedLeftOut", "refuse", or: "keep")
    /// Error for one more change of a target than may run at a time (ledger `target-operations`).
    static let targetOperations = Unknown(
        "errors.targetOperations", "ConflictException", or: "ServiceQuotaExceededException", "ThrottlingException")
    /// Items on a page of a list when the caller names no number (ledger `list-page-size`).
    static let pageSize = Unknown("list.pageSize", "100")
    /// When a provider's discovery document is read for the first time (ledger `U21`).
    static let discoveryFetched = Unknown("discovery.fetched", "use", or: "creation")
    /// Seconds for which a `clientToken` is remembered (ledger `client-token-life`).
    static let clientTokenLife = Unknown("clientToken.life", "28800", or: "86400")
    /// What a `clientToken` is answered with whose resource was deleted (ledger `client-token-gone`).
    static let clientTokenGone = Unknown("clientToken.gone", "new", or: "replay")
    /// What the inputSchema of a function's tool may describe (ledger `lambda-input-schema`).
    static let lambdaInputSchema = Unknown("lambda.inputSchema", "object", or: "any")
    /// What becomes of a new name for a target that a gateway rule leads to (ledger `rule-target-renamed`).
    static let renamedTarget = Unknown("target.renamed", "refuse", or: "follow")
    /// What a batch of rate limits does with those of the gateway that it does not name (ledger `rate-limit-batch`).
    static let rateLimitBatch = Unknown("rateLimits.batch", "keep", or: "replace")
    /// What becomes of an OpenAPI operation in which one name stands in two places (ledger `openapi-same-name`).
    static let sameName = Unknown("openapi.sameName", "fill", or: "refuse")
}
