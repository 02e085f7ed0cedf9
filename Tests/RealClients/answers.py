"""Every answer to boto3, checked against the service model that botocore carries."""

import json
import re


def faults(shape, value, path=""):
    """What is wrong with a parsed answer: missing members, patterns, enums, lengths."""
    found = []
    if shape.type_name == "structure":
        found += [f"{path}.{name} is missing" for name in shape.required_members if name not in value]
        for name, inner in value.items():
            if name == "ResponseMetadata":
                continue
            if name not in shape.members:
                found.append(f"{path}.{name} is unknown")
            else:
                found += faults(shape.members[name], inner, f"{path}.{name}")
    elif shape.type_name == "list":
        for number, inner in enumerate(value):
            found += faults(shape.member, inner, f"{path}[{number}]")
    elif shape.type_name == "map":
        for name, inner in value.items():
            found += faults(shape.value, inner, f"{path}[{name}]")
    elif shape.type_name == "string":
        facts = shape.metadata
        if "enum" in facts and value not in facts["enum"]:
            found.append(f"{path}: {value} is not in the enum")
        pattern = facts.get("pattern")
        # A lab on this machine is http (ledger aws-loopback-http).
        here = pattern and pattern.startswith("https://") and value.startswith("http://127.0.0.1:")
        # The model's provider ARNs still name an older service, acps: no real one matches.
        if pattern and "acps" not in pattern and not here and not re.fullmatch(pattern, value):
            found.append(f"{path}: {value} does not match {pattern}")
        if not facts.get("min", 0) <= len(value) <= facts.get("max", 10**9):
            found.append(f"{path}: length {len(value)}")
    return found


def unknown(shape, value, path=""):
    """Members of a raw answer that the model does not know, at any depth: boto3 would drop them."""
    if shape.type_name == "structure" and isinstance(value, dict) and not shape.metadata.get("document"):
        names = {member.serialization.get("name", name): member for name, member in shape.members.items()}
        for name, inner in value.items():
            if name not in names:
                yield f"{path}.{name}"
            else:
                yield from unknown(names[name], inner, f"{path}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for inner in value:
            yield from unknown(shape.member, inner, path)
    elif shape.type_name == "map" and isinstance(value, dict):
        for inner in value.values():
            yield from unknown(shape.value, inner, path)


def watch(client):
    """From here on an answer of success that does not fit the model fails the test that asked."""

    def check(http_response, parsed, model, **_):
        if http_response.status_code >= 300:
            return
        assert http_response.status_code == model.http.get("responseCode", 200), model.name
        assert http_response.headers["x-amzn-requestid"], model.name
        if model.output_shape is None:
            return
        wrong = faults(model.output_shape, parsed, model.name)
        assert wrong == [], wrong
        if http_response.content:
            assert list(unknown(model.output_shape, json.loads(http_response.content), model.name)) == []

    client.meta.events.register("after-call.bedrock-agentcore-control.*", check)
    client.meta.events.register("after-call.bedrock-agentcore.*", check)
    return client
