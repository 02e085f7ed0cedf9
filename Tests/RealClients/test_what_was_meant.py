"""Commands do what was meant by what somebody typed, or say in words why not."""

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import termios

import pytest
from conftest import BINARY, ROOT
from program import run

CLIENTS = ["mcp1"]

MATRIX = """\
scenario: Cells
spec: [T2]
matrix: {day: [1h, 2h], tool: [a, b], count: [1]}
steps:
  - clock: {advance: "${day}"}
  - sql: "select :day as day, :tool as tool, typeof(:count) as kind"
    with: {day: "${day}", tool: "${tool}", count: "${count}"}
    expect: {"rows[0].day": "5h"}
"""


# --- run --var


def played(tmp_path, *flags, text=MATRIX):
    """Of every cell that was played its name, and what its step saw."""
    file = tmp_path / "cells.yaml"
    file.write_text(text)
    done = run("run", file, "--report-json", tmp_path / "r.json", *flags)
    report = json.loads((tmp_path / "r.json").read_text())
    rows = report["scenarios"]
    assert len(rows) == done.stdout.count("expected")
    return [(row["matrix"], row["failures"][0]["actual"], row["command"]) for row in rows]


def test_a_value_of_no_cell_takes_the_place_of_that_dimension_alone(tmp_path):
    rows = played(tmp_path, "--var", "day=3h")
    assert [row[0] for row in rows] == [{"day": "3h", "tool": tool, "count": 1} for tool in "ab"]
    assert all("3h" in row[1] for row in rows)
    assert [row[0] for row in played(tmp_path, "--var", "day=2h")] == [
        {"day": "2h", "tool": tool, "count": 1} for tool in "ab"]
    assert [row[0] for row in played(tmp_path, "--var", "day=3h", "--var", "tool=b", "--var", "count=7")] == [
        {"day": "3h", "tool": "b", "count": 7}]


def test_a_value_of_no_cell_cannot_choose_the_lab(tmp_path):
    file = tmp_path / "labs.yaml"
    file.write_text(
        "scenario: Labs\nspec: [T2]\nmatrix: {where: [default, strict]}\nlab: ${where}\nsteps: [{aws: ListGateways}]\n")
    refused = run("run", file, "--var", "where=eddsa")
    assert refused.returncode == 1 and "its lab depends on it" in refused.stderr
    assert run("run", file, "--var", "where=strict").returncode == 0


def test_the_capsule_of_a_value_of_no_cell_is_replayed(tmp_path):
    file = tmp_path / "cells.yaml"
    file.write_text(MATRIX)
    run("run", file, "--var", "day=3h", "--var", "tool=b", "--capsule", tmp_path / "capsules")
    (capsule,) = (tmp_path / "capsules").iterdir()
    same = run("replay", capsule)
    assert same.returncode == 0 and "every byte" in same.stdout, same.stderr


# --- files


FRAGMENT = "# Mine.\n---\nfragment: Something is there\nsteps: [{set: {mine: 1}}]\n"
USER = "scenario: It uses it\nspec: [T2]\nsteps:\n  - include: frag.yaml\n  - aws: ListGateways\n"


def test_a_fragment_may_stand_beside_its_scenario(tmp_path):
    (tmp_path / "frag.yaml").write_text(FRAGMENT)
    (tmp_path / "a.yaml").write_text(USER)
    for command in ("run", "check"):
        done = run(command, tmp_path)
        assert done.returncode == 0, done.stderr
    assert "1 scenario, 1 held" in run("run", tmp_path).stdout
    (tmp_path / "frag.yaml").write_text(FRAGMENT.replace("set:", "sett:"))
    (tmp_path / "a.yaml").unlink()
    broken = run("check", tmp_path)
    assert broken.returncode == 2 and "frag.yaml:4:" in broken.stderr and broken.stderr.count("-->") <= 1
    alone = run("run", tmp_path / "frag.yaml")
    assert alone.returncode == 2 and "this is a fragment" in alone.stderr and "1 mistake" in alone.stderr


def test_both_endings_of_a_yaml_file_are_run(tmp_path):
    (tmp_path / "a.yml").write_text(USER.replace("frag.yaml", "frag.yml"))
    (tmp_path / "frag.yml").write_text(FRAGMENT)
    (tmp_path / "t.template.yml").write_text("Resources: {}\n")
    done = run("run", tmp_path)
    assert done.returncode == 0 and "1 scenario, 1 held" in done.stdout, done.stderr


def test_check_reads_labs_where_labs_are_named(tmp_path):
    all_labs = run("check", "mocks/labs")
    count = len([name for name in os.listdir(f"{ROOT}/mocks/labs") if name.endswith(".yaml")])
    assert all_labs.returncode == 0 and all_labs.stderr.strip() == f"{count} labs without a mistake"
    one = run("check", "mocks/labs/strict.yaml", "scenarios/flow/method-2.yaml")
    assert one.returncode == 0 and one.stderr.startswith("1 scenario and ")
    alone = run("check", "mocks/labs/strict.yaml")
    assert alone.returncode == 0 and alone.stderr.strip() == "1 lab without a mistake"
    other = run("check", "mocks/narration.yaml")
    assert other.returncode == 1 and "check mocks/labs" in other.stderr
    subprocess.run(["cp", "-R", f"{ROOT}/mocks", tmp_path / "mocks"], check=True)
    (tmp_path / "mocks/labs/mine.yaml").write_text("about: Mine\nuse: defalt\n")
    mine = run("check", "mocks/labs/mine.yaml", "--root", tmp_path, cwd=tmp_path)
    assert mine.returncode == 2 and "defalt" in mine.stderr
    assert run("check", "mocks/labs/strict.yaml", "--root", tmp_path, cwd=tmp_path).returncode == 0


def test_a_row_that_nobody_wrote_is_no_empty_list(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("scenario: Mine\nspec: [T2, U777]\nsteps: [{aws: ListGateways}]\n")
    done = run("list", "--ledger", mine)
    assert done.returncode == 2 and 'the ledger has no "U777"' in done.stderr and "mine.yaml:2:12" in done.stderr


def test_a_folder_that_is_not_there_is_named(tmp_path):
    done = run("run", "scenarios/flow/method-2.yaml", "--report-junit", tmp_path / "nowhere" / "x.xml")
    assert done.returncode == 3 and f"there is no folder {tmp_path}/nowhere" in done.stderr


def test_record_does_not_write_over_a_file(tmp_path):
    mine = tmp_path / "mine.yaml"
    mine.write_text("mine")
    refused = run("record", tmp_path / "any.har", "--output", mine)
    assert refused.returncode == 1 and "nothing was written" in refused.stderr and mine.read_text() == "mine"


# --- clients, capsules, faults, ports, codes


def test_the_command_that_repeats_a_client_names_it():
    done = run("run", "scenarios/flow/method-2.yaml", "--client", "true #")
    assert done.returncode == 4 and "a variable client" in done.stdout and "user: alice" in done.stdout
    assert "--client 'true #'" in done.stdout


SECRET = """\
scenario: A secret
spec: [T2]
secrets: {mine: in-plain-sight}
steps:
  - http: GET ${lab.github}/${mine}
    expect: {status: 200}
"""


def test_replay_takes_any_secret_that_its_capsule_left_out(tmp_path):
    file = tmp_path / "secret.yaml"
    file.write_text(SECRET)
    assert run("run", file, "--capsule", tmp_path / "capsules").returncode == 4
    (capsule,) = (tmp_path / "capsules").iterdir()
    assert "<secret mine>" in capsule.read_text() and "plain-sight" not in capsule.read_text()
    same = run("replay", capsule, "--var", "mine=in-plain-sight")
    assert same.returncode == 0, same.stdout + same.stderr
    other = run("replay", capsule, "--var", "yours=x")
    assert other.returncode == 1 and "no secret of that name" in other.stderr


def test_explore_sweeps_a_matrix_and_says_when_it_swept_nothing(tmp_path):
    file = tmp_path / "matrix.yaml"
    file.write_text(
        "scenario: Both\nspec: [T2]\nfaults: all\nmatrix: {user: [alice, bob]}\n"
        "given: [github-provider, gateway, target-method-2]\nsteps:\n"
        "  - mcp: tools/call\n    as: ${user}\n    with: {name: github___get_me}\n    expect: {error.code: -32042}\n")
    done = run("explore", file)
    assert done.returncode == 0 and len(re.findall(r"held .*\[user=(alice|bob)\]  \d+ faults", done.stdout)) == 2
    assert run("run", file).returncode == 0
    file.write_text("scenario: In one line\nspec: [T2]\nsteps: [{aws: ListGateways}]\n")
    nothing = run("explore", file)
    assert nothing.returncode == 3 and "left out, no fault can be put before its first step" in nothing.stdout


def test_the_doctor_does_not_promise_ports_that_a_lab_has():
    for base in range(21_000, 29_000, 7):
        with subprocess.Popen(
            [BINARY, "serve", "--port-base", str(base)], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
            text=True,
        ) as process:
            if any("Control-C" in line for line in process.stderr):
                try:
                    done = run("doctor", "--port-base", base)
                finally:
                    process.send_signal(signal.SIGINT)
                break
    assert done.returncode == 3 and "is being served" in done.stdout and "can be served here" not in done.stdout


@pytest.mark.parametrize("words", [["-32602"], ["Unknown", "tool:", "foo"], ["-32602: Unknown tool", "--most", "2"]])
def test_why_takes_a_code_and_a_sentence_as_they_were_read(words):
    done = run("why", *words)
    assert done.returncode == 0 and "Unknown tool: " in done.stdout, done.stderr
    wrong = run("why", "--jso", "x")
    assert wrong.returncode == 1 and "Unknown option '--jso'" in wrong.stderr


# --- the terminal


def shown(columns, *arguments):
    """What a terminal of so many columns is given."""
    main, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        [BINARY, *arguments], cwd=ROOT, stdin=subprocess.DEVNULL, stdout=side, env={**os.environ, "NO_COLOR": "1"}
    ) as process:
        os.close(side)
        text = b""
        while True:
            try:
                piece = os.read(main, 65536)
            except OSError:
                break
            if not piece:
                break
            text += piece
        os.close(main)
    assert process.returncode == 0
    return text.decode().replace("\r\n", "\n")


def words(text):
    return re.sub(r"\s+", " ", text)


@pytest.mark.parametrize("command", [["demo"], ["learn", "1"]])
def test_lines_break_between_words_where_the_terminal_ends(command):
    plain = run(*command).stdout
    for columns in (72, 80, 100):
        text = shown(columns, *command)
        assert max(map(len, text.splitlines())) <= columns, columns
        assert words(text) == words(plain)
