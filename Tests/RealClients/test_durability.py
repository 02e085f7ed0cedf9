"""`serve --data`: an answered write survives `kill -9` at any moment; a file that cannot be used is refused, untouched.

A long run: `DURABILITY_KILLS=500 python -m pytest Tests/RealClients/test_durability.py --client mcp1`.
"""

import hashlib
import http.client
import json
import os
import random
import shutil
import signal
import sqlite3
import stat
import subprocess
import threading
import time

import pytest
from conftest import ROOT

CLIENTS = ["mcp1"]

BINARY = os.environ.get("AGENTCORE_LOCAL", str(ROOT / ".build/debug/agentcore-local"))
KILLS = int(os.environ.get("DURABILITY_KILLS", "12"))
WRITERS = 4


class Serving:
    def __init__(self, folder, limits=None):
        self.endpoints_file = folder / "endpoints.json"
        self.endpoints_file.unlink(missing_ok=True)
        self.process = subprocess.Popen(
            [BINARY, "serve", "--port-base", "0", "--quiet", "--data", str(folder / "state.sqlite")]
            + ["--endpoints-file", str(self.endpoints_file)],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
            preexec_fn=limits,
        )
        while not self.endpoints_file.exists():
            if self.process.poll() is not None:
                raise RuntimeError(self.process.stderr.read())
        self.address = json.loads(self.endpoints_file.read_text())["aws"].removeprefix("http://")

    def call(self, connection, operation, body):
        connection.request("POST", f"/identities/{operation}", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def connection(self):
        return http.client.HTTPConnection(self.address, timeout=30)

    def names(self):
        """Every workload identity, with what GetWorkloadIdentity says of it."""
        connection, found, token = self.connection(), {}, None
        while True:
            body = {"maxResults": 20, **({"nextToken": token} if token else {})}
            status, page = self.call(connection, "ListWorkloadIdentities", body)
            assert status == 200, page
            for item in page["workloadIdentities"]:
                status, whole = self.call(connection, "GetWorkloadIdentity", {"name": item["name"]})
                assert status == 200, whole
                found[item["name"]] = whole
            token = page.get("nextToken")
            if not token:
                return found

    def kill(self):
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        assert self.process.wait(timeout=10) == 0


def write_until_killed(serving, number, prefix, told, enough):
    connection = serving.connection()
    try:
        for count in range(1_000_000):
            name = f"{prefix}-{number}-{count}"
            url = f"https://example.com/{name}"
            status, _ = serving.call(
                connection, "CreateWorkloadIdentity", {"name": name, "allowedResourceOauth2ReturnUrls": [url]}
            )
            assert status in (200, 201)
            told[name] = url
            if len(told) >= enough[0]:
                enough[1].set()
    except (OSError, http.client.HTTPException):
        enough[1].set()


def test_what_was_answered_survives_kill_9(tmp_path):
    chance = random.Random(7)
    known = {}
    serving = Serving(tmp_path)
    for round in range(KILLS):
        told, enough = {}, (chance.randint(1, 60), threading.Event())
        writers = [
            threading.Thread(target=write_until_killed, args=(serving, number, f"r{round}", told, enough))
            for number in range(WRITERS)
        ]
        for writer in writers:
            writer.start()
        enough[1].wait()
        serving.kill()
        for writer in writers:
            writer.join()
        known.update(told)
        with sqlite3.connect(tmp_path / "state.sqlite") as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
        serving = Serving(tmp_path)
        found = serving.names()
        lost = set(known) - set(found)
        assert not lost, f"round {round}: answered and gone: {sorted(lost)[:5]}"
        for name, whole in found.items():
            assert whole["allowedResourceOauth2ReturnUrls"] == [f"https://example.com/{name}"], "half done"
        # What was on its way when the process died may be there or not; no more than one for each writer.
        strangers = {name for name in set(found) - set(known) if name.startswith(f"r{round}-")}
        assert len(strangers) <= WRITERS
        known.update({name: f"https://example.com/{name}" for name in strangers})
    serving.end()


def test_a_restart_goes_on_within_a_second_of_real_time(tmp_path):
    """Not a timed assertion: the journal of thousands of writes is read back whole."""
    serving = Serving(tmp_path)
    connection = serving.connection()
    for count in range(500):
        assert serving.call(connection, "CreateWorkloadIdentity", {"name": f"bulk-{count}"})[0] in (200, 201)
    serving.end()
    serving = Serving(tmp_path)
    assert len(serving.names()) == 500
    serving.end()


def test_the_file_is_its_owners_alone(tmp_path):
    serving = Serving(tmp_path)
    serving.end()
    for path in tmp_path.glob("state.sqlite*"):
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_a_second_process_is_refused(tmp_path):
    serving = Serving(tmp_path)
    with pytest.raises(RuntimeError, match="in use by another process"):
        Serving(shutil_folder(tmp_path))
    connection = serving.connection()
    assert serving.call(connection, "CreateWorkloadIdentity", {"name": "still-here"})[0] in (200, 201)
    serving.end()


def shutil_folder(folder):
    """Another folder with the same data file."""
    other = folder / "other"
    other.mkdir(exist_ok=True)
    link = other / "state.sqlite"
    if not link.exists():
        link.symlink_to(folder / "state.sqlite")
    return other


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def made(folder):
    serving = Serving(folder)
    connection = serving.connection()
    for count in range(40):
        assert serving.call(connection, "CreateWorkloadIdentity", {"name": f"made-{count}"})[0] in (200, 201)
    serving.end()
    return folder / "state.sqlite"


def refused(folder, path, text):
    before = digest(path)
    with pytest.raises(RuntimeError, match=text):
        Serving(folder)
    assert digest(path) == before, "a refused file was changed"


def test_a_newer_layout_is_refused(tmp_path):
    path = made(tmp_path)
    with sqlite3.connect(path) as database:
        database.execute("INSERT INTO grdb_migrations VALUES ('from the future')")
        database.execute("PRAGMA journal_mode = DELETE")
    database.close()
    refused(tmp_path, path, "newer version")


def test_a_damaged_page_is_refused(tmp_path):
    path = made(tmp_path)
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA journal_mode = DELETE")
        page = database.execute("PRAGMA page_size").fetchone()[0]
    database.close()
    content = bytearray(path.read_bytes())
    assert len(content) > 4 * page
    for place in range(page * 2, page * 4):
        content[place] = 0xA5
    path.write_bytes(content)
    refused(tmp_path, path, "damaged")


def test_what_is_no_data_file_is_refused(tmp_path):
    path = tmp_path / "state.sqlite"
    path.write_text("This is a letter to my aunt, and long enough to be taken for a database header.\n" * 40)
    refused(tmp_path, path, "not a data file")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write what is read-only")
def test_a_read_only_file_is_refused(tmp_path):
    path = made(tmp_path)
    path.chmod(0o400)
    refused(tmp_path, path, "cannot be written")


def test_a_full_disk_is_told_and_nothing_half_done_is_kept(tmp_path):
    """A limit on the size of files stands for the disk: the write that meets it is refused as an AWS error."""
    made(tmp_path)
    import resource

    def limits():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (400_000, 400_000))

    serving = Serving(tmp_path, limits)
    connection = serving.connection()
    kept, status, answer = 40, 200, {}
    while status in (200, 201):
        status, answer = serving.call(connection, "CreateWorkloadIdentity", {"name": f"full-{kept}"})
        kept += status in (200, 201)
        assert kept < 5000, "the disk never filled"
    assert status == 500 and "message" in answer, answer
    serving.kill()
    again = Serving(tmp_path)
    assert len(again.names()) == kept
    again.end()
