"""`serve` reads its lab while its command line is still being read, and reads it once."""

import contextlib
import ctypes
import fcntl
import json
import os
import select
import shutil
import signal
import struct
import subprocess
import threading
import urllib.request

import pytest
import serving
from conftest import BINARY, ROOT

CLIENTS = ["mcp1"]
PATIENCE = 60


class Openings:
    """How often a file was opened, as the kernel tells it."""

    def __init__(self, path):
        libc = ctypes.CDLL(None, use_errno=True)
        self.handle = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        # Two events of one kind in a row are told as one: what closes is told between what opens.
        opened, closed = 0x20, 0x10
        assert libc.inotify_add_watch(self.handle, str(path).encode(), opened | closed) >= 0
        self.count = 0

    def read(self):
        with contextlib.suppress(BlockingIOError):
            events = os.read(self.handle, 65536)
            while events:
                _, mask, _, length = struct.unpack_from("iIII", events)
                self.count += bool(mask & 0x20)
                events = events[16 + length :]
        return self.count

    def first(self):
        """Waits until it is opened."""
        select.select([self.handle], [], [], PATIENCE)
        return self.read()


@pytest.fixture
def folder(tmp_path):
    for name in ("mocks", "scenarios"):
        shutil.copytree(ROOT / name, tmp_path / name)
    return tmp_path


@contextlib.contextmanager
def serve(folder, *flags, stderr=subprocess.DEVNULL, **environment):
    endpoints = folder / "endpoints.json"
    endpoints.unlink(missing_ok=True)
    process = subprocess.Popen(
        [BINARY, "serve", "--port-base", "0", "--quiet", "--endpoints-file", str(endpoints), *flags], cwd=folder,
        stdout=subprocess.DEVNULL, stderr=stderr, env={**os.environ, **environment})

    def ready():
        return serving.ready(process, endpoints)

    try:
        yield ready
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=PATIENCE)


def full_pipe():
    """A pipe into which nobody can write before somebody has read from it."""
    reader, writer = os.pipe()
    os.set_blocking(writer, False)
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b"." * fcntl.fcntl(writer, fcntl.F_GETPIPE_SZ))
    with contextlib.suppress(BlockingIOError):
        while True:
            os.write(writer, b".")
    os.set_blocking(writer, True)
    return reader, writer


def empty(reader):
    while os.read(reader, 65536):
        pass


def test_what_was_read_early_is_what_is_served(folder):
    lab = folder / "mocks/labs/default.yaml"
    openings = Openings(lab)
    # Where the command line names a lab, nobody guesses.
    with serve(folder, "--lab", "default") as ready:
        ready()
    once = openings.read()
    assert once > 0

    # The command cannot get its warning out, and has not asked for its lab yet: what opens it is the early reading.
    reader, writer = full_pipe()
    openings = Openings(lab)
    with serve(folder, "--bind", "127.0.0.1", "--advertise", "localhost", stderr=writer) as ready:
        os.close(writer)
        assert openings.first() > 0, "nobody reads the lab early"
        threading.Thread(target=empty, args=[reader], daemon=True).start()
        ready()
    assert openings.read() == once, "what was read early is not what was used"


def test_a_lab_with_a_mistake_is_read_again_to_be_told(folder):
    lab = folder / "mocks/labs/default.yaml"
    line = len(lab.read_text().splitlines()) + 1
    with open(lab, "a") as file:
        file.write("nonsense: true\n")
    done = subprocess.run(
        [BINARY, "serve", "--port-base", "0"], cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    assert done.returncode == 2, done.stderr
    assert f"default.yaml:{line}:1" in done.stderr and "nonsense" in done.stderr
    assert done.stderr.count("error: ") == 1


def test_another_lab_out_of_the_environment_is_the_one_that_is_served(folder):
    with serve(folder, AGENTCORE_LOCAL_LAB="eddsa") as ready:
        with urllib.request.urlopen(ready()["console"] + "/_local/info") as answer:
            assert json.load(answer)["lab"] == "eddsa"
