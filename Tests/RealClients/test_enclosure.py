"""No input, whatever it names, makes the program read or write a file outside the folders it was given."""

import json
import re
import shutil
import urllib.parse

import pytest
from conftest import ROOT, served
from program import run

CLIENTS = ["mcp1"]

CANARY = "canary-4f1c-of-another-folder"
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
    # A folder's link that leads out of it is told and not followed.
    (home / "a.yaml").write_text(HOLDS)
    done = run("run", home, "--root", root)
    refused(done, outside)
    assert "this link leads out of the folder" in done.stderr and "link.yaml" in done.stderr
    (home / "link.yaml").unlink()
    assert "1 scenario" in run("run", home, "--root", root).stdout


def test_a_lab_is_made_of_files_below_mocks(place):
    root, outside = place
    base = (root / "mocks/labs/default.yaml").read_text()
    evil = root / "mocks/labs/evil.yaml"
    users = re.search(r"^users: (\S+)$", base, re.M)[1]
    # Read from there it would be told as no directory of users, with what stands in it.
    (root / "mocks/inside.json").write_text((outside / "canary.json").read_text())
    evil.write_text("use: default\nabout: x\nusers: inside.json\n")
    for done in (run("check", "--root", root, "scenarios/given"), run("serve", "--lab", "evil", "--root", root)):
        assert done.returncode == 2 and "mocks/inside.json" in done.stderr, done.stdout + done.stderr
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
