"""What is wrong with a command, a file or a lab, told where people and machines look for it."""

import json
import shutil
import xml.etree.ElementTree as ElementTree

import pytest
from conftest import ROOT
from program import run

CLIENTS = ["mcp1"]


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
