"""boto3 creates everything and completes both consents; a person walks the pages by their forms."""

import botocore.exceptions
import plain_mcp
import pytest
from conftest import SCHEMA
from walker import Walker, query

CLIENTS = ["mcp1", "mcp2"]


def test_method_1_waits_for_the_admin_and_becomes_ready(lab, world):
    target = world.create_target(schema=None)
    assert target["status"] == "CREATE_PENDING_AUTH"
    oauth2 = target["authorizationData"]["oauth2"]
    listed = lab.control_plane.list_gateway_targets(gatewayIdentifier=world.gateway_id)["items"]
    assert [item["authorizationData"]["oauth2"] for item in listed] == [oauth2]

    person = Walker()
    page = person.walk(oauth2["authorizationUrl"], "admin-gh")
    assert page.url.startswith(lab.app + "/callback?")
    session = query(page.url, "session_id")
    assert session == query(oauth2["authorizationUrl"], "request_uri")
    assert session in page.text or session.replace(":", "&#58;") in page.text
    assert world.target(target["targetId"])["status"] == "CREATE_PENDING_AUTH"

    done = lab.identity.complete_resource_token_auth(userIdentifier={"userId": oauth2["userId"]}, sessionUri=session)
    assert done["ResponseMetadata"]["HTTPStatusCode"] == 200
    lab.advance("1s")
    ready = world.target(target["targetId"])
    assert ready["status"] == "READY"
    assert "authorizationData" not in ready
    assert ready["lastSynchronizedAt"] >= ready["createdAt"]

    token = lab.sign_in("alice")["accessToken"]
    status, body, _ = plain_mcp.call(world.gateway_url, token, "tools/list")
    names = [tool["name"] for tool in body["result"]["tools"]]
    assert status == 200 and "github___get_me" in names and len(names) >= 12


def test_method_2_asks_the_user_once(lab, world):
    target = world.create_target()
    assert target["status"] == "READY"
    assert "authorizationData" not in target and "lastSynchronizedAt" not in target
    token = lab.sign_in("alice")["accessToken"]

    status, body, _ = plain_mcp.call(world.gateway_url, token, "tools/list", id="list-tools")
    assert status == 200 and body["id"] == "list-tools"
    assert [tool["name"] for tool in body["result"]["tools"]] == [
        "github___get_me", "github___search_repositories", "github___list_issues",
    ]

    status, body, _ = plain_mcp.tool(world.gateway_url, token, "github___get_me", id=24)
    assert status == 200 and body["id"] == 24
    assert body["error"]["message"] == "This request requires more information."
    url = plain_mcp.consent_url(body)

    page = Walker().walk(url, "alice-gh")
    session = query(page.url, "session_id")
    lab.identity.complete_resource_token_auth(userIdentifier={"userToken": token}, sessionUri=session)

    status, body, _ = plain_mcp.tool(world.gateway_url, token, "github___get_me", id=25)
    assert status == 200 and body["result"]["isError"] is False
    assert '"alice-gh"' in body["result"]["content"][0]["text"]
    # Another tool of the same provider needs no prompt.
    _, body, _ = plain_mcp.tool(world.gateway_url, token, "github___search_repositories", {"query": "agent"})
    assert body["result"]["isError"] is False


def test_update_and_synchronize_ask_again(lab, world):
    target = world.create_target(schema=None)
    first = target["authorizationData"]["oauth2"]
    lab.consent(first["authorizationUrl"], "admin")
    lab.advance("1s")
    assert world.target(target["targetId"])["status"] == "READY"

    updated = lab.control_plane.update_gateway_target(
        gatewayIdentifier=world.gateway_id,
        targetId=target["targetId"],
        name="github",
        targetConfiguration=world.server(),
        credentialProviderConfigurations=world.credentials(),
    )
    assert updated["status"] == "UPDATE_PENDING_AUTH"
    second = updated["authorizationData"]["oauth2"]
    assert second["userId"] != first["userId"]
    lab.consent(second["authorizationUrl"], "admin")
    lab.advance("1s")
    assert world.target(target["targetId"])["status"] == "READY"

    synced = lab.control_plane.synchronize_gateway_targets(
        gatewayIdentifier=world.gateway_id, targetIdList=[target["targetId"]]
    )["targets"][0]
    assert synced["status"] == "SYNCHRONIZE_PENDING_AUTH"
    third = synced["authorizationData"]["oauth2"]
    lab.consent(third["authorizationUrl"], "admin")
    lab.advance("1s")
    assert world.target(target["targetId"])["status"] == "READY"


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    response = caught.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"], response


def test_refusals_have_their_class_and_status(lab, world):
    control, identity = lab.control_plane, lab.identity
    assert refused(control.get_gateway, gatewayIdentifier="nobody-aaaaaaaaaa")[:2] == ("ResourceNotFoundException", 404)
    assert refused(
        control.get_gateway_target, gatewayIdentifier=world.gateway_id, targetId="AAAAAAAAAA"
    )[:2] == ("ResourceNotFoundException", 404)

    code, status, response = refused(
        control.create_gateway, name="bad name!!", roleArn="nonsense", authorizerType="BOGUS"
    )
    assert (code, status) == ("ValidationException", 400)
    assert response["reason"] == "FieldValidationFailed"
    assert {field["name"] for field in response["fieldList"]} == {"name", "roleArn", "authorizerType"}
    assert response["Error"]["Message"].startswith("3 validation errors detected: ")

    pending = world.create_target(schema=None)
    again = dict(gatewayIdentifier=world.gateway_id, targetId=pending["targetId"])
    assert refused(
        control.update_gateway_target,
        **again,
        targetConfiguration=world.server(),
        credentialProviderConfigurations=world.credentials(),
    )[:2] == ("ConflictException", 409)
    assert refused(control.delete_gateway_target, **again)[:2] == ("ConflictException", 409)
    code, status, response = refused(control.delete_gateway, gatewayIdentifier=world.gateway_id)
    assert (code, status) == ("ValidationException", 400) and "has targets associated" in response["Error"]["Message"]

    session = query(pending["authorizationData"]["oauth2"]["authorizationUrl"], "request_uri")
    for identifier in ({"userId": "somebody-else"}, {"userToken": lab.sign_in("mallory")["accessToken"]}):
        code, status, response = refused(
            identity.complete_resource_token_auth, userIdentifier=identifier, sessionUri=session
        )
        assert (code, status, response["Error"]["Message"]) == (
            "AccessDeniedException", 403, "Invalid or expired session",
        )
    assert refused(
        identity.get_workload_access_token, workloadName=world.gateway_id
    )[2]["Error"]["Message"].startswith("WorkloadIdentity is linked to a service")


def test_an_agent_polls_for_its_own_token(lab):
    lab.control_plane.create_oauth2_credential_provider(
        name="gh",
        credentialProviderVendor="GithubOauth2",
        oauth2ProviderConfigInput={
            "githubOauth2ProviderConfig": {"clientId": "Ov23liagentcorelocal", "clientSecret": "agentcore-local-secret"}
        },
    )
    returns = lab.app + "/callback"
    lab.control_plane.create_workload_identity(name="my-agent", allowedResourceOauth2ReturnUrls=[returns])
    workload = lab.identity.get_workload_access_token_for_user_id(workloadName="my-agent", userId="alice")
    request = dict(
        workloadIdentityToken=workload["workloadAccessToken"],
        resourceCredentialProviderName="gh",
        scopes=["repo"],
        oauth2Flow="USER_FEDERATION",
        resourceOauth2ReturnUrl=returns,
        customState="af0ifjsldkj",
    )
    first = lab.identity.get_resource_oauth2_token(**request)
    assert first["sessionStatus"] == "IN_PROGRESS" and "accessToken" not in first
    poll = lab.identity.get_resource_oauth2_token(**request, sessionUri=first["sessionUri"])
    assert poll["sessionStatus"] == "IN_PROGRESS"

    page = Walker().walk(first["authorizationUrl"], "alice-gh")
    assert query(page.url, "state") == "af0ifjsldkj"
    lab.identity.complete_resource_token_auth(userIdentifier={"userId": "alice"}, sessionUri=first["sessionUri"])
    done = lab.identity.get_resource_oauth2_token(**request, sessionUri=first["sessionUri"])
    assert done["accessToken"].startswith("gho_") and len(done["accessToken"]) == 40


def test_everything_can_be_listed_and_deleted(lab, world):
    control = lab.control_plane
    target = world.create_target(schema=SCHEMA)
    for number in range(3):
        control.create_workload_identity(name=f"agent-{number}")
    pages = control.get_paginator("list_workload_identities").paginate(PaginationConfig={"PageSize": 2})
    names = [item["name"] for page in pages for item in page["workloadIdentities"]]
    assert sorted(names) == sorted(["agent-0", "agent-1", "agent-2", world.gateway_id])

    deleted = control.delete_gateway_target(gatewayIdentifier=world.gateway_id, targetId=target["targetId"])
    assert deleted["status"] == "DELETING"
    lab.advance("1s")
    assert refused(
        control.get_gateway_target, gatewayIdentifier=world.gateway_id, targetId=target["targetId"]
    )[0] == "ResourceNotFoundException"
    assert control.delete_gateway(gatewayIdentifier=world.gateway_id)["status"] == "DELETING"
    lab.advance("1s")
    assert control.list_gateways()["items"] == []
    control.delete_oauth2_credential_provider(name="github-provider")
    assert control.list_oauth2_credential_providers()["credentialProviders"] == []
