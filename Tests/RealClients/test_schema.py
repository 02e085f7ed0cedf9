"""The JSON Schema that editors use takes every scenario and refuses every file with a mistake it can know of."""

import json
import re
import subprocess

import jsonschema
import pytest
import yaml
from conftest import BINARY, ROOT

CLIENTS = ["mcp1"]

REJECTED = ROOT / "Tests/ScenarioFileTests/Rejected"

# What no schema can know: what stands elsewhere in the file or in another file, the order of steps, SQL, patterns.
BEYOND = {
    "aws-member",
    "checks-of-nothing",
    "concurrently-alone",
    "concurrently-forks",
    "concurrently-shares",
    "deploy-outside",
    "fault-path",
    "fault-twice",
    "faults-and-streams",
    "fork-unseen",
    "fork-variable-is-gone",
    "for-each-text",
    "fragment-below",
    "fragments-multiply",
    "given-misspelled",
    "golden-of-a-matrix",
    "golden-of-several-runs",
    "golden-of-several-ways",
    "golden-outside",
    "golden-scenario",
    "include-itself",
    "include-misspelled",
    "include-value",
    "names-in-then",
    "names-that-nothing-has",
    "numbers-as-texts",
    "order-alone",
    "sql-changes",
    "sql-column",
    "template-contract",
    "template-mistakes",
    "vendor-member",
}


class Core(yaml.CSafeLoader):
    """Plain scalars by the core schema of YAML 1.2, as the scenario reader and VS Code's extension have them."""


Core.yaml_implicit_resolvers = {}
for tag, pattern, first in [
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", "tTfF"),
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("int", r"^-?(?:0|[1-9][0-9]*)$", "-0123456789"),
    ("float", r"^-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?$", "-0123456789"),
    ("merge", r"^(?:<<)$", "<"),
]:
    Core.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), list(first))


@pytest.fixture(scope="module")
def schema():
    done = subprocess.run([BINARY, "schema"], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.fixture(scope="module")
def validator(schema):
    jsonschema.Draft7Validator.check_schema(schema)
    return jsonschema.Draft7Validator(schema)


def mistakes(validator, path):
    document = yaml.load(path.read_text(), Core)
    return [f"{list(error.absolute_path)}: {error.message[:200]}" for error in validator.iter_errors(document)]


def test_every_scenario_and_every_fragment_is_taken(validator):
    files = sorted(path for path in (ROOT / "scenarios").rglob("*.yaml") if not path.name.endswith(".template.yaml"))
    assert len(files) > 150
    wrong = {str(path.relative_to(ROOT)): found for path in files if (found := mistakes(validator, path))}
    assert not wrong


@pytest.mark.parametrize("path", sorted(REJECTED.glob("*.yaml")), ids=lambda path: path.stem)
def test_what_the_reader_refuses_the_schema_refuses(validator, path):
    found = mistakes(validator, path)
    if path.stem in BEYOND:
        assert not found, "no longer beyond a schema: take it out of the list"
    else:
        assert found


def test_an_editor_can_complete_steps_and_members(schema):
    """Keywords stand as properties with a description, which is what an editor shows."""
    steps = {ref["$ref"].rsplit("/", 1)[1] for ref in schema["definitions"]["step"]["anyOf"]}
    assert {"step-aws", "step-mcp", "step-browser", "step-concurrently", "step-sql"} <= steps
    for name in steps:
        step = schema["definitions"][name]
        keyword = name.removeprefix("step-")
        assert step["required"][0] == keyword and step["additionalProperties"] is False
        assert step["description"] and step["properties"][keyword]["description"]
    operations = schema["definitions"]["name-operations"]["anyOf"][0]["enum"]
    assert "CreateGatewayTarget" in operations
    # A file may have fragments of its own; those that all share are completed.
    shared, own, _ = schema["definitions"]["name-fragments"]["anyOf"]
    assert set(shared["enum"]) == {file.stem for file in (ROOT / "scenarios/given").glob("*.yaml")}
    assert own == {"type": "string"}
    assert all(check["description"] for check in schema["definitions"]["then"]["properties"].values())


def test_a_new_file_holds_as_it_stands(validator, tmp_path):
    path = tmp_path / "what-i-saw.yaml"
    made = subprocess.run([BINARY, "new", str(path), "--root", str(ROOT)], capture_output=True, text=True, timeout=60)
    assert made.returncode == 0, made.stderr
    assert not mistakes(validator, path)
    for command in ["check", "run"]:
        done = subprocess.run([BINARY, command, str(path), "--root", str(ROOT)], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
    again = subprocess.run([BINARY, "new", str(path), "--root", str(ROOT)], capture_output=True, text=True, timeout=60)
    assert again.returncode == 1 and "nothing was written" in again.stderr
