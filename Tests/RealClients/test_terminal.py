"""What people see in a terminal: the demo step by step, lessons by their hints, progress. In tmux."""

import json
import os
import re
import shutil
import subprocess
import time
import uuid

import pytest
from conftest import BINARY, ROOT

CLIENTS = ["mcp1"]
pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="there is no tmux on PATH")


class Screen:
    """One window of a tmux server of its own."""

    def __init__(self, *words):
        self.name = f"agentcore-{uuid.uuid4().hex[:8]}"
        # What follows the command keeps the screen as it was when the command ended.
        command = " ".join(words) + "; echo [ended $?]; cat"
        self.tmux("start-server", ";", "set-option", "-g", "history-limit", "20000", ";", "new-session", "-d", "-x", "110", "-y", "50", "-c", str(ROOT), command)

    def tmux(self, *words):
        own = {name: value for name, value in os.environ.items() if name != "TMUX"}
        return subprocess.run(
            ["tmux", "-L", self.name, "-f", "/dev/null", *words], capture_output=True, text=True, check=True,
            env=own).stdout

    @property
    def text(self):
        """All of it, with what was scrolled away."""
        return self.tmux("capture-pane", "-p", "-J", "-S", "-")

    def type(self, text):
        if text:
            self.tmux("send-keys", "-l", text)
        self.tmux("send-keys", "Enter")

    def until(self, holds, seconds=30):
        """Waits until something holds of the text: what that gives."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            text = self.text
            if found := holds(text):
                return found
            time.sleep(0.02)
        raise AssertionError(f"that never came:\n{text[-3000:]}")

    def shows(self, pattern):
        return self.until(lambda text: re.search(pattern, text, re.MULTILINE))


@pytest.fixture
def screen():
    screens = []

    def start(*words):
        screens.append(Screen(*words))
        return screens[-1]

    yield start
    for one in screens:
        subprocess.run(["tmux", "-L", one.name, "kill-server"], capture_output=True)


def has_ended(text):
    return "[ended " in text


def test_the_demo_goes_step_by_step(screen):
    window, steps = screen(BINARY, "demo", "--step"), 0
    while True:
        said = window.until(lambda text: (text.count("[return]") > steps or has_ended(text)) and text)
        if has_ended(said):
            break
        # It waits: what comes after the stop is not there yet.
        assert said.rstrip().endswith("[return]")
        steps += 1
        window.type("")
    assert steps > 5 and said.count("--- ") == steps and "[ended 0]" in said
    assert "alice's MCP client => gateway" in said


@pytest.mark.parametrize("lesson", ["1", "2", "3", "4", "5"])
def test_a_lesson_is_finished_by_its_hints(screen, lesson):
    def prompts(text):
        return len(re.findall(r" q >|\[return\]", text))

    window, asked = screen(BINARY, "learn", lesson), 0
    while True:
        said = window.until(lambda text: (prompts(text) > asked or has_ended(text)) and text)
        if has_ended(said):
            break
        asked += 1
        window.type("h")
        said = window.until(lambda text: prompts(text) > asked and text)
        asked += 1
        window.type(re.findall(r"hint: (?:type (\w+)|press return)", said)[-1])
    assert "Lesson finished." in said and "[ended 0]" in said
    assert "NOT HELD" in said, "something was broken and seen"


def test_a_long_run_tells_how_far_it_is(screen):
    window = screen(BINARY, "run", "scenarios/flow", "--seeds", "100000", "--jobs", "1", "> /dev/null")
    first = window.shows(r"^(\d+) of 200000 scenarios, 0 did not hold")
    # The line is written over itself.
    window.shows(rf"^(?!{first[1]} )\d+ of 200000 scenarios")
    assert window.text.count("did not hold") == 1


def test_a_short_run_is_quiet(screen):
    said = screen(BINARY, "run", "scenarios/flow").until(lambda text: has_ended(text) and text)
    assert " of " not in said.replace("list of", "") and "2 scenarios, 2 held, 0 failed" in said


def test_the_film_is_an_asciicast(tmp_path):
    """asciicast v2: a header, then events whose times never fall."""
    file = tmp_path / "demo.cast"
    subprocess.run([BINARY, "demo", "--cast", file], cwd=ROOT, check=True, timeout=60)
    header, *events = map(json.loads, file.read_text().splitlines())
    assert header["version"] == 2 and header["width"] > 0 and header["height"] > 0
    times = [event[0] for event in events]
    assert len(events) > 30 and times == sorted(times) and {event[1] for event in events} == {"o"}
    assert "alice's MCP client" in "".join(event[2] for event in events)
