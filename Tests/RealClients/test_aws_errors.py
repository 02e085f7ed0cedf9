"""The errors that a client can cause, by boto3: what is not there, what is misspelt, and being too fast."""

import json
import shutil

import boto3
import botocore.exceptions
import pytest
from conftest import ROOT, served

CLIENTS = ["mcp1"]

CONTRACT = json.loads((ROOT / "mocks/contract/contract.json").read_text())
GATEWAY = "arn:aws:bedrock-agentcore:us-east-1:111122223333:gateway/nobody-abcdefghij"
# Well-formed, and nobody's.
SAMPLES = {
    "gatewayIdentifier": "nobody-abcdefghij", "targetId": "ABCDEFGHIJ", "name": "nobody", "tokenVaultId": "nobody",
    "ruleId": "00000000-0000-0000-0000-000000000000", "rateLimitId": "nobody", "resourceArn": GATEWAY,
    "consentPortalIdentifier": "nobody-abcdefghij", "targetIdList": ["ABCDEFGHIJ"], "tagKeys": ["a"],
    "tags": {"a": "b"}, "policy": "{}", "workloadName": "nobody", "userId": "alice", "userToken": "a.b.c",
    "workloadIdentityToken": "nothing", "resourceCredentialProviderName": "nobody", "scopes": ["repo"],
    "oauth2Flow": "USER_FEDERATION", "kmsConfiguration": {"keyType": "ServiceManagedKey"}, "apiKey": "k",
}
# Nothing is there to be deleted, and that is success (ledger `provider-delete-missing`).
FORGIVING = {"DeleteOauth2CredentialProvider", "DeleteApiKeyCredentialProvider"}


def method(client, operation):
    return next(one for one, of in client.meta.method_to_api_mapping.items() if of == operation)


def client_of(lab, operation):
    return lab.control_plane if operation["service"] == "control" else lab.identity


def shape_of(operation):
    return CONTRACT["shapes"][operation["service"]][operation["input"]]


def answer(lab, operation, arguments):
    client = client_of(lab, operation)
    with pytest.raises(botocore.exceptions.ClientError) as error:
        getattr(client, method(client, operation["name"]))(**arguments)
    return error.value.response


def asks_for_something(operation):
    required = shape_of(operation).get("required", [])
    return operation["name"].split("Gateway")[0] != "Create" and required and set(required) <= set(SAMPLES)


MISSING = [
    one for one in CONTRACT["operations"]
    if "ResourceNotFoundException" in one["errors"] and asks_for_something(one) and one["name"] not in FORGIVING
    and not one["name"].startswith("Create") and "workloadIdentityToken" not in shape_of(one)["members"]
    and one["name"] != "GetWorkloadAccessTokenForJWT"
]


@pytest.mark.parametrize("operation", MISSING, ids=[one["name"] for one in MISSING])
def test_what_is_not_there_is_not_found(lab, operation):
    # Two have what they need to be told apart among their optional members.
    wanted = shape_of(operation)["required"] + [
        name for name in ("apiKey", "tokenVaultId") if name in shape_of(operation)["members"]]
    found = answer(lab, operation, {name: SAMPLES[name] for name in wanted})
    assert found["Error"]["Code"] == "ResourceNotFoundException", found
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 404 and found["Error"]["Message"]
    assert found["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]


def test_enough_operations_were_asked():
    assert len(MISSING) >= 25


def misspelt():
    """Each required member with a pattern or an enum, of each operation, with a value that cannot be."""
    for operation in CONTRACT["operations"]:
        shapes = CONTRACT["shapes"][operation["service"]]
        required = shape_of(operation).get("required", [])
        if not set(required) <= set(SAMPLES):
            continue
        for name in required:
            entry = shape_of(operation)["members"][name]
            shape = shapes[entry if isinstance(entry, str) else entry["shape"]]
            if shape["type"] == "string" and ("pattern" in shape or "enum" in shape):
                yield pytest.param(operation, name, "!" * max(shape.get("min", 1), 1), id=f"{operation['name']}-{name}")
                # An empty name in a path is no other operation; boto3 sends what has no least length.
                if "{" + name + "}" in operation["uri"] and not shape.get("min"):
                    yield pytest.param(operation, name, "", id=f"{operation['name']}-{name}-empty")


@pytest.mark.parametrize("operation, name, value", list(misspelt()))
def test_what_the_model_forbids_is_told_by_name(lab, operation, name, value):
    arguments = {one: SAMPLES[one] for one in shape_of(operation)["required"]} | {name: value}
    found = answer(lab, operation, arguments)
    assert found["Error"]["Code"] == "ValidationException", found
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert found["reason"] == "FieldValidationFailed"
    assert name in [field["name"] for field in found["fieldList"]]
    assert f"Value at '{name}' failed to satisfy constraint: Member must" in found["Error"]["Message"]


@pytest.mark.parametrize("operation", ["GetResourceOauth2Token", "GetResourceApiKey"])
def test_a_workload_token_that_is_none_is_unauthorized(lab, operation):
    (one,) = [one for one in CONTRACT["operations"] if one["name"] == operation]
    found = answer(lab, one, {name: SAMPLES[name] for name in shape_of(one)["required"]})
    assert (found["Error"]["Code"], found["ResponseMetadata"]["HTTPStatusCode"]) == ("UnauthorizedException", 401)


@pytest.mark.parametrize("status, code", [(429, "ThrottlingException"), (500, "InternalServerException")])
def test_throttling_and_failures_are_faults_that_boto3_retries(lab, status, code):
    fault = {"name": "busy", "party": "aws", "operation": "GET /gateways/", "first": 1, "answer": {
        "status": status, "headers": {"x-amzn-ErrorType": code, "Content-Type": "application/json"},
        "body": {"message": "Rate exceeded"}}}
    lab.control("PUT", "/_local/faults", fault)
    with pytest.raises(botocore.exceptions.ClientError) as error:
        lab.control_plane.list_gateways()
    assert error.value.response["Error"] == {"Code": code, "Message": "Rate exceeded"}
    assert error.value.response["ResponseMetadata"]["HTTPStatusCode"] == status
    lab.control("PUT", "/_local/faults", {**fault, "name": "busy again"})
    patient = boto3.client(
        "bedrock-agentcore-control", endpoint_url=lab.aws, region_name=lab.region,
        aws_access_key_id="111122223333", aws_secret_access_key="anything")
    found = patient.list_gateways()
    assert found["items"] == [] and found["ResponseMetadata"]["RetryAttempts"] == 1


@pytest.fixture
def small(tmp_path):
    """A lab of our own: the default one, with room for very little."""
    shutil.copytree(ROOT / "mocks", tmp_path / "mocks")
    text = (ROOT / "mocks/labs/default.yaml").read_text()
    (tmp_path / "mocks/labs/small.yaml").write_text(
        text + "\nquotas: {gateways: 1, targetsPerGateway: 0, credentialProviders: 1, workloadIdentities: 2}\n")
    with served(tmp_path, "--root", str(tmp_path), "--lab", "small") as lab:
        yield lab


def test_quotas_are_settings_of_a_lab(small):
    control = small.control_plane

    def full(call, **arguments):
        with pytest.raises(botocore.exceptions.ClientError) as error:
            call(**arguments)
        return error.value.response["Error"]["Code"], error.value.response["ResponseMetadata"]["HTTPStatusCode"]

    gateway = {"name": "one", "roleArn": "arn:aws:iam::111122223333:role/gw", "protocolType": "MCP",
               "authorizerType": "NONE"}
    made = control.create_gateway(**gateway)
    assert full(control.create_gateway, **{**gateway, "name": "two"}) == ("ServiceQuotaExceededException", 402)
    small.advance("1s")
    assert full(
        control.create_gateway_target, gatewayIdentifier=made["gatewayId"], name="t",
        targetConfiguration={"mcp": {"mcpServer": {"endpoint": small.mcp + "/mcp"}}},
    ) == ("ServiceQuotaExceededException", 402)
    control.create_api_key_credential_provider(name="one", apiKey="k")
    code, status = full(control.create_api_key_credential_provider, name="two", apiKey="k")
    assert (code, status) in [("ResourceLimitExceededException", 400), ("ServiceQuotaExceededException", 402)]
