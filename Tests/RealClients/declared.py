"""Every error that the service model declares of an operation: how a client causes it, or why no client can.

`CAUSES` has a way for a pair of operation and error, `reason` has the words for the others; a pair that has neither, or
both, is a mistake. test_aws_declared.py goes all the ways with boto3; the documentation has the table.
"""

import json
import pathlib
import re

CONTRACT = json.loads((pathlib.Path(__file__).parents[2] / "mocks/contract/contract.json").read_text())
OPERATIONS = {one["name"]: one for one in CONTRACT["operations"]}
PAIRS = [(one["name"], error) for one in CONTRACT["operations"] for error in one["errors"]]
STATUS = {
    "ValidationException": 400, "AccessDeniedException": 403, "UnauthorizedException": 401,
    "ResourceNotFoundException": 404, "ConflictException": 409, "ServiceQuotaExceededException": 402,
    "ThrottlingException": 429, "InternalServerException": 500,
}
NOBODY = "nobody-abcdefghij"
GATEWAY_ARN = f"arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/{NOBODY}"
PROVIDER_ARN = (
    "arn:aws:bedrock-agentcore:us-east-1:111122223333:token-vault/default/oauth2credentialprovider/nobody")
# Well-formed, and nobody's.
SAMPLES = {
    "tokenVaultId": "default", "gatewayIdentifier": NOBODY, "targetId": "ABCDEFGHIJ", "name": "nobody",
    "apiKey": "k", "priority": 1,
    "ruleId": "00000000-0000-0000-0000-000000000000", "rateLimitId": "nobody", "resourceArn": GATEWAY_ARN,
    "consentPortalIdentifier": NOBODY, "targetIdList": ["ABCDEFGHIJ"], "tagKeys": ["a"], "tags": {"a": "b"},
    "policy": "{}", "workloadName": "nobody", "userId": "alice", "userToken": "aaa.bbb.ccc",
    "workloadIdentityToken": "nothing", "resourceCredentialProviderName": "nobody", "scopes": ["repo"],
    "oauth2Flow": "M2M", "kmsConfiguration": {"keyType": "ServiceManagedKey"}, "authorizerType": "NONE",
    "roleArn": "arn:aws:iam::111122223333:role/gateway",
    "executionRoleArn": "arn:aws:iam::111122223333:role/portal",
    "targetConfiguration": {"mcp": {"mcpServer": {"endpoint": "https://mcp.example.com/mcp"}}},
    "credentialProviderVendor": "GithubOauth2",
    "oauth2ProviderConfigInput": {"githubOauth2ProviderConfig": {"clientId": "c", "clientSecret": "s"}},
    "actions": [{"configurationBundle": {"staticOverride": {
        "bundleArn": "arn:aws:bedrock-agentcore:us-east-1:111122223333:configuration-bundle/b-abcdefghij",
        "bundleVersion": "b7d872ff-87c7-49c7-bb29-99ff1a2bdb3a"}}}],
    "dimensionKeys": ["toolName"],
    "entries": [{"dimensions": {"toolName": "*"}, "requests": [{"rate": 5, "period": "minute"}]}],
    "rateLimits": [{
        "rateLimitId": "nobody", "dimensionKeys": ["toolName"],
        "entries": [{"dimensions": {"toolName": "*"}, "requests": [{"rate": 5, "period": "minute"}]}]}],
    "idpConfig": {"credentialProviderArn": PROVIDER_ARN, "scopes": ["openid"]},
    "sources": [{"identifier": NOBODY, "type": "agentcore-gateway"}],
    "sessionUri": "urn:ietf:params:oauth:request_uri:nobody", "userIdentifier": {"userId": "alice"},
}


def shape_of(operation, member):
    one = OPERATIONS[operation]
    shapes = CONTRACT["shapes"][one["service"]]
    entry = shapes[one["input"]]["members"][member]
    return shapes[entry if isinstance(entry, str) else entry["shape"]]


def members(operation):
    one = OPERATIONS[operation]
    return CONTRACT["shapes"][one["service"]][one["input"]]


def arguments(operation, **more):
    # The model leaves a key optional, as it may lie in a secret of the caller's.
    needed = members(operation).get("required", []) + [
        name for name in ("apiKey",) if name in members(operation)["members"]]
    return {**{name: SAMPLES[name] for name in needed}, **more}


def broken(operation):
    """The operation's arguments with a value that its client sends and its service must not take."""
    required = members(operation).get("required", [])
    for name in sorted(members(operation)["members"], key=lambda one: (one not in required, one)):
        shape = shape_of(operation, name)
        if shape["type"] == "string":
            value = "!" * max(shape.get("min", 1), 1)
            if "pattern" in shape and not re.fullmatch(shape["pattern"], value) or "enum" in shape:
                return arguments(operation, **{name: value})
            if "max" in shape and shape["max"] < 100_000:
                return arguments(operation, **{name: "x" * (shape["max"] + 1)})
        if shape["type"] == "integer" and "max" in shape:
            return arguments(operation, **{name: shape["max"] + 1})
    raise AssertionError(f"{operation} has nothing to break")


def plain(lab, operation, **more):
    return lab, arguments(operation, **more)


def twice(lab, operation, make=None):
    """The same thing made before."""
    world = make(lab) if make else {}
    call(lab, operation, {**arguments(operation), **world})
    return lab, {**arguments(operation), **world}


def call(lab, operation, values):
    client = lab.control_plane if OPERATIONS[operation]["service"] == "control" else lab.identity
    name = next(one for one, of in client.meta.method_to_api_mapping.items() if of == operation)
    return getattr(client, name)(**values)


def gateway(lab, ready=True, **more):
    made = call(lab, "CreateGateway", arguments("CreateGateway", name="demo", protocolType="MCP", **more))
    if ready:
        lab.advance("1s")
    return {"gatewayIdentifier": made["gatewayId"]}


def provider(lab):
    return call(lab, "CreateOauth2CredentialProvider", arguments("CreateOauth2CredentialProvider", name="github"))


def portal(lab):
    made = gateway(lab)
    return {
        "idpConfig": {"credentialProviderArn": provider(lab)["credentialProviderArn"], "scopes": ["openid"]},
        "sources": [{"identifier": made["gatewayIdentifier"], "type": "agentcore-gateway"}]}


def pending(lab, operation):
    """A target that waits for its administrator."""
    at = gateway(lab, protocolConfiguration={"mcp": {"supportedVersions": ["2025-11-25"]}})
    asked = {
        "targetConfiguration": {"mcp": {"mcpServer": {"endpoint": lab.mcp + "/mcp"}}},
        "credentialProviderConfigurations": [{
            "credentialProviderType": "OAUTH",
            "credentialProvider": {"oauthCredentialProvider": {
                "providerArn": provider(lab)["credentialProviderArn"], "grantType": "AUTHORIZATION_CODE",
                "defaultReturnUrl": lab.app + "/callback", "scopes": ["repo"]}}}]}
    made = call(lab, "CreateGatewayTarget", {**at, "name": "github", **asked})
    found = {**at, "targetId": made["targetId"], "targetIdList": [made["targetId"]], **asked}
    return lab, {name: found[name] for name in found if name in members(operation)["members"]} | {
        name: SAMPLES[name] for name in members(operation).get("required", []) if name not in found}


def busy(lab, operation):
    """A gateway that is being made."""
    more = {"name": "demo"} if "name" in members(operation)["members"] else {}
    return lab, {**arguments(operation, **more), **gateway(lab, ready=False)}


def busy_portal(lab, operation):
    """A consent portal that is being made."""
    made = call(lab, "CreateConsentPortal", {**arguments("CreateConsentPortal"), **portal(lab)})
    return lab, {**arguments(operation), "consentPortalIdentifier": made["consentPortalId"]}


def taken_keys(lab, operation):
    """A rate limit whose dimension keys another has already."""
    at = gateway(lab)
    call(lab, "CreateGatewayRateLimit", {**arguments("CreateGatewayRateLimit"), "rateLimitId": "few", **at})
    return lab, {**arguments(operation), **at}


def workload(lab):
    call(lab, "CreateWorkloadIdentity", {"name": "agent"})
    return {"workloadIdentityToken": call(lab, "GetWorkloadAccessToken", {"workloadName": "agent"})[
        "workloadAccessToken"]}


def causes():
    found = {}
    for operation, error in PAIRS:
        if error in ("ThrottlingException", "InternalServerException", "AccessDeniedException"):
            # A fault of the lab, or the key of somebody who may not; see test_aws_declared.py.
            found[operation, error] = plain
        elif error == "ValidationException":
            found[operation, error] = lambda lab, operation: (lab, broken(operation))
        elif error == "ResourceNotFoundException" and not reason(operation, error):
            found[operation, error] = plain
    missing = "ResourceNotFoundException"
    found["GetTokenVault", missing] = found["ResetTokenVaultKeyMaterial", missing] = found[
        "SetTokenVaultCMK", missing] = lambda lab, operation: plain(lab, operation, tokenVaultId="nobody")
    for operation in ("GetResourceOauth2Token", "GetResourceApiKey"):
        found[operation, missing] = lambda lab, operation: plain(lab, operation, **workload(lab))
        found[operation, "UnauthorizedException"] = plain

    def unknown_user(lab, operation):
        call(lab, "CreateWorkloadIdentity", {"name": "agent"})
        return plain(lab, operation, workloadName="agent")

    found["GetWorkloadAccessTokenForJWT", "UnauthorizedException"] = unknown_user
    conflict = "ConflictException"
    found["CreateGateway", conflict] = lambda lab, operation: twice(lab, operation)
    for operation in ("CreateGatewayTarget", "CreateGatewayRule", "CreateGatewayRateLimit"):
        found[operation, conflict] = lambda lab, operation: twice(lab, operation, lambda lab: {
            **gateway(lab), **({"name": "t"} if "Target" in operation else {}),
            **({"rateLimitId": "few"} if "Limit" in operation else {})})
    found["CreateConsentPortal", conflict] = lambda lab, operation: twice(lab, operation, portal)
    found["BatchPutGatewayRateLimits", conflict] = taken_keys
    for operation in ("UpdateGatewayTarget", "DeleteGatewayTarget", "SynchronizeGatewayTargets"):
        found[operation, conflict] = pending
    for operation in ("UpdateGateway", "DeleteGateway"):
        found[operation, conflict] = busy
    for operation in ("UpdateConsentPortal", "DeleteConsentPortal"):
        found[operation, conflict] = busy_portal
    return found


REASONS = [
    (r"DecryptionFailure|EncryptionFailure", r".*", "no key of KMS is used here, so none fails"),
    (r"ConcurrentModificationException", r".*", "a change is one transaction; two never meet"),
    (r"ResourceLimitExceededException", r".*",
     "a full account answers ServiceQuotaExceededException, declared beside it"),
    (r"UnauthorizedException", r"(Create|Get|Update|Delete|List|Set|Reset)(?!Resource|WorkloadAccessTokenForJWT).*",
     "who calls is told by the signature, and a wrong one answers AccessDeniedException or a common error"),
    (r"UnauthorizedException", r"CompleteResourceTokenAuth", "a wrong identity answers AccessDeniedException (E61)"),
    (r"ResourceNotFoundException", r"CompleteResourceTokenAuth",
     "an unknown session answers AccessDeniedException (E60)"),
    (r"ResourceNotFoundException", r"Create(Oauth2|ApiKey)CredentialProvider|CreateWorkloadIdentity",
     "it names nothing that could be missing"),
    (r"ResourceNotFoundException", r"List(Oauth2|ApiKey)CredentialProviders|ListWorkloadIdentities",
     "a list names nothing that could be missing"),
    (r"ResourceNotFoundException", r"Delete(Oauth2|ApiKey)CredentialProvider",
     "deleting what is not there is success (ledger provider-delete-missing)"),
    (r"ConflictException", r"Create(Oauth2|ApiKey)CredentialProvider|CreateWorkloadIdentity",
     "a taken name answers ValidationException (ledger provider-duplicate)"),
    (r"ConflictException", r"(Update|Delete)(Oauth2CredentialProvider|ApiKeyCredentialProvider|WorkloadIdentity)",
     "it is done at once and its name cannot change: nothing to conflict with"),
    (r"ConflictException", r"(Update|Delete)(GatewayRule|GatewayRateLimit)",
     "it is done at once and replaces what was there: nothing to conflict with"),
    (r"ConflictException", r"(Set|Reset)TokenVault.*", "a change of the vault is done at once"),
    (r"ServiceQuotaExceededException", r"Update.*|SynchronizeGatewayTargets", "it makes nothing more"),
    (r"ServiceQuotaExceededException", r"TagResource|CreateConsentPortal|CreateGatewayRule|.*RateLimits?",
     "the guide names no quota of them"),
    (r"ServiceQuotaExceededException",
     r"Create(Gateway|GatewayTarget|Oauth2CredentialProvider|ApiKeyCredentialProvider)",
     "in a lab with room for none: test_quotas_are_settings_of_a_lab"),
]


def reason(operation, error):
    for errors, operations, words in REASONS:
        if re.fullmatch(errors, error) and re.fullmatch(operations, operation):
            return words
    return None


CAUSES = causes()


def rows():
    """Every pair, with `boto3` or the reason why not."""
    for operation, error in PAIRS:
        yield operation, error, "boto3" if (operation, error) in CAUSES else reason(operation, error)
