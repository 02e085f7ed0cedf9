"""A command that plays many runs starts itself once more with a roomier heap, and hands that on to nobody."""

import os
import pathlib
import subprocess

import pytest
from conftest import BINARY, ROOT

VARIABLE = "GLIBC_TUNABLES"
pytestmark = pytest.mark.skipif(not pathlib.Path("/proc/self/exe").exists(), reason="there is no /proc")


def begun_with(folder, **variables):
    """What stands in the environment of `run` itself as it began, and in that of a program it starts."""
    script = f"tr '\\0' '\\n' < /proc/$PPID/environ > {folder}/own; env > {folder}/handed"
    environment = {name: value for name, value in os.environ.items() if name != VARIABLE} | variables
    done = subprocess.run(
        [BINARY, "run", "scenarios/clients/the-way-in.yaml", "--client", script], cwd=ROOT, capture_output=True, text=True,
        env=environment)
    assert "GLIBC" not in done.stdout + done.stderr
    return [
        [line for line in (folder / name).read_text().splitlines() if line.startswith(VARIABLE)]
        for name in ("own", "handed")
    ]


def test_a_run_keeps_what_it_lets_go_of_at_hand(tmp_path):
    assert begun_with(tmp_path) == [[f"{VARIABLE}=glibc.malloc.tcache_count=2000"], []]


def test_the_users_own_word_counts(tmp_path):
    own = "glibc.malloc.check=0"
    assert begun_with(tmp_path, GLIBC_TUNABLES=own) == [[f"{VARIABLE}={own}"], [f"{VARIABLE}={own}"]]
