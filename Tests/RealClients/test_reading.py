"""Files as editors, checkouts and people leave them are read, and what is wrong with them is told where CI looks."""

import xml.etree.ElementTree as ElementTree

import pytest
from program import run

CLIENTS = ["mcp1"]

HOLDS = """\
scenario: Held
spec: [T2]
steps:
  - aws: ListGateways
"""


def test_a_byte_order_mark_is_no_letter(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text("\ufeff" + HOLDS)
    assert run("run", file).returncode == 0
    file.write_text("\ufeff" + HOLDS + "    expect: {status: 418}\n")
    known = tmp_path / "known.txt"
    known.write_text(f"\ufeff{file}\r\n")
    assert run("run", file, "--expected-failures", known).returncode == 0


def test_line_ends_of_another_system_are_no_other_trace(tmp_path):
    file, trace = tmp_path / "a.yaml", tmp_path / "a.trace"
    file.write_text(HOLDS + "then: {golden: a.trace}\n")
    assert run("run", file, "--update-golden").returncode == 0
    trace.write_bytes(trace.read_bytes().replace(b"\n", b"\r\n"))
    assert run("run", file).returncode == 0


def test_a_folder_is_read_whole(tmp_path):
    folder, outside = tmp_path / "in", tmp_path / "out.yaml"
    folder.mkdir()
    for name in ["a.yaml", "b.YAML"]:
        (folder / name).write_text(HOLDS)
    assert "2 scenarios, 2 held" in run("run", folder).stdout
    link = tmp_path / "link"
    link.symlink_to(folder)
    assert "2 scenarios, 2 held" in run("run", link).stdout
    # What an editor leaves beside a file that it has open leads nowhere.
    (folder / ".#a.yaml").symlink_to("somebody@somewhere")
    assert run("run", folder).returncode == 0
    outside.write_text(HOLDS)
    (folder / "c.yaml").symlink_to(outside)
    done = run("run", folder)
    assert done.returncode == 2 and "this link leads out of the folder" in done.stderr and "c.yaml" in done.stderr


def test_mistakes_stand_where_ci_looks(tmp_path):
    file, report = tmp_path / "a.yaml", tmp_path / "r.xml"
    file.write_text(HOLDS.replace("aws:", "awz:"))
    done = run("run", file, "--report-junit", report, GITHUB_ACTIONS="true")
    assert done.returncode == 2
    assert f"::error file={file},line=4,col=5,title=mistake::no step is called" in done.stdout
    suites = ElementTree.parse(report).getroot()
    assert suites.get("errors") == "1" and 'no step is called "awz"' in suites.find(".//error").get("message")


@pytest.mark.parametrize("name", ["lab", "seed", "env"])
def test_a_name_that_is_taken_is_no_variable(tmp_path, name):
    file = tmp_path / "a.yaml"
    file.write_text(HOLDS)
    done = run("run", file, "--var", f"{name}=3")
    assert done.returncode == 1 and f"--var {name}: the name is taken" in done.stderr


def test_a_variable_is_more_than_letters_somewhere_in_a_file(tmp_path):
    file = tmp_path / "a.yaml"
    file.write_text(HOLDS)
    done = run("run", file, "--var", "List=3")
    assert done.returncode == 1 and "--var List: no file speaks of such a variable" in done.stderr


def test_a_file_beside_the_scenario_is_proposed(tmp_path):
    (tmp_path / "mine.yaml").write_text("fragment: Mine\nsteps:\n  - aws: ListGateways\n")
    file = tmp_path / "a.yaml"
    file.write_text(HOLDS + "  - include: mine\n")
    done = run("check", file)
    assert done.returncode == 2 and 'did you mean "mine.yaml"?' in done.stderr
