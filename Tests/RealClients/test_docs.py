"""Every command and snippet of the documentation is executed, and the pages are built.

The blocks of a page are one shell session, in their order. A block with a name is a file; a `text` block is what stands
in the output of the commands before it. `pip install` is done by test_wheel.py alone; here the environment has it all.
"""

import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys

import pytest
from conftest import BINARY, ROOT

CLIENTS = ["mcp1", "mcp2", "aws"]

SOURCES = ROOT / ".docs"
FENCE = re.compile(r"^```([a-z]+) ?([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
ELSEWHERE = {"fastmcp": "mcp2", "aws-cli": "aws", "cdk": "aws"}
PAGES = sorted(path.stem for path in SOURCES.glob("*.md") if not path.stem.startswith("_"))


def blocks(page):
    text = (SOURCES / f"{page}.md").read_text()
    text = re.sub(r"^\{\{include (.*)\}\}$", lambda found: (SOURCES / found[1]).read_text(), text, flags=re.MULTILINE)
    return FENCE.findall(text)


def is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def free_base():
    """Below the ports that the system gives away by itself."""
    begin = 20000 + os.getpid() % 900 * 10
    return next(base for base in range(begin, 32000, 10) if all(map(is_free, range(base, base + 9))))


def moved(text, base):
    """The same with other ports: the standard ones may be taken."""
    text = re.sub(r"\b458([0-6])\b", lambda found: str(base + int(found[1])), text)
    return re.sub(r"\b9000\b", str(base + 8), text)


def environment(folder, base):
    """A shell with the program, the Python package and this Python's programs, without what AWS clients would read."""
    program = folder / "bin/agentcore-local"
    program.parent.mkdir(exist_ok=True)
    # `exec` takes free ports by itself; all else uses the standard ones, which are others here.
    program.write_text(f'#!/bin/sh\n[ "$1" = exec ] || export AGENTCORE_LOCAL_PORT_BASE={base}\nexec "{BINARY}" "$@"\n')
    program.chmod(0o755)
    own = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "AGENTCORE_LOCAL"))}
    here = pathlib.Path(sys.executable).parent
    own |= {
        "PATH": f"{folder / 'bin'}:{here}:{own['PATH']}", "HOME": str(folder), "NO_COLOR": "1", "AWS_PAGER": "",
        "PYTHONPATH": str(ROOT / "Sources/Python"), "PYTEST_PLUGINS": "agentcore_local.pytest_plugin",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return own


def session(folder, found, base, **more):
    """Goes through the blocks: files are written, commands run in one shell. What each group of commands said."""
    lines = ["set -eu", "pip() { :; }", "trap 'code=$?; kill $(jobs -p) 2>/dev/null || :; wait; exit $code' EXIT"]
    (folder / ".blocks").mkdir(exist_ok=True)
    for place, (language, name, text) in enumerate(found):
        if name:
            (folder / f".blocks/{place}").write_text(moved(text, base))
            lines.append(f"mkdir -p '{pathlib.Path(name).parent}'; cp .blocks/{place} '{name}'")
        elif language == "sh":
            lines += ["echo; echo '@@'", moved(text, base)]
    done = subprocess.run(
        ["bash", "-c", "\n".join(lines)], cwd=folder, env={**environment(folder, base), **more},
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=240)
    assert done.returncode == 0, done.stdout[-4000:]
    return re.split(r"^@@\n", done.stdout, flags=re.MULTILINE)[1:]


def ask(*words):
    return subprocess.run([*map(str, words)], cwd=ROOT, capture_output=True, text=True, timeout=480)


def plain(text):
    return " ".join(text.split())


def pytest_generate_tests(metafunc):
    if "page" in metafunc.fixturenames:
        client = metafunc.config.getoption("--client")
        metafunc.parametrize("page", [page for page in PAGES if ELSEWHERE.get(page, "mcp1") == client])


def test_its_snippets_do_what_it_says(page, tmp_path):
    if page == "cdk" and shutil.which("node") is None:
        pytest.skip("node is not there, and the CDK synthesizes with it")
    found, base, place = blocks(page), free_base(), -1
    said = session(tmp_path, found, base)
    for language, name, text in found:
        if name.endswith(".json"):
            json.loads(text)
        if language == "sh" and not name:
            place += 1
        elif language == "text":
            for line in filter(str.strip, text.splitlines()):
                told = said[place]
                assert plain(moved(line, base)) in plain(told), f"{line}\n--- is not in ---\n{told[-3000:]}"


def test_every_file_and_rule_that_is_named_is_there(request):
    if request.config.getoption("--client") != "mcp1":
        pytest.skip("once is enough")
    rules = {row.split(" ")[-1] for file in (ROOT / "mocks/ledger").glob("*.yaml")
             for row in re.findall(r"rule: [a-z0-9-]+", file.read_text())}
    for file in SOURCES.glob("*.md"):
        text = file.read_text()
        for path in set(re.findall(r"(?:mocks|scenarios|Sources|Tests)/[A-Za-z0-9_./-]+\.[a-z]+", text)):
            assert (ROOT / path).exists() or path == "mocks/labs/mine.yaml", f"{file.name}: {path}"
        for path, name in re.findall(r"`(Tests/[A-Za-z0-9_/]+\.py)::(test_\w+)`", text):
            assert f"def {name}(" in (ROOT / path).read_text(), f"{file.name}: {path}::{name}"
    threats = (SOURCES / "threat-model.md").read_text().split("## The lab")[0]
    for row in re.findall(r"^\| to .* \|$", threats, re.MULTILINE):
        told = row.split("|")[2]
        assert all(name in rules for name in re.findall(r"`([a-z-]+)`", told)), told


@pytest.fixture(scope="module")
def built(request, tmp_path_factory):
    if request.config.getoption("--client") != "mcp1":
        pytest.skip("once is enough")
    folder = tmp_path_factory.mktemp("docs") / "docs"
    done = ask(sys.executable, ROOT / "Tests/Tools/docs", BINARY, folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_pages_are_built_and_lead_somewhere(built):
    """Links, anchors and the runs behind the diagrams are checked by the build itself."""
    for name in PAGES:
        page = (built / f"{name}.html").read_text()
        source = (built / "markdown" / f"{name}.md").read_text()
        # `{{resolve:…}}` and `${{ matrix.x }}` are other programs' own.
        assert not re.findall(r"(?<!\$)\{\{[a-z-]+(?: [^{}]*)?\}\}", source + page), name
        assert page.count("<h1") == 1 and 'aria-current=page' in page
    assert len(list((built / "diagrams").glob("*.svg"))) == 5


def test_the_reference_is_the_programs_own(built):
    text = {name: (built / "markdown" / f"{name}.md").read_text() for name in PAGES}
    whole = json.loads(ask(BINARY, "--experimental-dump-help").stdout)["command"]
    for command in whole["subcommands"]:
        for argument in command.get("arguments", []) if command["commandName"] != "help" else []:
            for name in argument.get("names", []):
                assert name["name"] in ("h", "help", "version") or f"--{name['name']}" in text["commands"], name
    schema = json.loads(ask(BINARY, "schema").stdout)["definitions"]
    for name in schema:
        if name.startswith("step-"):
            assert f"### {name[5:]}\n" in text["scenario-language"], name
    rows = "".join(file.read_text() for file in (ROOT / "mocks/ledger").glob("*.yaml"))
    facts = len(re.findall(r"^- id:", rows, re.MULTILINE))
    assert text["ledger"].split("rows:")[0].split()[-1] == str(facts)
    assert len(re.findall(r"^\| `(GET|POST|PUT|DELETE) /", text["control-api"], re.MULTILINE)) >= 20
    assert text["errors"].count("| `scenarios/") > 200
    assert text["library"].count("| `scenarios/") == len(
        {row["path"] for row in json.loads(ask(BINARY, "list", "--json").stdout)})


def table(text, heading):
    """Rows of the first table behind a heading, each a list of cells without its marks."""
    lines = text.split(f"\n{heading}\n")[1].split("\n|---")[1].split("\n\n")[0].splitlines()[1:]
    return [[re.sub(r"`", "", cell).strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in lines]


def test_the_language_page_names_everything_there_is(built):
    page = (built / "markdown/scenario-language.md").read_text()
    schema = json.loads(ask(BINARY, "schema").stdout)["definitions"]

    fragments = {row[0]: row for row in table(page, "## Fragments to begin with")}
    assert set(fragments) == {file.stem for file in (ROOT / "scenarios/given").glob("*.yaml")}
    assert "gateway" in fragments["gateway"][4].split(", ") and "gateway" in fragments["alice-is-asked"][2]
    assert fragments["alice-is-asked"][4] == "consent"

    words = next(one["enum"] for one in schema["step-browser"]["properties"]["decide"]["allOf"][0]["anyOf"]
                 if "enum" in one)
    decisions = {row[0]: row for row in table(page, "## What each decision leads to")}
    assert list(decisions) == words
    assert decisions["approve"][3] == "200" and decisions["approve"][4].startswith("BOUND")
    assert decisions["deny"][3] == "400" and decisions["deny"][4].startswith("FAILED")
    assert decisions["abandon"][2].startswith("github") and decisions["back"][3] == "400"

    # A path that a step's outcome has stands in the row of a table, and nothing stands there that no step has.
    told = {(step, path) for steps, paths, _ in table(page, "## What an outcome holds")
            for step in steps.split(", ") for path in paths.split(", ")}
    known = set()
    for name, step in schema.items():
        if found := re.search(r'"\^\(([a-zA-Z|]+)\)', json.dumps(step)):
            known |= {(name.removeprefix("step-"), path) for path in found[1].split("|")} if "step-" in name else set()
    assert told == known

    tables = {(row[0], row[1]) for row in table(page, "## Tables for `sql`")}
    created = (ROOT / "Sources/SQLiteStore/JournalDatabase.swift").read_text()
    columns = {(name, column.split()[0]) for name, inside in re.findall(r"CREATE TABLE (\w+) \((.*?)\);", created, re.S)
               for column in inside.split(",")}
    assert tables == columns and len(columns) > 60


def test_every_state_of_the_machines_is_told(built):
    page = (built / "markdown/scenario-language.md").read_text()
    told = {(row[0].split(" ")[0], row[1]) for row in table(page, "## Subjects and their states")}
    machines = {
        "target": "AWSCore/TargetMachine.swift", "session": "IdentityService/AuthorizationSessionMachine.swift",
        "code": "OAuthCore/AuthorizationCodeMachine.swift", "device": "OAuthCore/DeviceCodeMachine.swift",
    }
    for subject, path in machines.items():
        text = (ROOT / "Sources" / path).read_text().split("enum Event")[0]
        states = set(re.findall(r'^ +case \.?\w+(?: =|:) "([A-Za-z_]+)"$', text, re.MULTILINE))
        assert len(states) >= 3 and {state for kind, state in told if kind == subject} == states, subject
    assert {"access_token", "authorization_code", "api_key"} <= {row[0] for row in table(page, "## Kinds of tokens")}
    # Neither the lab nor anything known of AWS ends a gateway otherwise.
    assert {state for kind, state in told if kind == "gateway"} == {"CREATING", "READY", "UPDATING", "DELETING"}


def test_the_words_of_a_checked_token_are_all_told(request):
    if request.config.getoption("--client") != "mcp1":
        pytest.skip("once is enough")
    source = (ROOT / "Sources/Harness/Steps/JWTStep.swift").read_text()
    told = (SOURCES / "scenario-language.md").read_text()
    verdicts = source.split("private enum Verdict: ")[1].split("\n\n")[0]
    times = source.split("private static func times(")[1].split("\n    }\n")[0]
    said = {
        "signature": [word or name for name, word in re.findall(r'case (\w+)(?: = "([a-z ]+)")?\n', verdicts + "\n")],
        "times": re.findall(r': "([a-z ]+)', times),
    }
    for name, words in said.items():
        (row,) = [line for line in told.splitlines() if line.startswith(f"| `jwt` | `{name}` |")]
        assert len(words) > 4 and all(f"`{word}" in row for word in words), words


def test_the_members_of_an_application_are_all_told(request):
    if request.config.getoption("--client") != "mcp1":
        pytest.skip("once is enough")
    source = (ROOT / "Sources/AuthorizationServer/ApplicationRecord.swift").read_text()
    known = re.findall(r'"(\w+)"', source.split("private static let members = [")[1].split("]")[0])
    page = "\n" + (SOURCES / "control-api.md").read_text()
    told = re.findall(r"^\| `(\w+)`", page.split("\n## An application\n")[1].split("\n## ")[0], re.MULTILINE)
    # That of the path may be said again.
    assert sorted(told) == sorted(set(known) - {"clientId"})


def test_who_does_a_step_that_names_nobody_is_told(request):
    if request.config.getoption("--client") != "mcp1":
        pytest.skip("once is enough")
    page = (SOURCES / "scenario-language.md").read_text()
    (told,) = re.findall(r"^- \*\*`as`\*\*.*\n(?:  .*\n)*", page, re.MULTILINE)
    standard = {}
    for file in (ROOT / "Sources/Harness/Steps").glob("*Step.swift"):
        text = file.read_text()
        if found := re.search(r'Who\(\s*members(?:\["as"\]|\.require\("as".*?\)), standard: "?([\w.]*)"?,', text):
            keyword = re.search(r'static let keyword = "([a-z-]+)"', text)[1]
            standard.setdefault(found[1], set()).add(keyword)
    assert standard == {"": {"mcp", "browser"}, "admin": {"aws"}, "Party.outside.rawValue": {"http", "jwt", "app"}}
    assert all(f"`{name}`" in told for names in standard.values() for name in [*names, "admin", "outside"])


def test_the_readme_says_what_expect_and_save_read(built):
    schema = json.loads(ask(BINARY, "schema").stdout)["definitions"]
    steps = (ROOT / "README.md").read_text().split("| step | members | `expect` and `save` read |")[1].split("\n\n")[0]
    told = {name: cell.strip("`").split() for name, cell in re.findall(
        r"^\| `([a-z-]+): .* \| ((?:`[a-zA-Z ]+`)?) ?\|$", steps, re.MULTILINE)}
    for name, step in schema.items():
        found = re.search(r'"\^\(([a-zA-Z|]+)\)', json.dumps(step))
        if name.startswith("step-") and found:
            assert told[name.removeprefix("step-")] == found[1].split("|"), name


def test_the_man_page_is_one(built):
    if shutil.which("man") is None:
        pytest.skip("there is no man(1) to read it")
    done = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", built / "agentcore-local.1"], capture_output=True, text=True,
        env={**os.environ, "MANWIDTH": "100"})
    assert done.returncode == 0 and not done.stderr, done.stderr[:2000]
    assert "--port-base" in done.stdout and "serve" in done.stdout


def test_the_workflows_run(lab, tmp_path, request):
    """Each `run` of each job, once for each cell of its matrix, with what a runner gives."""
    if request.config.getoption("--client") != "mcp1":
        pytest.skip("once is enough")
    import yaml

    for folder in ("scenarios", "mocks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    action = yaml.safe_load((ROOT / ".github/action.yml").read_text())
    base = free_base()
    for _, name, text in blocks("github-actions"):
        for job in yaml.safe_load(text)["jobs"].values():
            shards = job.get("strategy", {}).get("matrix", {}).get("shard", [None])
            for shard in shards:
                commands = []
                for step in job["steps"]:
                    if step.get("uses") == "./.github":
                        assert set(step["with"]) <= set(action["inputs"])
                        commands.append(action["runs"]["steps"][0]["run"] + '\nset -a; . "$GITHUB_ENV"; set +a')
                    commands += [step["run"].replace("${{ matrix.shard }}", str(shard))] if "run" in step else []
                work = tmp_path / f"{pathlib.Path(name).stem}-{shard}"
                work.mkdir(exist_ok=True)
                files = {key: str(work / key) for key in ("GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
                said = session(
                    tmp_path, [("sh", "", command) for command in commands], base, **files, RUNNER_TEMP=str(work),
                    GITHUB_ACTIONS="true", BINARY=BINARY, LAB="default", PORT_BASE=str(base), SEED="1")
                assert said[-1].strip(), name
    assert "[]" in said[-1]


def test_the_indexed_job_runs_every_shard(tmp_path, request):
    if request.config.getoption("--client") != "mcp1":
        pytest.skip("once is enough")
    import yaml

    files = {name: yaml.safe_load(text) for _, name, text in blocks("kubernetes") if name}
    job, pod = files["job.yaml"]["spec"], files["pod.yaml"]["spec"]["containers"][0]
    (container,) = job["template"]["spec"]["containers"]
    assert container["command"] == ["/bin/sh", "-c"]
    (command,) = container["args"]
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/agentcore-local").symlink_to(BINARY)
    path, counts = f"{tmp_path / 'bin'}:{os.environ['PATH']}", []
    for index in range(job["completions"]):
        done = subprocess.run(
            [*container["command"], command.replace("/reports", str(tmp_path))], cwd=ROOT, capture_output=True,
            text=True, env={**os.environ, "PATH": path, "JOB_COMPLETION_INDEX": str(index)})
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr
        counts.append(int(re.search(r"(\d+) scenarios?, ", done.stdout)[1]))
    merged = subprocess.run(
        [BINARY, "report", "merge", *sorted(tmp_path.glob("shard-*.json"))], capture_output=True, text=True)
    assert merged.returncode == 0 and str(sum(counts)) in merged.stdout
    # The lab as a service: what the pod says is what the program takes, and its probe is there.
    done = subprocess.run([BINARY, *pod["args"], "--help"], capture_output=True, text=True)
    assert done.returncode == 0 and pod["readinessProbe"]["httpGet"]["path"] == "/_local/ready"


def test_the_readmes_calls_are_answered(lab, request):
    if request.config.getoption("--client") != "mcp1":
        pytest.skip("once is enough")
    found = FENCE.findall((ROOT / "README.md").read_text())
    (block,) = [text for _, _, text in found if text.startswith("curl")]
    for line in block.splitlines():
        done = ask("bash", "-c", line.replace("http://127.0.0.1:4586", lab.console).replace("curl ", "curl -sf "))
        assert done.returncode == 0 and json.loads(done.stdout), line
