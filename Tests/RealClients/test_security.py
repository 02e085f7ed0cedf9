"""The lab defends the machine it runs on: who may call it, which files it touches, what it leaves behind."""

import contextlib
import http.client
import json
import os
import re
import shutil
import stat
import subprocess
import urllib.parse

import pytest
from conftest import ROOT, served

CLIENTS = ["mcp1"]

BINARY = os.environ.get("AGENTCORE_LOCAL", str(ROOT / ".build/debug/agentcore-local"))
PORTS = ["aws", "gateway", "idp", "github", "mcp", "app", "console"]
CANARY = "canary-4f1c-of-another-folder"


def run(*arguments, cwd=ROOT, **environment):
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "AGENTCORE_LOCAL_"))}
    return subprocess.run(
        [BINARY, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=300, env={**clean, **environment}
    )


# Who may call


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with served(tmp_path_factory.mktemp("lab"), "--quiet") as lab:
        yield lab


def ask(origin, method="GET", path="/_local/health", hosts=None, **fields):
    """One request with just these `Host` fields; status and header fields of its answer."""
    address = urllib.parse.urlsplit(origin)
    connection = http.client.HTTPConnection(address.hostname, address.port, timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for host in [address.netloc] if hosts is None else hosts:
        connection.putheader("Host", host)
    for name, value in fields.items():
        connection.putheader(name.replace("_", "-"), value)
    connection.putheader("Content-Length", "0")
    connection.endheaders()
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.status, answer.headers


def test_these_are_all_ports(lab):
    assert {name for name, value in lab.endpoints.items() if str(value).startswith("http")} >= set(PORTS)
    assert len({urllib.parse.urlsplit(lab.endpoints[port]).port for port in PORTS}) == 7


@pytest.mark.parametrize("port", PORTS)
def test_a_rebound_name_is_refused_on_every_port(lab, port):
    origin = lab.endpoints[port]
    number = urllib.parse.urlsplit(origin).port
    assert ask(origin)[0] == 200
    for name in (f"localhost:{number}", f"[::1]:{number}", f"{port}.localhost:{number}"):
        assert ask(origin, hosts=[name])[0] == 200, name
    for name in (
        "rebound.example", f"rebound.example:{number}", f"127.0.0.1.rebound.example:{number}", "169.254.169.254",
        f"0.0.0.0:{number}", f"evil.localhost:{number}", "", f"127.0.0.1@rebound.example:{number}",
    ):
        for method, path in (("GET", "/_local/health"), ("POST", "/"), ("OPTIONS", "/mcp")):
            status, fields = ask(origin, method, path, hosts=[name])
            assert status == 421, (name, method, path)
            assert "Access-Control-Allow-Origin" not in fields
    # A target in full does not stand for the Host; two names or none are no name.
    assert ask(origin, path=f"http://127.0.0.1:{number}/_local/health", hosts=["rebound.example"])[0] == 421
    assert ask(origin, hosts=["rebound.example", f"127.0.0.1:{number}"])[0] in (400, 421)
    assert ask(origin, hosts=[])[0] in (400, 421)


@pytest.mark.parametrize("port", PORTS)
def test_a_page_of_another_site_is_refused_on_every_port(lab, port):
    origin = lab.endpoints[port]
    assert ask(origin, Origin=lab.endpoints["console"])[0] == 200
    assert ask(origin, Origin="null")[0] == 200
    for page in ("https://evil.example", "http://127.0.0.1.evil.example", "http://evil.localhost", "file://", "garbage"):
        for method, path in (("GET", "/_local/health"), ("POST", "/_local/reset"), ("OPTIONS", "/mcp"), ("DELETE", "/")):
            status, fields = ask(origin, method, path, Origin=page)
            assert status == 403, (page, method, path)
            assert "Access-Control-Allow-Origin" not in fields
    assert ask(origin, "POST", "/", Origin="null", Sec_Fetch_Site="cross-site")[0] == 403


def test_what_a_foreign_page_asks_is_not_done(lab):
    control = lab.control_plane
    control.create_workload_identity(name="stays")
    before = len(lab.control("GET", "/_local/journal?after=0")["entries"])
    for fields in ({"Origin": "https://evil.example"}, {"hosts": ["rebound.example"]}):
        assert ask(lab.console, "POST", "/_local/reset", **fields)[0] in (403, 421)
    assert len(lab.control("GET", "/_local/journal?after=0")["entries"]) >= before > 0


def listening():
    """Local addresses of every listening TCP socket of this machine, by process socket inode."""
    rows = {}
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        for line in open(table).read().splitlines()[1:]:
            words = line.split()
            if words[3] == "0A":
                rows[words[9]] = words[1].split(":")[0]
    return rows


def test_only_loopback_is_listened_on_unless_asked(lab, tmp_path):
    def addresses(process):
        rows, found = listening(), set()
        for entry in os.scandir(f"/proc/{process.pid}/fd"):
            with contextlib.suppress(FileNotFoundError):
                match = re.match(r"socket:\[(\d+)\]", os.readlink(entry.path))
                if match and match[1] in rows:
                    found.add(rows[match[1]])
        return found

    assert addresses(lab.process) == {"0100007F"}
    with served(tmp_path, "--quiet", "--bind", "0.0.0.0", "--advertise", "lab.example.com") as wide:
        assert "00000000" in addresses(wide.process)
        port = urllib.parse.urlsplit(wide.console).port
        assert ask(f"http://127.0.0.1:{port}", hosts=[f"lab.example.com:{port}"])[0] == 200
        assert ask(f"http://127.0.0.1:{port}", hosts=[f"other.example.com:{port}"])[0] == 421


# Which files it reads and writes

HOLDS = "scenario: It holds\nspec: [T2]\nsteps:\n  - aws: ListGateways\n"
FRAGMENT = f"fragment: {CANARY}\nsteps:\n  - aws: {CANARY}\n"


@pytest.fixture
def place(tmp_path):
    """A root of our own with mocks and scenarios, and beside it a folder that no input may reach."""
    root, outside = tmp_path / "root", tmp_path / "outside"
    shutil.copytree(ROOT / "mocks", root / "mocks")
    shutil.copytree(ROOT / "scenarios/given", root / "scenarios/given")
    (root / "scenarios/mine").mkdir()
    outside.mkdir()
    (outside / "canary.yaml").write_text(FRAGMENT)
    (outside / "canary.json").write_text(json.dumps({"canary": CANARY}) + CANARY)
    (outside / "canary.template.yaml").write_text(f"Resources:\n  {CANARY}: [{CANARY}\n")
    (outside / "canary.trace").write_text(f"{CANARY}\n")
    return root, outside


def refused(done, outside):
    assert done.returncode not in (0, -6, -11), done.stdout
    assert CANARY not in done.stdout + done.stderr, done.stdout + done.stderr
    assert (outside / "canary.trace").read_text() == f"{CANARY}\n"
    assert sorted(path.name for path in outside.iterdir()) == [
        "canary.json", "canary.template.yaml", "canary.trace", "canary.yaml"]


def ways_out(root, outside, name):
    """Names by which a file of `scenarios/mine` might mean one outside; a link is made for two of them."""
    mine = root / "scenarios/mine"
    (mine / f"link-{name}").symlink_to(outside / name)
    (mine / "folder").symlink_to(outside)
    return [f"../../../outside/{name}", str(outside / name), f"link-{name}", f"folder/{name}", f"./x/../../../../outside/{name}"]


def test_a_fragment_is_taken_from_no_other_folder(place):
    root, outside = place
    mine = root / "scenarios/mine"
    own = mine / "own.yaml"
    own.write_text(FRAGMENT.replace(f"aws: {CANARY}", "aws: ListGateways"))
    good = mine / "good.yaml"
    good.write_text(f"{HOLDS}  - include: ./own.yaml\n")
    assert run("run", good, "--root", root).returncode == 0
    for way in ways_out(root, outside, "canary.yaml"):
        scenario = mine / "bad.yaml"
        for text in (f"{HOLDS}  - include: {way}\n", HOLDS.replace("steps:", f"given: ['{way}']\nsteps:")):
            scenario.write_text(text)
            refused(run("run", scenario, "--root", root), outside)
            refused(run("check", scenario, "--root", root), outside)
            refused(run("run", "bad.yaml", "--root", root, cwd=mine), outside)
    # A link among the named fragments is one, too.
    (root / "scenarios/given/linked.yaml").symlink_to(outside / "canary.yaml")
    scenario.write_text(HOLDS.replace("steps:", "given: [linked]\nsteps:"))
    refused(run("run", scenario, "--root", root), outside)


def test_a_scenario_that_stands_elsewhere_has_its_own_folder_and_no_more(place, tmp_path):
    root, outside = place
    home = tmp_path / "elsewhere/set"
    (home / "given").mkdir(parents=True)
    (home / "given/part.yaml").write_text(FRAGMENT.replace(f"aws: {CANARY}", "aws: ListGateways"))
    (home / "a.yaml").write_text(f"{HOLDS}  - include: ./given/part.yaml\n")
    for folder, name in ((tmp_path, "elsewhere/set/a.yaml"), (home, "a.yaml"), (tmp_path, "elsewhere")):
        done = run("run", name, "--root", root, cwd=folder)
        assert done.returncode == 0, done.stdout + done.stderr
    (home / "link.yaml").symlink_to(outside / "canary.yaml")
    for way in ("../../outside/canary.yaml", str(outside / "canary.yaml"), "./link.yaml"):
        (home / "a.yaml").write_text(f"{HOLDS}  - include: {way}\n")
        refused(run("run", home / "a.yaml", "--root", root), outside)
        refused(run("run", "elsewhere/set/a.yaml", "--root", root, cwd=tmp_path), outside)
    # A folder's links are no scenarios of it.
    (home / "a.yaml").write_text(HOLDS)
    assert "1 scenario" in run("run", home, "--root", root).stdout


def test_a_lab_is_made_of_files_below_mocks(place):
    root, outside = place
    base = (root / "mocks/labs/default.yaml").read_text()
    evil = root / "mocks/labs/evil.yaml"
    users = re.search(r"^users: (\S+)$", base, re.M)[1]
    # Read from there it would be told as no directory of users, with what stands in it.
    (root / "mocks/inside.json").write_text((outside / "canary.json").read_text())
    evil.write_text("use: default\nabout: x\nusers: inside.json\n")
    assert "inside.json" in run("check", "--root", root, "scenarios/given").stderr or run("serve", "--lab", "evil", "--root", root).returncode
    (root / "mocks/linked.json").symlink_to(outside / "canary.json")
    (root / "mocks/folder").symlink_to(outside)
    for way in ("../../outside/canary.json", "../../outside/canary.yaml", str(outside / "canary.json"), "linked.json",
                "folder/canary.yaml", f"../mocks/../../outside/canary.yaml"):
        evil.write_text(f"use: default\nabout: x\nusers: {way}\n")
        refused(run("serve", "--lab", "evil", "--root", root, "--port-base", 0), outside)
        scenario = root / "scenarios/mine/a.yaml"
        scenario.write_text(HOLDS.replace("steps:", "lab: evil\nsteps:"))
        refused(run("run", scenario, "--root", root), outside)
    for name in ("../../../outside/canary", str(outside / "canary"), "folder/canary"):
        refused(run("serve", "--lab", name, "--root", root, "--port-base", 0), outside)
        evil.write_text(f"use: {name}\nabout: x\n")
        refused(run("serve", "--lab", "evil", "--root", root, "--port-base", 0), outside)
    assert users


def test_a_template_stands_beside_its_scenario(place):
    root, outside = place
    mine = root / "scenarios/mine"
    scenario = mine / "a.yaml"
    for way in ways_out(root, outside, "canary.template.yaml"):
        scenario.write_text(f"scenario: s\nspec: [T2]\nsteps:\n  - deploy: {way}\n")
        refused(run("run", scenario, "--root", root), outside)
        hidden = json.dumps("${way}")
        scenario.write_text(f"scenario: s\nspec: [T2]\nsteps:\n  - set: {{way: '{way}'}}\n  - deploy: {hidden}\n")
        refused(run("run", scenario, "--root", root), outside)


def test_a_golden_trace_is_read_and_written_beside_its_scenario(place):
    root, outside = place
    mine = root / "scenarios/mine"
    scenario = mine / "a.yaml"
    scenario.write_text(f"{HOLDS}then:\n  golden: own.trace\n")
    assert run("run", scenario, "--root", root, "--update-golden").returncode == 0
    assert (mine / "own.trace").read_text()
    for way in [*ways_out(root, outside, "canary.trace"), "../../../outside/new.trace", "folder/new.trace"]:
        for text in (f"{HOLDS}then:\n  golden: {way}\n", f"{HOLDS}  - set: {{way: '{way}'}}\nthen:\n  golden: '${{way}}'\n"):
            scenario.write_text(text)
            refused(run("run", scenario, "--root", root), outside)
            refused(run("run", scenario, "--root", root, "--update-golden"), outside)


def test_a_capsule_takes_along_only_what_stands_beside_the_scenario(place):
    root, outside = place
    mine, capsules = root / "scenarios/mine", root / "capsules"
    for number, way in enumerate(ways_out(root, outside, "canary.trace")):
        # The words need not even be a step: a capsule looks for files by their lines.
        (mine / "a.yaml").write_text(
            f"scenario: s\nspec: [T2]\nabout: |\n  deploy: {way}\n  golden: {way}\n"
            "steps:\n  - aws: ListGateways\n    expect: {status: 500}\n")
        done = run("run", mine / "a.yaml", "--root", root, "--capsule", capsules / str(number))
        assert done.returncode == 4, done.stderr
        (capsule,) = (capsules / str(number)).iterdir()
        assert CANARY not in capsule.read_text()


def sealed(text):
    """A capsule with a hash that fits: FNV-1a of what is before it, as its writer makes it."""
    body = text[: text.rindex("\n-- hash ")]
    value = 0xCBF29CE484222325
    for byte in body.encode():
        value = ((value ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return f"{body}\n-- hash {value:x} --\n"


def test_a_capsule_is_laid_out_in_its_own_folder(place, tmp_path):
    root, outside = place
    scenario = root / "scenarios/mine/a.yaml"
    scenario.write_text("scenario: s\nspec: [T2]\nsteps:\n  - aws: ListGateways\n    expect: {status: 500}\n")
    assert run("run", scenario, "--root", root, "--capsule", tmp_path / "capsules").returncode == 4
    (capsule,) = (tmp_path / "capsules").iterdir()
    text = capsule.read_text()
    assert sealed(text) == text, "the hash is another one; the capsules below would be refused for that alone"
    assert run("replay", capsule, "--root", root).returncode == 0
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    for way in ("../../outside/canary.trace", str(outside / "new.yaml"), "a/../../../outside/new.yaml", "a//b.yaml", "../new.yaml"):
        for changed in (
            text.replace("-- scenarios/mine/a.yaml ", f"-- {way} "),
            text.replace("scenario: scenarios/mine/a.yaml", f"scenario: {way}"),
            text.replace("\n-- trace ", f"\n-- {way} 1 --\n{CANARY}-written\n-- trace "),
        ):
            assert changed != text
            capsule.write_text(sealed(changed))
            done = run("replay", capsule, "--root", root, TMPDIR=str(scratch))
            refused(done, outside)
            assert "outside its folder" in done.stderr, done.stderr
            assert list(scratch.iterdir()) == []


def test_a_recording_names_no_file(place):
    """What stands in a HAR becomes text of a scenario; it opens nothing and writes where the argument says."""
    root, outside = place
    entry = {
        "startedDateTime": "2026-11-20T10:00:00.000Z",
        "request": {
            "method": "GET", "url": f"file://{outside}/canary.yaml", "headers": [], "queryString": [], "cookies": [],
            "postData": {"mimeType": "text/plain", "text": f"@{outside}/canary.yaml", "fileName": str(outside / "canary.yaml")},
        },
        "response": {"status": 200, "headers": [], "cookies": [], "content": {"text": "", "_file": str(outside / "canary.yaml")}},
    }
    har = root / "walk.har"
    har.write_text(json.dumps({"log": {"version": "1.2", "entries": [entry]}}))
    refused(run("record", har, "--root", root, "--output", root / "out.yaml"), outside)
    report = root / "report.json"
    report.write_text(json.dumps({"run": {"shard": str(outside / "canary.json")}, "scenarios": [{"path": str(outside / "canary.yaml")}]}))
    done = run("report", "merge", report, "--root", root) if "--root" in run("report", "merge", "--help").stdout else run("report", "merge", report)
    assert CANARY not in done.stdout + done.stderr


def test_names_in_a_scenario_lead_no_report_elsewhere(place, tmp_path):
    """Diagrams and capsules are named after scenarios and cells of their matrix."""
    root, outside = place
    scenario = root / "scenarios/mine/a.yaml"
    scenario.write_text(
        "scenario: ../../../outside/title\nspec: [T2]\nmatrix: {x: ['../../../../outside/cell', '/tmp/cell']}\n"
        "steps:\n  - aws: ListGateways\n    expect: {status: 500}\n")
    folders = [tmp_path / "pictures", tmp_path / "capsules"]
    done = run("run", scenario, "--root", root, "--diagram", folders[0], "--capsule", folders[1])
    assert done.returncode == 4, done.stderr
    assert [len(list(folder.iterdir())) for folder in folders] == [4, 2]
    assert not any(path.is_dir() for folder in folders for path in folder.iterdir())
    refused(done, outside)


def test_a_template_with_other_files_in_it_is_refused_by_what_it_says(place):
    root, outside = place
    with served(root, "--quiet") as lab:
        for text in (
            f"Transform: {{Name: AWS::Include, Parameters: {{Location: {outside}/canary.yaml}}}}\nResources: {{}}\n",
            f"Resources:\n  A:\n    Type: AWS::CloudFormation::Stack\n    Properties: {{TemplateURL: 'file://{outside}/canary.yaml'}}\n",
            f"Resources:\n  Fn::Transform: {{Name: AWS::Include, Parameters: {{Location: '{outside}/canary.yaml'}}}}\n",
        ):
            (root / "stack.yaml").write_text(text)
            done = run("deploy", root / "stack.yaml", "--port-base", urllib.parse.urlsplit(lab.aws).port)
            refused(done, outside)


# What it leaves behind


def mode(path):
    return stat.S_IMODE(os.lstat(path).st_mode)


def test_temporary_folders_are_private_and_gone(tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    told = run(
        "exec", "--", "sh", "-c", 'stat -c "%a %n" "$AGENTCORE_LOCAL_ENDPOINTS_FILE" "$(dirname "$AGENTCORE_LOCAL_ENDPOINTS_FILE")"',
        TMPDIR=str(scratch))
    assert told.returncode == 0, told.stderr
    _, folder = told.stdout.splitlines()
    assert folder.startswith(f"700 {scratch}/agentcore-local-exec-"), folder
    run("doctor", TMPDIR=str(scratch))
    assert list(scratch.iterdir()) == []
    # Two at once are in each other's way no more than a folder that somebody else made first.
    names = {run("exec", "--", "sh", "-c", "echo $AGENTCORE_LOCAL_ENDPOINTS_FILE", TMPDIR=str(scratch)).stdout for _ in range(2)}
    assert len(names) == 2


def walk_the_flow(lab):
    """A token at the provider, one in the vault, client secrets: what a disk must not show."""
    aws, identity = lab.control_plane, lab.client("bedrock-agentcore")
    aws.create_oauth2_credential_provider(
        name="github", credentialProviderVendor="GithubOauth2", oauth2ProviderConfigInput={"githubOauth2ProviderConfig": {
            "clientId": "Ov23liagentcorelocal", "clientSecret": "agentcore-local-secret"}})
    returns = lab.app + "/callback"
    aws.create_workload_identity(name="agent", allowedResourceOauth2ReturnUrls=[returns])
    user = lab.sign_in("alice")["accessToken"]
    workload = identity.get_workload_access_token_for_jwt(workloadName="agent", userToken=user)["workloadAccessToken"]
    asked = {
        "workloadIdentityToken": workload, "resourceCredentialProviderName": "github", "scopes": ["read:user"],
        "oauth2Flow": "USER_FEDERATION", "resourceOauth2ReturnUrl": returns}
    link = identity.get_resource_oauth2_token(**asked)["authorizationUrl"]
    assert ask(lab.app, "GET", "/")[0]
    done = subprocess.run(
        ["curl", "-s", f"{lab.app}/userIdentifier/token", "-H", "Content-Type: application/json", "-d", json.dumps({"user_token": user})],
        capture_output=True, text=True)
    assert done.returncode == 0
    lab.consent(link, "alice")
    token = identity.get_resource_oauth2_token(**asked)["accessToken"]
    assert token.startswith("gho_")
    return [token, user, workload, "agentcore-local-secret"]


def bytes_below(folder):
    return b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def test_without_data_nothing_is_on_the_disk_and_with_it_only_the_owner_reads_it(tmp_path, monkeypatch):
    scratch = tmp_path / "scratch"
    for name in ("TMPDIR", "HOME"):
        (scratch / name).mkdir(parents=True)
        monkeypatch.setenv(name, str(scratch / name))
    with served(scratch, "--log-format", "json") as lab:
        secrets = walk_the_flow(lab)
        left = bytes_below(scratch)
        assert not any(secret.encode() in left for secret in secrets)
    left = bytes_below(scratch)
    assert not any(secret.encode() in left for secret in secrets)

    data = tmp_path / "data"
    data.mkdir()
    old = os.umask(0)
    try:
        with served(data, "--quiet", "--data", str(data / "lab.sqlite")) as lab:
            secrets = walk_the_flow(lab)
            modes = {path.name: mode(path) for path in data.iterdir() if path.name.startswith("lab.sqlite")}
            assert modes and set(modes.values()) == {0o600}, modes
            assert secrets[0].encode() in bytes_below(data), "a vault that is not kept proves nothing"
        (data / "endpoints.json").unlink()
        for path in data.glob("lab.sqlite*"):
            path.chmod(0o666)
        with served(data, "--quiet", "--data", str(data / "lab.sqlite")):
            modes = {path.name: mode(path) for path in data.iterdir() if path.name.startswith("lab.sqlite")}
            assert modes and set(modes.values()) == {0o600}, modes
    finally:
        os.umask(old)
