"""Commands about scenarios, as somebody at a terminal uses them: exit codes, streams, files."""

import base64
import hashlib
import json
import re
import secrets
import subprocess
import threading
import urllib.parse

import pytest
from conftest import BINARY, ROOT
from har import RecordingWalker
from program import run
from walker import query

CLIENTS = ["mcp1"]


# --- record


def call(walker, world, token, tool="github___get_me"):
    """A tools/call as a page's script sends it."""
    message = {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": tool}}
    return walker.fetch(
        world.gateway_url, json.dumps(message).encode(), Authorization=f"Bearer {token}",
        Accept="application/json, text/event-stream", **{"Mcp-protocol-version": "2025-11-25"},
    )


def sign_in(walker, lab, user):
    """The application's own sign-in in a browser: state, verifier, code, tokens."""
    verifier = secrets.token_urlsafe(48)
    challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
    state = secrets.token_urlsafe(16)
    redirect = lab.app + "/callback"
    asked = {
        "response_type": "code", "client_id": "web", "redirect_uri": redirect, "scope": "openid", "state": state,
        "code_challenge": challenge, "code_challenge_method": "S256",
    }
    page = walker.open(f"{lab.idp}/oauth2/authorize?{urllib.parse.urlencode(asked)}")
    page = walker.sign_in(page, user)
    code = query(page.url, "code")
    assert code and query(page.url, "state") == state, page.url
    form = {
        "grant_type": "authorization_code", "code": code, "redirect_uri": redirect, "client_id": "web",
        "code_verifier": verifier,
    }
    tokens = walker.fetch(
        lab.idp + "/oauth2/token", urllib.parse.urlencode(form).encode(), kind="application/x-www-form-urlencoded")
    return tokens, [verifier, state, code, tokens["access_token"], tokens["refresh_token"]]


def record(file, tmp_path, lab, *flags):
    """The scenario that `record` writes, held once by itself and once more by `run`."""
    endpoints = tmp_path / "endpoints.json"
    endpoints.write_text(json.dumps(lab.endpoints))
    written = tmp_path / f"{file.stem}.yaml"
    done = run("record", file, "--endpoints-file", endpoints, "--output", written, *flags)
    assert done.returncode == 0, done.stderr + (written.read_text() if written.exists() else "")
    again = run("run", written, "--seed", "5")
    assert again.returncode == 0, again.stdout
    return written.read_text()


def test_a_har_of_a_sign_in_and_a_consent_becomes_a_scenario_that_holds(lab, world, tmp_path):
    world.create_target()
    walker = RecordingWalker()
    tokens, private = sign_in(walker, lab, "alice")
    asked = call(walker, world, tokens["access_token"])
    link = asked["error"]["data"]["elicitations"][0]["url"]
    page = walker.walk(link, "alice-gh")
    session = query(page.url, "session_id")
    whose = {"sessionUri": session, "userIdentifier": {"userToken": tokens["access_token"]}}
    walker.fetch(lab.aws + "/identities/CompleteResourceTokenAuth", json.dumps(whose).encode())
    answered = call(walker, world, tokens["access_token"])
    assert answered["result"]["isError"] is False
    text = record(walker.write(tmp_path / "whole.har"), tmp_path, lab)
    for wanted in ("${state}", "${challenge}", "${verifier}", "${code}", "${accessToken}", "browser: ${consent}"):
        assert wanted in text, f"{wanted} is not in\n{text}"
    assert "decide: approve" in text and "as: alice" in text
    cookies = [cookie.value for cookie in walker.cookies if len(cookie.value) > 8]
    assert cookies
    for secret in private + cookies + [session]:
        assert secret not in text and urllib.parse.quote(secret) not in text, f"{secret} is in\n{text}"
    assert "127.0.0.1" not in text


def test_a_har_of_a_browser_alone_brings_the_gateway_with_it(lab, world, tmp_path):
    world.create_target()
    token = lab.sign_in("bob")["accessToken"]
    link = call(RecordingWalker(), world, token)["error"]["data"]["elicitations"][0]["url"]
    walker = RecordingWalker()
    page = walker.walk(link, "bob-gh", decision="deny")
    assert page.status == 400
    text = record(walker.write(tmp_path / "denied.har"), tmp_path, lab)
    assert "given:" in text and "as: bob" in text and "decide: deny" in text and "status: 400" in text


def test_the_journal_of_a_served_lab_becomes_a_scenario_that_holds(lab, world, tmp_path):
    world.create_target()
    token = lab.sign_in("alice")["accessToken"]
    link = call(RecordingWalker(), world, token)["error"]["data"]["elicitations"][0]["url"]
    landed = lab.consent(link, "alice", complete=False)["landed"]
    lab.identity.complete_resource_token_auth(
        sessionUri=query(landed, "session_id"), userIdentifier={"userToken": token})
    assert call(RecordingWalker(), world, token)["result"]["isError"] is False
    journal = tmp_path / "journal.json"
    journal.write_text(json.dumps(lab.control("GET", "/_local/journal")))
    text = record(journal, tmp_path, lab)
    assert "aws: CreateGatewayTarget" in text and "aws: CompleteResourceTokenAuth" in text
    assert "transitions:" in text and "exchanges:" in text and token not in text and "••" not in text


@pytest.mark.parametrize("decision", ["narrow-scopes", "expire", "double-click", "back", "deny", "abandon"])
def test_what_a_person_did_is_written_back(lab, world, tmp_path, decision):
    """As the journal of a robot that did it tells: the scenario does the same and holds."""
    world.create_target()
    token = lab.sign_in("alice")["accessToken"]
    link = call(RecordingWalker(), world, token)["error"]["data"]["elicitations"][0]["url"]
    lab.consent(link, "alice", decision=decision)
    journal = tmp_path / "journal.json"
    journal.write_text(json.dumps(lab.control("GET", "/_local/journal")))
    assert f"decide: {decision}\n" in record(journal, tmp_path, lab)


def test_what_is_no_recording_is_refused(tmp_path):
    for text, code in (("{", 2), ("[]", 2), ('{"log": {"entries": []}}', 2)):
        file = tmp_path / "no.har"
        file.write_text(text)
        done = run("record", file)
        assert done.returncode == code and "no.har" in done.stderr and not done.stdout
    strange = {"request": {"method": "GET", "url": "https://example.org/x", "headers": []}, "response": {"status": 200}}
    file.write_text(json.dumps({"log": {"entries": [strange]}}))
    done = run("record", file)
    assert done.returncode == 2 and "https://example.org" in done.stderr
    assert run("record", tmp_path / "missing.har").returncode == 1


# --- mutate, why, explore, replay, exec


BROKEN = """scenario: A tool answers without consent
about: It does not, and that is the point.
spec: [T2]
given: [github-provider, gateway, target-method-2]
steps:
  - mcp: tools/call
    as: alice
    with: {name: github___get_me}
    expect: {result.isError: false}
"""


def test_mutate_names_the_rule_that_nobody_misses(tmp_path):
    folder = ROOT / "scenarios/attacks"
    table = tmp_path / "table.json"
    caught = run("mutate", folder, "--rule", "session-binding", "--quick", "--report-json", table)
    assert caught.returncode == 0, caught.stdout + caught.stderr
    assert "caught" in caught.stdout and "session-binding" in caught.stdout and json.loads(table.read_text())
    missed = run("mutate", folder, "--rule", "pkce-s256-only")
    assert missed.returncode == 4 and "SURVIVED" in missed.stdout
    assert run("mutate", folder, "--rule", "session-bindin").returncode == 1


def test_why_leads_to_the_scenarios_that_say_it():
    found = run("why", "Invalid or expired session")
    assert found.returncode == 0 and "scenarios/" in found.stdout
    none = run("why", "no party of any lab ever said this")
    assert none.returncode == 4 and not none.stdout
    assert "no scenario makes a party say anything like that" in none.stderr


# --- list


def test_list_says_what_a_row_of_the_ledger_says(tmp_path):
    done = run("list", "--ledger")
    ids = [line.split(" (")[0] for line in done.stdout.splitlines() if not line.startswith(" ")]
    assert done.returncode == 0 and len(ids) == len(set(ids)) > 400 and f"{len(ids)} rows" in done.stderr
    rows = json.loads(run("list", "--ledger", "--json").stdout)
    assert [row["id"] for row in rows] == ids and all(row["states"] and row["source"] for row in rows)
    # Of a file only what it rests on; a standard with its section is no row.
    mine = tmp_path / "mine.yaml"
    mine.write_text("scenario: Mine\nspec: [T2, RFC 6749 section 4.1.2]\nsteps: [{clock: {advance: 1s}}]\n")
    done = run("list", "--ledger", str(mine))
    assert done.stdout.startswith("T2 (confirmed): ") and "1 row\n" in done.stderr


def test_list_names_every_fragment_and_what_it_leaves():
    rows = {row["fragment"]: row for row in json.loads(run("list", "--fragments", "--json").stdout)}
    assert set(rows) == {file.stem for file in (ROOT / "scenarios/given").glob("*.yaml")}
    assert rows["github-provider"]["needs"] == [] and rows["github-provider"]["with"]["providerName"]
    assert rows["alice-is-asked"]["needs"] == ["gateway"] and rows["alice-is-asked"]["leaves"] == ["consent"]
    # What another fragment leaves, which it includes, is left too.
    assert "exchangeProvider" in rows["exchange-target"]["needs"] and "inner" in rows["exchange-target"]["leaves"]
    lines = run("list", "--fragments").stdout.splitlines()
    assert [line for line in lines if not line.startswith(" ")] == list(rows)
    assert "    leaves: ${gateway}, ${gatewayUrl}" in lines and max(map(len, lines)) < 400


def test_a_failing_run_leaves_a_capsule_and_replay_repeats_it(tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_text(BROKEN)
    failed = run("run", file, "--capsule", tmp_path / "capsules", "--seed", "9")
    assert failed.returncode == 4
    capsule = next((tmp_path / "capsules").iterdir())
    same = run("replay", capsule)
    assert same.returncode == 0, same.stdout + same.stderr
    assert "every byte" in same.stdout
    # A golden trace travels with it: where the capsule is replayed the scenario's own folder need not be.
    file.write_text(BROKEN.replace("{result.isError: false}", "{error.code: -32042}") + "then:\n  golden: a.trace\n")
    (tmp_path / "a.trace").write_text("another trace\n")
    assert run("run", file, "--capsule", tmp_path / "golden").returncode == 4
    (tmp_path / "a.trace").unlink()
    golden = next((tmp_path / "golden").iterdir())
    assert "another trace" in golden.read_text() and run("replay", golden).returncode == 0
    changed = tmp_path / "changed.capsule"
    changed.write_text(capsule.read_text().replace("seed: 9", "seed: 8", 1))
    refused = run("replay", changed)
    assert refused.returncode == 2 and "hash" in refused.stderr


def test_a_watched_file_is_run_again_wherever_it_stands(tmp_path):
    file, other = tmp_path / "mine.yaml", tmp_path / "other.yaml"
    held = "scenario: Mine\nspec: [T2]\nsteps:\n  - aws: ListGateways\n"
    file.write_text(held)
    other.write_text(held)
    watching = subprocess.Popen(
        [BINARY, "run", file.name, "--watch", "--root", ROOT], cwd=tmp_path, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT)
    # What never comes ends the wait, and then the test.
    guard = threading.Timer(120, watching.kill)
    guard.start()

    def until(wanted):
        told = []
        for line in watching.stdout:
            told.append(line)
            if wanted in line:
                return "".join(told)
        raise AssertionError(f"{wanted} never came: {told}")

    try:
        assert "mine.yaml" in until("watching mine.yaml, ")
        other.write_text(held + "# changed\n")
        file.write_text(held.replace("ListGateways", "ListGatewys"))
        told = until("1 mistake")
        assert 'did you mean "ListGateways"?' in told and "other.yaml" not in told
        file.write_text(held)
        assert "1 held, 0 failed" in until("1 scenario")
    finally:
        guard.cancel()
        watching.kill()
        watching.wait()


def test_a_file_of_ones_own_is_played_again_with_every_fault(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text(
        "scenario: Mine\nspec: [T2]\nfaults: all\n"
        "given: [github-provider, gateway, target-method-2, alice-is-asked]\nsteps:\n"
        "  - browser: ${consent}\n    as: alice\n"
    )
    held = run("run", file)
    assert held.returncode == 0 and re.search(r"mine.yaml: played again with each of \d\d+ faults", held.stderr)
    failed = run("run", file, "--rules-off", "authorization-code-single-use")
    assert failed.returncode == 4 and "a code gives one access token" in failed.stdout
    assert 'begin the steps with - fault: {"name":"trouble-github-duplicate"' in failed.stdout


def test_what_is_written_for_people_is_no_order_to_github_actions(tmp_path):
    order = re.compile(r"^\s*::|##\[", re.M)
    text = (ROOT / "scenarios/flow/method-2.yaml").read_text()
    lines = "about: |\n  ::error::of the file\n  a ##[error]of the file\n"
    (tmp_path / "s.yaml").write_text(re.sub(r"^about: .*\n(  .*\n)*", lines, text, flags=re.M))
    flags = ["--rules-off", "authorization-code-single-use", "--out", tmp_path / "found"]
    done = run("explore", tmp_path / "s.yaml", *flags, GITHUB_ACTIONS="true")
    assert done.returncode == 4 and "of the file" in done.stdout and not order.search(done.stdout)
    (found, *_) = (tmp_path / "found").iterdir()
    assert lines in found.read_text()
    # What programs read says the same in other letters.
    done = run("list", tmp_path / "s.yaml", "--json", GITHUB_ACTIONS="true")
    assert done.returncode == 0
    journal = {"entries": [{
        "kind": "exchange", "at": "2026-11-20T10:00:00Z", "from": "alice's browser", "to": "app", "method": "GET",
        "path": "/", "status": 200}]}
    (tmp_path / "j.json").write_text(json.dumps(journal))
    done = run("record", tmp_path / "j.json", "--unchecked", "--title", "a ##[error]title", GITHUB_ACTIONS="true")
    assert done.returncode == 0 and not order.search(done.stdout)
    assert "a ##\\u005berror]title" in done.stdout.splitlines()[0]


def test_output_that_cannot_be_written_is_no_success(tmp_path):
    with open("/dev/full", "w") as full:
        for words in (["run", "scenarios/flow"], ["--help"], ["list", "--json"]):
            done = subprocess.run(
                [BINARY, *words], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
            assert done.returncode == 3, words
            assert done.stderr.endswith("agentcore-local: standard output cannot be written: No space left on device\n")
        # What did not hold says more.
        words = ["run", "scenarios/flow/method-2.yaml", "--rules-off", "code-verifier-sent"]
        done = subprocess.run([BINARY, *words], cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)
        assert done.returncode == 4 and "cannot be written" in done.stderr
    # A reader that has read enough is no failure, whatever a closed pipe means here.
    for ways in ("", "trap '' PIPE; "):
        shell = f"{ways}'{BINARY}' list --ledger; echo ended with $? >&2"
        done = subprocess.run(
            ["bash", "-c", f"({shell}) | head -1"], cwd=ROOT, capture_output=True, text=True, timeout=60)
        assert len(done.stdout.splitlines()) == 1 and "cannot be written" not in done.stderr
        assert f"ended with {0 if ways else 141}" in done.stderr


def test_explore_finds_a_rule_that_is_off_and_prints_a_scenario(tmp_path):
    held = run("explore", "--seeds", "40")
    assert held.returncode == 0, held.stdout + held.stderr
    found = run("explore", "--seeds", "200", "--rules-off", "session-binding", "--out", tmp_path)
    assert found.returncode == 4, found.stdout + found.stderr
    files = sorted(tmp_path.glob("*.yaml"))
    assert files and "session-binding" in files[0].read_text()
    assert run("run", files[0]).returncode == 4


def test_exec_gives_a_command_a_lab_of_its_own():
    script = (
        "import os,json,urllib.request;"
        "print(os.environ['AWS_ENDPOINT_URL_BEDROCK_AGENTCORE']);"
        "raise SystemExit(7)"
    )
    done = run("exec", "--", "python3", "-c", script)
    assert done.returncode == 7 and re.search(r"http://127\.0\.0\.1:\d+", done.stdout)


def test_a_lab_below_exec_leaves_the_outer_labs_file_alone():
    script = f"""
import os, pathlib, subprocess
file = pathlib.Path(os.environ["AGENTCORE_LOCAL_ENDPOINTS_FILE"])
before = file.read_text()
inner = subprocess.Popen([{str(BINARY)!r}, "serve", "--port-base", "0"], stderr=subprocess.PIPE, text=True)
while "console" not in (line := inner.stderr.readline()):
    assert line, "it ended before it was ready"
inner.terminate()
inner.communicate()
assert file.read_text() == before
# Whoever names ports means those, whatever file the environment names.
print(subprocess.check_output([{str(BINARY)!r}, "env", "--port-base", "4580"], text=True))
"""
    done = run("exec", "--", "python3", "-c", script)
    assert done.returncode == 0 and "127.0.0.1:4580" in done.stdout, done.stdout + done.stderr
