"""Every lesson is finished by doing what its hints say, in a terminal."""
import os
import pty
import re
import select
import subprocess
import time

import pytest

from conftest import BINARY, ROOT

CLIENTS = {"mcp1"}
PROMPT = re.compile(r"(> |\[return\] )$")


def play(lesson):
    """Types h at every prompt, then what the hint says."""
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [BINARY, "learn", lesson], stdin=slave, stdout=slave, stderr=slave, cwd=ROOT, close_fds=True,
        env={**os.environ, "NO_COLOR": "1"})
    os.close(slave)
    said, since, deadline = "", "", time.monotonic() + 60
    while time.monotonic() < deadline:
        ready, _, _ = select.select([master], [], [], 1)
        if not ready:
            continue
        try:
            piece = os.read(master, 65536).decode()
        except OSError:
            break
        if not piece:
            break
        said, since = said + piece, since + piece
        if PROMPT.search(since):
            hints = re.findall(r"hint: (?:type (\w+)|press return)", since)
            os.write(master, ((hints[-1] if hints else "h") + "\n").encode())
            since = ""
    os.close(master)
    return process.wait(10), said


@pytest.mark.parametrize("lesson", ["1", "2", "3", "4", "5", "session-binding"])
def test_a_lesson_is_finished_by_its_hints(lesson):
    code, said = play(lesson)
    assert code == 0
    assert "Lesson finished." in said
    assert "NOT HELD" in said, "something was broken and seen"
    assert "hint: type" in said and "hint: type b" in said


def test_lessons_are_listed_and_a_wrong_name_is_answered():
    listed = subprocess.run([BINARY, "learn"], capture_output=True, text=True, cwd=ROOT)
    assert listed.returncode == 0 and len(listed.stdout.splitlines()) >= 5
    assert "agentcore-local learn 1" in listed.stderr
    wrong = subprocess.run([BINARY, "learn", "metod-1"], capture_output=True, text=True, cwd=ROOT)
    assert wrong.returncode == 1 and "there is no such lesson" in wrong.stderr
