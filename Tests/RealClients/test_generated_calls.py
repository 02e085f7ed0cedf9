"""Calls that hypothesis makes from the service models: every answer is a modelled one, and a refusal leaves nothing behind.

A long run: `GENERATED_CALLS=20000 python -m pytest Tests/RealClients/test_generated_calls.py --client mcp1`;
`GENERATED_SEED=n` for other ones.
"""

import collections
import http.client
import json
import os
import urllib.parse

import answers
import botocore.loaders
import botocore.model
import botocore.parsers
import hypothesis
from conftest import ROOT
from hypothesis import strategies as some

CLIENTS = ["mcp1"]

CALLS = int(os.environ.get("GENERATED_CALLS", "1500"))
SEED = int(os.environ.get("GENERATED_SEED", "1"))


def operations():
    """Those of the contract, as botocore models them."""
    contract = json.loads((ROOT / "mocks/contract/contract.json").read_text())
    known = {operation["name"] for operation in contract["operations"]}
    loader = botocore.loaders.Loader()
    for service in ("bedrock-agentcore-control", "bedrock-agentcore"):
        model = botocore.model.ServiceModel(loader.load_service_model(service, "service-2"), service)
        for name in model.operation_names:
            if name in known:
                yield model, model.operation_model(name)


OPERATIONS = list(operations())
# What every AWS service may say besides an operation's own errors.
COMMON = {"ValidationException", "AccessDeniedException", "ResourceNotFoundException", "UnauthorizedException"}


class Values:
    """Values for shapes: mostly what fits, sometimes what does not; ids of what is there come up again and again."""

    def __init__(self):
        self.wild = False
        self.seen = collections.deque(["demo", "github", "a" * 48], maxlen=40)

    def of(self, data, shape, depth=0):
        if self.wild and data.draw(some.integers(0, 12)) == 0:
            return data.draw(ODD)
        make = getattr(self, shape.type_name, None)
        return make(data, shape, depth) if make else None

    def structure(self, data, shape, depth):
        if shape.metadata.get("document"):
            return data.draw(JSON)
        names = list(shape.members)
        if getattr(shape, "is_tagged_union", False):
            names = [data.draw(some.sampled_from(names))] if names else []
        else:
            required = set(shape.required_members)
            rare = 2 if depth < 2 else 5
            names = [
                name
                for name in names
                if (name in required and (not self.wild or data.draw(some.integers(0, 15)) > 0))
                or (name not in required and data.draw(some.integers(0, rare)) == 0)
            ]
        if depth > 8:
            return {}
        return {name: self.of(data, shape.members[name], depth + 1) for name in names}

    def list(self, data, shape, depth):
        least = shape.metadata.get("min", 0)
        count = data.draw(some.integers(least, min(shape.metadata.get("max", 3), least + 2))) if depth < 7 else 0
        return [self.of(data, shape.member, depth + 1) for _ in range(count)]

    def map(self, data, shape, depth):
        count = data.draw(some.integers(0, 2))
        return {str(self.string(data, shape.key, depth)): self.of(data, shape.value, depth + 1) for _ in range(count)}

    def string(self, data, shape, depth):
        facts = shape.metadata
        if "enum" in facts:
            return data.draw(some.sampled_from(facts["enum"]))
        kind = data.draw(some.integers(0, 9))
        if kind < 5:
            # By place: what is drawn may not depend on what the lab has answered.
            return self.seen[data.draw(some.integers(0, 39)) % len(self.seen)]
        if kind < 8 and "pattern" in facts and len(facts["pattern"]) < 200:
            text = data.draw(some.from_regex(facts["pattern"], fullmatch=True))
            return text[: facts.get("max", len(text))]
        return data.draw(some.sampled_from(TEXTS))

    def boolean(self, data, shape, depth):
        return data.draw(some.booleans())

    def integer(self, data, shape, depth):
        return data.draw(some.integers(shape.metadata.get("min", -5), min(shape.metadata.get("max", 100), 10**9)))

    long = integer

    def double(self, data, shape, depth):
        return data.draw(some.floats(allow_nan=False, allow_infinity=False, width=32))

    float = double

    def blob(self, data, shape, depth):
        return "YQ=="

    def timestamp(self, data, shape, depth):
        return 1_763_632_800


JSON = some.recursive(
    some.none() | some.booleans() | some.integers(-(2**40), 2**40) | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
ODD = JSON | some.sampled_from(["", "x" * 5_000, "\u0000", "\ud7ff\u202e", -1, 2**63, 1e300, [], {}, [[[]]], None])
TEXTS = [
    "https://example.com/callback", "http://127.0.0.1:1/x", "arn:aws:iam::111122223333:role/gateway", "openid", "é", "",
    "arn:aws:bedrock-agentcore:us-east-1:000000000000:token-vault/default/oauth2credentialprovider/github", "default",
    "https://127.0.0.1/.well-known/openid-configuration", "{\"tools\":[]}", "READY", "us-east-1", "2025-11-25", "a/b?c#d",
]


def request(operation, values):
    """Method, target, headers and body as the model says where each member goes."""
    path, query, headers, body = operation.http["requestUri"], [], {}, {}
    shape = operation.input_shape
    for name, value in values.items() if isinstance(values, dict) else ():
        place = shape.members[name].serialization if name in shape.members else {}
        wire = place.get("name", name)
        text = value if isinstance(value, str) else json.dumps(value)
        if place.get("location") == "uri":
            # Without it the path would be another operation's.
            path = path.replace("{%s}" % wire, urllib.parse.quote(text, safe="") or "-")
        elif place.get("location") == "querystring":
            query.append((wire, text))
        elif place.get("location") == "header":
            headers[wire] = urllib.parse.quote(text)[:200]
        else:
            body[wire] = value
    path = path.split("?")[0]
    # A member of the path that was left out.
    path = "".join(part if "}" not in part else "-" + part.split("}", 1)[1] for part in path.split("{"))
    target = path + ("?" + urllib.parse.urlencode(query) if query else "")
    return operation.http["method"], target, headers, body if isinstance(values, dict) else values


class Wire:
    def __init__(self, origin):
        self.connection = http.client.HTTPConnection(urllib.parse.urlsplit(origin).netloc, timeout=120)

    def send(self, method, target, headers, body):
        content = None if method in ("GET", "DELETE") and not body else json.dumps(body)
        try:
            self.connection.request(method, target, content, {"Content-Type": "application/json", **headers})
            answer = self.connection.getresponse()
            return answer.status, answer.headers, answer.read()
        except (OSError, http.client.HTTPException) as error:
            # Said at once: what is sent after it on this connection would fail for another reason.
            self.connection.close()
            raise AssertionError(f"no answer to {method} {target} {(content or '')[:2000]}: {error!r}") from error

    def census(self):
        """Names of all there is that comes and goes at once."""
        found = []
        for operation, member in (
            ("ListOauth2CredentialProviders", "credentialProviders"),
            ("ListApiKeyCredentialProviders", "credentialProviders"),
            ("ListWorkloadIdentities", "workloadIdentities"),
        ):
            body = {}
            while True:
                status, _, text = self.send("POST", f"/identities/{operation}", {}, body)
                assert status == 200, text
                page = json.loads(text)
                found += [(operation, item["name"], item.get("lastUpdatedTime")) for item in page[member]]
                if not page.get("nextToken"):
                    break
                body = {"nextToken": page["nextToken"]}
        status, _, text = self.send("GET", "/gateways/?maxResults=1000", {}, {})
        assert status == 200, text
        return found + [("gateway", item["gatewayId"]) for item in json.loads(text)["items"]]


def judge(model, operation, status, headers, content):
    """What is wrong with an answer; "" for nothing."""
    if status >= 500:
        return f"a {status}"
    if status < 300:
        if status != operation.http.get("responseCode", 200):
            return f"{status} is not the success of this operation"
        if operation.output_shape is None or operation.has_event_stream_output:
            return ""
        raw = {"status_code": status, "headers": headers, "body": content}
        parsed = botocore.parsers.create_parser("rest-json").parse(raw, operation.output_shape)
        strange = list(answers.unknown(operation.output_shape, json.loads(content))) if content else []
        return "; ".join(answers.faults(operation.output_shape, parsed) + strange)
    body = json.loads(content)
    code = (headers.get("x-amzn-ErrorType") or "").split(":")[0]
    shape = model.shape_for_error_code(code)
    if shape is None:
        return f"the service knows no error {code!r}"
    if shape.name not in {error.name for error in operation.error_shapes} | COMMON:
        return f"{code} is no error of this operation"
    if shape.metadata.get("error", {}).get("httpStatusCode", status) != status:
        return f"{code} is never a {status}"
    if not isinstance(body.get("message"), str) or not body["message"]:
        return "an error without a message"
    return "; ".join(answers.faults(shape, body) + list(answers.unknown(shape, body)))


def test_every_answer_is_a_modelled_one(lab, world):
    wire, values = Wire(lab.aws), Values()
    values.seen.extend([world.gateway_id, world.gateway_url, world.provider["credentialProviderArn"], "github-provider"])
    outcomes = collections.Counter()
    before = [wire.census()]

    @hypothesis.seed(SEED)
    @hypothesis.settings(
        max_examples=CALLS, deadline=None, database=None, suppress_health_check=list(hypothesis.HealthCheck),
        phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate],
    )
    @hypothesis.given(some.data())
    def call(data):
        model, operation = data.draw(some.sampled_from(OPERATIONS))
        # Half of the calls are what a client that knows the model would send.
        values.wild = data.draw(some.booleans())
        made = values.of(data, operation.input_shape) if operation.input_shape else {}
        asked = request(operation, made)
        counts = data.draw(some.integers(0, 3)) == 0
        status, headers, content = wire.send(*asked)
        wrong = judge(model, operation, status, headers, content)
        assert not wrong, f"{operation.name} {json.dumps(asked)[:2000]}: {wrong}: {status} {content[:600]}"
        outcomes[status < 300] += 1
        outcomes[operation.name, status < 300] += 1
        if operation.name.startswith(("Get", "List", "Search")):
            return
        if status < 300:
            remember(values, content)
            lab.advance("1s")
            before[0] = wire.census()
        elif counts:
            assert wire.census() == before[0], f"{operation.name} was refused and changed something: {json.dumps(asked)[:2000]}"

    call()
    reached = {name for name, good in (key for key in outcomes if isinstance(key, tuple)) if good}
    print(f"{outcomes[True]} accepted, {outcomes[False]} refused; {len(reached)} of {len(OPERATIONS)} operations accepted one")
    # A generator that is refused everything tries nothing.
    assert outcomes[True] > CALLS / 50 and len(reached) >= 10
    # It lives on: the flow goes from its beginning.
    lab.control("POST", "/_local/reset")
    assert lab.sign_in("alice")["accessToken"]


def remember(values, content):
    """Ids and names of an answer, for later calls."""
    if not content:
        return
    for name, value in json.loads(content).items():
        if isinstance(value, str) and name.lower().endswith(("id", "arn", "name", "token", "uri")) and len(value) < 300:
            values.seen.append(value)
