"""What is wrong with a command, a file or a lab, told where people and machines look for it."""

import json
import shutil
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import ROOT
from program import run

CLIENTS = ["mcp1"]


@pytest.fixture
def broken_vendor(tmp_path):
    """A root with mocks of its own, and what makes a mistake in one of them."""
    shutil.copytree(ROOT / "mocks", tmp_path / "mocks")
    file = tmp_path / "mocks/vendors/oauth.yaml"

    def spoil():
        lines = file.read_text().splitlines(keepends=True)
        begin = lines.index("  slack:\n")
        (place, *_) = [n for n, line in enumerate(lines) if n > begin and line.startswith("    proofKey: ")]
        lines[place] = "    proofKey: enforced-if-snet\n"
        file.write_text("".join(lines))
        return f"mocks/vendors/oauth.yaml:{place + 1}:5"

    return tmp_path, spoil


VENDOR = """scenario: Another vendor is there
spec: [T2]
with: {name: slack}
steps:
  - vendor: NAME
  - aws: ListGateways
    expect: {status: 201}
"""


@pytest.mark.parametrize("name", ["slack", "slack\n    with: {codeLifetimeSeconds: 5}", "${name}"])
def test_a_mistake_in_a_vendors_file_is_told_there(broken_vendor, name):
    root, spoil = broken_vendor
    (root / "s.yaml").write_text(VENDOR.replace("NAME", name))
    place = spoil()
    for command in ("check", "run"):
        done = run(command, root / "s.yaml", "--root", root)
        # What a variable brings is known to a run alone.
        told = 3 if command == "run" and "$" in name else 0 if "$" in name else 2
        assert done.returncode == told, done.stdout + done.stderr
        assert (place in done.stdout + done.stderr) == (told != 0) and "s.yaml:5" not in done.stdout + done.stderr


def test_a_replay_that_cannot_read_its_files_names_the_mocks_that_are_others(broken_vendor):
    root, spoil = broken_vendor
    (root / "s.yaml").write_text(VENDOR.replace("NAME", "slack"))
    assert run("run", root / "s.yaml", "--root", root, "--capsule", root / "capsules").returncode == 4
    (capsule,) = (root / "capsules").iterdir()
    assert run("replay", capsule, "--root", root).returncode == 0
    place = spoil()
    done = run("replay", capsule, "--root", root)
    assert done.returncode == 2 and place in done.stderr
    assert "\nmocks/vendors/oauth.yaml is another one here\n" in done.stderr
    # A lab that cannot be read is told the same.
    (root / "mocks/vendors/oauth.yaml").write_text("vendor: [\n")
    done = run("replay", capsule, "--root", root)
    assert done.returncode == 2 and "mocks/vendors/oauth.yaml is another one here" in done.stderr


@pytest.mark.parametrize("command", ["explore", "mutate"])
def test_explore_and_mutate_tell_mistakes_in_their_reports_too(tmp_path, command):
    (tmp_path / "wrong.yaml").write_text("scenario: s\nspec: [T2]\nsteps:\n  - awz: x\n")
    report = tmp_path / "report.json"
    done = run(command, tmp_path / "wrong.yaml", "--report-json", report)
    assert done.returncode == 2
    (mistake,) = json.loads(report.read_text())["mistakes"]
    assert mistake["line"] == 4 and mistake["hint"] == 'did you mean "aws"?'
    assert mistake["rendered"].strip() in done.stderr
    (tmp_path / "lab.yaml").write_text("scenario: s\nspec: [T2]\nlab: odd\nsteps:\n  - aws: ListGateways\n")
    shutil.copytree(ROOT / "mocks", tmp_path / "mocks")
    (tmp_path / "mocks/labs/odd.yaml").write_text("use: default\nregoin: us-east-1\n")
    words = [[tmp_path / "lab.yaml"]] + ([["--lab", "odd"]] if command == "explore" else [])
    for flags in words:
        done = run(command, *flags, "--root", tmp_path, "--report-json", report)
        (mistake,) = json.loads(report.read_text())["mistakes"]
        assert done.returncode == 2 and mistake["file"] == "mocks/labs/odd.yaml", done.stderr
    if command == "explore":
        merged = run("report", "merge", report)
        assert merged.returncode == 2 and json.loads(merged.stdout)["mistakes"] == [mistake]


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        (["--unknown", "binding.mod=sub"], '--unknown binding.mod: nobody knows of such an unknown; did you mean "binding.mode"?'),
        (["--unknown", "binding.mode=subb"], '--unknown binding.mode: there is no choice "subb"; did you mean "sub"?'),
        (["--rules-off", "session-bindin"], '--rules-off session-bindin: no party has a rule of that name; did you mean "session-binding"?'),
    ],
)
def test_a_switch_that_nobody_has_is_wrong_usage(flags, told):
    done = run("run", "scenarios/flow", *flags)
    assert done.returncode == 1 and told in done.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["chekc", "scenarios"], "there is no command 'chekc'. Did you mean 'check'?"),
        (["help", "rnu"], "there is no command 'rnu'. Did you mean 'run'?"),
        (["report", "mrege", "a.json"], "there is no command 'mrege'. Did you mean 'merge'?"),
        (["frobnicate"], "there is no command 'frobnicate'. See 'agentcore-local --help'"),
        (["run", "--jbos", "2"], "Unknown option '--jbos'. Did you mean '--jobs'?"),
        (["run", "--hlep"], "Unknown option '--hlep'. Did you mean '--help'?"),
        (["--verison"], "Unknown option '--verison'. Did you mean '--version'?"),
        (["run", "scenrios/flow"], "scenrios/flow: there is no such file or folder"),
        (["run", "scenarios/flwo/"], "there is no such file or folder. Did you mean 'scenarios/flow'?"),
    ],
)
def test_a_misspelt_word_is_told_with_the_one_that_was_meant(words, told):
    done = run(*words)
    assert done.returncode == 1 and told in done.stderr, done.stderr


def test_mistakes_of_files_stand_in_every_report_and_in_the_joined_one(tmp_path):
    (tmp_path / "bad.yaml").write_text("scenario: s\nspec: [T2]\nsteps:\n  - awz: <x>\n    as: alise\n")
    kinds = ["junit", "tap", "json", "html"]

    def texts(name):
        return {kind: (tmp_path / f"{name}.{kind}").read_text() for kind in kinds}

    for part in (1, 2):
        flags = [flag for kind in kinds for flag in (f"--report-{kind}", tmp_path / f"{part}.{kind}")]
        done = run("run", tmp_path / "bad.yaml", "--shard", f"{part}/2", "--record", tmp_path / "t.sqlite", *flags)
        assert done.returncode == 2 and done.stdout == "", done.stderr
        assert all("awz" in text and "bad.yaml:4:5" in text.replace("\\n", "") for text in texts(part).values())
    assert not (tmp_path / "t.sqlite").exists()
    one = json.loads(texts(1)["json"])
    assert one["summary"]["mistakes"] == len(one["mistakes"]) == 1 and one["scenarios"] == []
    summary = tmp_path / "summary.md"
    flags = [flag for kind in ("junit", "tap", "html") for flag in (f"--report-{kind}", tmp_path / f"all.{kind}")]
    done = run(
        "report", "merge", tmp_path / "1.json", tmp_path / "2.json", "--output", tmp_path / "all.json", *flags,
        GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary),
    )
    assert done.returncode == 2 and 'no step is called "awz"' in done.stderr and "1 mistake" in done.stderr
    assert done.stdout.startswith("::error file=") and "1 mistake, nothing was run" in summary.read_text()
    assert json.loads(texts("all")["json"])["mistakes"] == one["mistakes"]
    assert texts("all")["tap"] == texts(1)["tap"] and "bad.yaml:4:5" in texts("all")["html"]
    assert ElementTree.fromstring(texts("all")["junit"]).find(".//error").attrib["message"] == 'no step is called "awz"'


def test_a_mistake_of_a_lab_stands_in_the_reports_too(tmp_path):
    shutil.copytree(ROOT / "mocks", tmp_path / "mocks")
    (tmp_path / "mocks/labs/mine.yaml").write_text("about: Mine\nuse: defalt\n")
    (tmp_path / "s.yaml").write_text("scenario: s\nspec: [T2]\nlab: mine\nsteps:\n  - aws: ListGateways\n")
    done = run("run", "s.yaml", "--report-json", "r.json", "--report-tap", "r.tap", cwd=tmp_path)
    assert done.returncode == 2 and "a lab has a mistake" in done.stderr
    (mistake,) = json.loads((tmp_path / "r.json").read_text())["mistakes"]
    assert mistake["file"] == "mocks/labs/mine.yaml" and "defalt" in (tmp_path / "r.tap").read_text()


def test_a_file_whose_name_is_no_text_is_told_and_not_passed_over(tmp_path):
    shutil.copy(ROOT / "scenarios/flow/method-2.yaml", tmp_path / "good.yaml")
    with open(bytes(tmp_path) + b"/na\xefve.yaml", "wb") as file:
        file.write((tmp_path / "good.yaml").read_bytes())
    # An editor's lock.
    (tmp_path / ".#good.yaml").symlink_to("somebody@somewhere.1234")
    for command in ["run", "check"]:
        done = run(command, tmp_path)
        assert done.returncode == 2 and "the name of this file is no UTF-8 text" in done.stderr, done.stderr
        assert ".#good" not in done.stderr


def test_a_link_that_leads_nowhere_is_told(tmp_path):
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere.yaml")
    done = run("check", tmp_path)
    assert done.returncode == 2 and "gone.yaml" in done.stderr and "this link leads nowhere" in done.stderr


def test_the_command_that_repeats_a_run_leads_out_of_the_current_folder_too(tmp_path):
    inner, beside = tmp_path / "inner", tmp_path / "beside"
    inner.mkdir()
    beside.mkdir()
    (beside / "wrong.yaml").write_text(
        "scenario: Wrong\nspec: [T2]\nsteps:\n  - aws: ListGateways\n    expect: {body.items: 1}\n")
    done = run("run", "../beside/wrong.yaml", cwd=inner, AGENTCORE_LOCAL_ROOT=str(ROOT))
    assert done.returncode == 4 and "--> ../beside/wrong.yaml:5:14" in done.stdout, done.stdout
    assert "agentcore-local run ../beside/wrong.yaml --seed 1" in done.stdout, done.stdout


def test_a_flag_that_the_environment_gave_is_told_by_both_its_names():
    for command, name, value in (
        ("wait", "PORT_BASE", "abc"), ("wait", "PORT_BASE", "70000"), ("run", "JOBS", "0"), ("check", "ROOT", "/no"),
    ):
        (flag, variable) = ("--" + name.lower().replace("_", "-"), "AGENTCORE_LOCAL_" + name)
        hint = f"{flag} is {variable} of the environment."
        done = run(command, **{variable: value})
        assert done.returncode in (1, 3) and hint in done.stderr.splitlines(), done.stderr
        typed = run(command, flag, value, **{variable: value})
        assert typed.returncode == done.returncode and hint not in typed.stderr, typed.stderr
