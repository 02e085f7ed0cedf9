"""Signatures and policies as boto3 meets them: a lab that verifies the ones and enforces the others."""

import datetime
import json
import subprocess
import urllib.error
import urllib.request

import botocore.auth
import botocore.awsrequest
import botocore.credentials
import botocore.exceptions
import pytest
from conftest import BINARY, ROOT, served

CLIENTS = ["mcp1"]

ROOT_KEY = {"key": "AKIAROOT111122223333", "secret": "agentcore-local-secret"}
SYNCHRONIZER = {"key": "AKIASYNCHRONIZERONLY", "secret": "agentcore-local-secret"}


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    with served(tmp_path_factory.mktemp("strict"), "--lab", "iam") as lab:
        yield lab


@pytest.fixture(autouse=True)
def anew(strict):
    strict.control("POST", "/_local/reset")


def refused(call, code, status=403, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(**arguments)
    answer = error.value.response
    assert (answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]) == (code, status), answer
    return answer["Error"]["Message"]


def control(lab, **key):
    return lab.client("bedrock-agentcore-control", **(key or ROOT_KEY))


def test_a_good_signature_is_let_in(strict):
    made = control(strict).create_workload_identity(name="agent")
    # The key belongs to an account, whatever the key's id looks like.
    assert ":111122223333:" in made["workloadIdentityArn"]
    assert control(strict).get_workload_identity(name="agent")["name"] == "agent"
    control(strict).tag_resource(resourceArn=made["workloadIdentityArn"], tags={"a b": "c/d+e=f"})
    control(strict).untag_resource(resourceArn=made["workloadIdentityArn"], tagKeys=["a b", "x"])
    assert list(control(strict).get_paginator("list_workload_identities").paginate())


def test_keys_and_secrets_that_do_not_fit(strict):
    call = control(strict, key="111122223333", secret="anything").list_gateways
    assert refused(call, "UnrecognizedClientException") == "The security token included in the request is invalid."
    call = control(strict, key=ROOT_KEY["key"], secret="wrong").list_gateways
    assert "does not match the signature you provided" in refused(call, "InvalidSignatureException")
    call = control(strict, **ROOT_KEY, token="nobody-gave-this").list_gateways
    refused(call, "UnrecognizedClientException")
    with pytest.raises(urllib.error.HTTPError) as none:
        urllib.request.urlopen(strict.aws + "/gateways/")
    assert none.value.code == 403
    assert none.value.headers["x-amzn-ErrorType"] == "MissingAuthenticationTokenException"


def signed(lab, at=None, body=b"{}", sent=None, service="bedrock-agentcore", headers=None):
    """Status and error type of a request that botocore signed, perhaps at another time or with another body after."""
    url = lab.aws + "/identities/ListWorkloadIdentities"
    request = botocore.awsrequest.AWSRequest("POST", url, {"Content-Type": "application/json"}, body)
    signer = botocore.auth.SigV4Auth(
        botocore.credentials.Credentials(ROOT_KEY["key"], ROOT_KEY["secret"]), service, lab.region)
    if at is not None:
        stamp = at.strftime("%Y%m%dT%H%M%SZ")
        request.context["timestamp"] = stamp
        request.headers["X-Amz-Date"] = stamp
        request.headers.add_header("Authorization", "")
        del request.headers["Authorization"]
        canonical = signer.canonical_request(request)
        text = signer.string_to_sign(request, canonical)
        signer._inject_signature_to_request(request, signer.signature(text, request))
    else:
        signer.add_auth(request)
    prepared = urllib.request.Request(
        url, data=body if sent is None else sent, headers={**dict(request.headers), **(headers or {})})
    try:
        with urllib.request.urlopen(prepared) as answer:
            return answer.status, ""
    except urllib.error.HTTPError as error:
        return error.code, error.headers["x-amzn-ErrorType"]


def test_window_body_and_scope(strict):
    now = datetime.datetime.fromisoformat(strict.control("GET", "/_local/clock")["now"].replace("Z", "+00:00"))
    minute = datetime.timedelta(minutes=1)
    assert signed(strict) == (200, "")
    assert signed(strict, at=now - 4 * minute) == (200, "")
    assert signed(strict, at=now - 6 * minute) == (403, "InvalidSignatureException")
    assert signed(strict, at=now + 6 * minute) == (403, "InvalidSignatureException")
    assert signed(strict, sent=b'{"maxResults": 2}') == (403, "InvalidSignatureException")
    assert signed(strict, service="execute-api") == (403, "InvalidSignatureException")
    empty = {"X-Amz-Content-Sha256": "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"}
    assert signed(strict, headers=empty) == (403, "InvalidSignatureException")
    # The window is of the lab's time: an hour on, boto3's clock is too late.
    strict.advance("1h")
    assert "Signature expired" in refused(control(strict).list_gateways, "InvalidSignatureException")


def gateway(lab, name="gw", role="arn:aws:iam::111122223333:role/gateway", **key):
    return control(lab, **key).create_gateway(
        name=name, roleArn=role, protocolType="MCP", authorizerType="NONE",
        protocolConfiguration={"mcp": {"supportedVersions": ["2025-11-25"]}})


def calls(client):
    """Every operation but one, with arguments that the model allows."""
    model = client.meta.service_model
    for name in model.operation_names:
        if name != "SynchronizeGatewayTargets":
            yield name, model.operation_model(name)


SAMPLES = {
    "gatewayIdentifier": "gw-abcdefghij", "targetId": "ABCDEFGHIJ", "name": "anything", "tokenVaultId": "default",
    "ruleId": "00000000-0000-0000-0000-000000000000", "rateLimitId": "few",
}


def test_a_role_granted_sync_alone_can_do_nothing_else(strict):
    made = gateway(strict)
    at = {"gatewayIdentifier": made["gatewayId"]}
    client = control(strict, **SYNCHRONIZER)
    # What is not there is told after what is not allowed.
    refused(client.synchronize_gateway_targets, "ResourceNotFoundException", 404, **at, targetIdList=["ABCDEFGHIJ"])
    asked = 0
    for name, operation in calls(client):
        if name not in strict_scope(strict) or operation.input_shape is None:
            continue
        required = operation.input_shape.required_members
        if set(required) <= set(SAMPLES):
            method = next(one for one, of in client.meta.method_to_api_mapping.items() if of == name)
            words = refused(getattr(client, method), "AccessDeniedException",
                            **{member: SAMPLES[member] for member in required})
            assert f"role/synchronizer is not authorized to perform: bedrock-agentcore:{name} on resource" in words
            asked += 1
    assert asked >= 25
    # P43: the operation that people miss first.
    words = refused(client.create_gateway_target, "AccessDeniedException", **at, name="t", targetConfiguration={
        "mcp": {"mcpServer": {"endpoint": strict.mcp + "/mcp"}}})
    assert "bedrock-agentcore:CreateGatewayTarget" in words


def strict_scope(lab):
    contract = json.loads((ROOT / "mocks/contract/contract.json").read_text())
    return {one["name"] for one in contract["operations"]}


ROLES = """
Resources:
  Synchronizer:
    Type: AWS::IAM::Role
    Properties:
      RoleName: only-sync
      AssumeRolePolicyDocument:
        Statement:
          - {Effect: Allow, Principal: {AWS: "arn:aws:iam::111122223333:root"}, Action: "sts:AssumeRole"}
      Policies:
        - PolicyName: sync
          PolicyDocument:
            Statement: {Effect: Allow, Action: "bedrock-agentcore:SynchronizeGatewayTargets", Resource: "*"}
  Service:
    Type: AWS::IAM::Role
    Properties:
      RoleName: for-the-service
      AssumeRolePolicyDocument:
        Statement: {Effect: Allow, Principal: {Service: bedrock-agentcore.amazonaws.com}, Action: "sts:AssumeRole"}
"""


def test_a_deployed_role_is_assumed_and_is_what_its_policy_says(strict, tmp_path):
    path = tmp_path / "roles.yaml"
    path.write_text(ROLES)
    subprocess.run([BINARY, "deploy", path, "--endpoint", strict.console, "--account", "111122223333"],
                   cwd=ROOT, check=True, capture_output=True)
    sts = strict.client("sts", **ROOT_KEY)
    assert sts.get_caller_identity()["Account"] == "111122223333"
    role = "arn:aws:iam::111122223333:role/only-sync"
    refused(sts.assume_role, "AccessDenied", RoleArn="arn:aws:iam::111122223333:role/for-the-service",
            RoleSessionName="me")
    refused(sts.assume_role, "AccessDenied", RoleArn=role + "-not", RoleSessionName="me")
    given = sts.assume_role(RoleArn=role, RoleSessionName="deploy", DurationSeconds=900)
    assert given["AssumedRoleUser"]["Arn"] == "arn:aws:sts::111122223333:assumed-role/only-sync/deploy"
    keys = given["Credentials"]
    session = {"key": keys["AccessKeyId"], "secret": keys["SecretAccessKey"], "token": keys["SessionToken"]}
    assert strict.client("sts", **session).get_caller_identity()["Arn"] == given["AssumedRoleUser"]["Arn"]
    made = gateway(strict)
    client = control(strict, **session)
    words = refused(client.get_gateway, "AccessDeniedException", gatewayIdentifier=made["gatewayId"])
    assert words.startswith("User: arn:aws:sts::111122223333:assumed-role/only-sync/deploy is not authorized")
    refused(client.synchronize_gateway_targets, "ResourceNotFoundException", 404,
            gatewayIdentifier=made["gatewayId"], targetIdList=["ABCDEFGHIJ"])
    refused(control(strict, key=session["key"], secret=session["secret"]).list_gateways,
            "UnrecognizedClientException")
    report = {one["principal"]: one for one in strict.control("GET", "/_local/access")["principals"]}
    (statement,) = report[role]["policy"]["Statement"]
    assert statement == {
        "Effect": "Allow", "Resource": made["gatewayArn"],
        "Action": ["bedrock-agentcore:GetGateway", "bedrock-agentcore:SynchronizeGatewayTargets"]}
    assert report[role]["notAllowed"] == [{"action": "bedrock-agentcore:GetGateway", "resource": made["gatewayArn"]}]
    strict.advance("1h")
    refused(client.list_gateways, "ExpiredTokenException")


def test_a_gateways_session_is_its_principals(strict):
    """`gateway-sessions`: a role's session goes on with the keys of the next AssumeRole, and is nobody else's."""
    iam, sts = strict.client("iam", **ROOT_KEY), strict.client("sts", **ROOT_KEY)
    trust = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::111122223333:root"}, "Action": "sts:AssumeRole"}
    invoke = {"Effect": "Allow", "Action": "bedrock-agentcore:InvokeGateway", "Resource": "*"}
    iam.create_role(RoleName="caller", AssumeRolePolicyDocument=json.dumps({"Statement": [trust]}))
    iam.put_role_policy(RoleName="caller", PolicyName="p", PolicyDocument=json.dumps({"Statement": [invoke]}))
    url = control(strict).create_gateway(
        name="signed", roleArn="arn:aws:iam::111122223333:role/gateway", protocolType="MCP", authorizerType="AWS_IAM",
        protocolConfiguration={"mcp": {
            "supportedVersions": ["2025-11-25"], "sessionConfiguration": {"sessionTimeoutInSeconds": 900}}},
    )["gatewayUrl"]
    strict.advance("1s")

    def assumed(name):
        keys = sts.assume_role(RoleArn="arn:aws:iam::111122223333:role/caller", RoleSessionName=name)["Credentials"]
        return botocore.credentials.Credentials(keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"])

    def send(keys, method, session=None, **params):
        headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
        if session:
            headers["Mcp-Session-Id"] = session
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
        request = botocore.awsrequest.AWSRequest("POST", url, headers, body)
        botocore.auth.SigV4Auth(keys, "bedrock-agentcore", strict.region).add_auth(request)
        try:
            with urllib.request.urlopen(urllib.request.Request(url, body, dict(request.headers))) as answer:
                return answer.status, answer.headers["Mcp-Session-Id"]
        except urllib.error.HTTPError as error:
            return error.code, None

    first = assumed("one")
    status, session = send(
        first, "initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo={"name": "a", "version": "1"})
    assert status == 200 and session
    root = botocore.credentials.Credentials(ROOT_KEY["key"], ROOT_KEY["secret"])
    said = [send(keys, "ping", session)[0] for keys in (first, assumed("one"), assumed("two"), root)]
    assert said == [200, 200, 404, 404]


def test_completing_needs_the_secret(strict):
    """E63: the service reads the provider's secret with the rights of who completes."""
    asked = {"sessionUri": "urn:ietf:params:oauth:request_uri:abc", "userIdentifier": {"userId": "alice"}}
    without = strict.client("bedrock-agentcore", key="AKIACOMPLETERNOSECRT", secret="agentcore-local-secret")
    words = refused(without.complete_resource_token_auth, "AccessDeniedException", **asked)
    assert "secretsmanager:GetSecretValue" in words
    allowed = strict.client("bedrock-agentcore", key="AKIACOMPLETERALLOWED", secret="agentcore-local-secret")
    assert "Invalid or expired session" in refused(
        allowed.complete_resource_token_auth, "AccessDeniedException", **asked)


def test_a_caller_who_may_not_pass_the_role(strict):
    """E14: CreateGateway hands a role to the service."""
    words = refused(gateway, "AccessDeniedException", lab=strict, **SYNCHRONIZER)
    assert "CreateGateway" in words
