"""Every error that the model declares of an operation and a client can cause, by boto3; and every paginator, walked."""

import boto3
import botocore.exceptions
import pytest
from conftest import served
from declared import CAUSES, CONTRACT, PAIRS, STATUS, arguments, call, gateway, portal, reason

CLIENTS = ["mcp1"]


@pytest.fixture(scope="module")
def strict(tmp_path_factory):
    """A lab whose policies count."""
    with served(tmp_path_factory.mktemp("declared"), "--lab", "iam") as lab:
        yield lab


def refusal(lab, operation, values):
    with pytest.raises(botocore.exceptions.ClientError) as error:
        call(lab, operation, values)
    return error.value.response


def test_every_declared_error_is_caused_or_has_its_reason():
    both = [pair for pair in PAIRS if pair in CAUSES and reason(*pair)]
    neither = [pair for pair in PAIRS if pair not in CAUSES and not reason(*pair)]
    assert (both, neither) == ([], [])
    assert set(CAUSES) <= set(PAIRS) and len(CAUSES) > 270


@pytest.mark.parametrize("operation, error", list(CAUSES), ids=["-".join(pair) for pair in CAUSES])
def test_a_declared_error(lab, strict, operation, error):
    if error == "AccessDeniedException":
        # Somebody who may call gateways and nothing else.
        there = Somebody(strict, "AKIAINVOKERONLYAGENT")
        found = refusal(there, operation, arguments(operation))
    else:
        lab, values = CAUSES[operation, error](lab, operation)
        fault = {"name": "now", "party": "aws", "first": 1}
        if error == "ThrottlingException":
            lab.control("PUT", "/_local/faults", {**fault, "throttle": True})
        if error == "InternalServerException":
            lab.control("PUT", "/_local/faults", {**fault, "answer": {
                "status": 500, "headers": {"x-amzn-ErrorType": error, "Content-Type": "application/json"},
                "body": {"message": "An internal error occurred. Please retry later."}}})
        found = refusal(lab, operation, values)
    assert (found["Error"]["Code"], found["ResponseMetadata"]["HTTPStatusCode"]) == (error, STATUS[error]), found
    assert found["Error"]["Message"]
    if error == "ValidationException":
        assert found["reason"] == "FieldValidationFailed" and found["fieldList"]


class Somebody:
    """A lab by the key of one caller."""

    def __init__(self, lab, key):
        self.control_plane = lab.client("bedrock-agentcore-control", key=key, secret="agentcore-local-secret")
        self.identity = lab.client("bedrock-agentcore", key=key, secret="agentcore-local-secret")


LISTS = [
    one["name"] for one in CONTRACT["operations"]
    if one["name"].startswith("List") and one["name"] != "ListTagsForResource"]


def test_every_list_has_a_paginator():
    control = boto3.client("bedrock-agentcore-control", region_name="us-east-1")
    methods = {operation: name for name, operation in control.meta.method_to_api_mapping.items()}
    assert [name for name in LISTS if not control.can_paginate(methods[name])] == []
    assert len(LISTS) == 8
    others = [one["name"] for one in CONTRACT["operations"] if one["service"] == "control"
              and one["name"] not in LISTS and control.can_paginate(methods[one["name"]])]
    assert others == []


@pytest.mark.parametrize("operation", LISTS)
def test_a_paginator_walks_to_the_end_and_sees_everything_once(lab, operation):
    world = portal(lab)
    at = {"gatewayIdentifier": world["sources"][0]["identifier"]}
    made = {"ListGateways": 1, "ListWorkloadIdentities": 1, "ListOauth2CredentialProviders": 1}.get(operation, 0)
    noun = operation.removeprefix("List").removesuffix("ies") + "y" if operation.endswith("ies") else operation[4:-1]
    creation = f"Create{noun}"
    within = at if "Gateway" in noun and noun != "Gateway" else {}
    for number in range(made, 5):
        values = {**arguments(creation), **(world if noun == "ConsentPortal" else {}), **within}
        if noun == "GatewayRule":
            values["priority"] = number + 1
        elif noun == "GatewayRateLimit":
            key = f"$.context.jwt.claim{number}"
            values |= {"dimensionKeys": [key], "entries": [{"dimensions": {key: "*"}}]}
        else:
            values["name"] = f"item-{number}"
        call(lab, creation, values)
    client = lab.control_plane
    method = next(name for name, of in client.meta.method_to_api_mapping.items() if of == operation)
    for size in (1, 2, 5):
        pages = list(client.get_paginator(method).paginate(**within, PaginationConfig={"PageSize": size}))
        assert len(pages) == -(-5 // size)
        (key,) = [name for name, value in pages[0].items() if isinstance(value, list)]
        items = [str(item) for page in pages for item in page[key]]
        assert len(items) == len(set(items)) == 5
        assert all(0 < len(page[key]) <= size for page in pages)
        assert "nextToken" not in pages[-1]
