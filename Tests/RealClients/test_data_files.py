"""`serve --data`: a file that cannot be used is refused, untouched; what turns out to be damaged later ends the process."""

import contextlib
import ctypes
import hashlib
import http.client
import json
import os
import sqlite3
import subprocess

import pytest
from kept_lab import Serving, made

CLIENTS = ["mcp1"]

LIST = "/identities/ListWorkloadIdentities"


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def refused(folder, path, text, limits=None):
    before = digest(path)
    with pytest.raises(RuntimeError, match=text):
        Serving(folder, limits)
    assert digest(path) == before, "a refused file was changed"


def quiet(path, sql):
    """The file after a change that somebody made, with nothing beside it."""
    with sqlite3.connect(path) as database:
        database.executescript(sql)
    database.close()


def bound_by_permissions():
    """In a child before it runs: root too may then write only what the file lets it (capabilities(7))."""
    if os.geteuid() != 0:
        return
    drop, override, search = 24, 1, 2  # PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
    for capability in (override, search):
        if ctypes.CDLL(None).prctl(drop, capability, 0, 0, 0) != 0:
            raise PermissionError("a capability cannot be dropped")


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


@pytest.mark.parametrize(
    "sql",
    [
        "CREATE TABLE record (id INTEGER PRIMARY KEY, artist TEXT)",
        "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)",
        "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY); CREATE TABLE journal (sequence INTEGER)",
        "CREATE TABLE grdb_migrations (name TEXT); CREATE TABLE record (collection TEXT, id TEXT, body TEXT)",
        "PRAGMA application_id = 42",
    ],
)
def test_a_database_of_another_program_is_refused(tmp_path, sql):
    path = tmp_path / "state.sqlite"
    quiet(path, sql)
    refused(tmp_path, path, "not a data file")
    assert [found.name for found in tmp_path.glob("state*")] == ["state.sqlite"]


def test_a_file_of_a_version_that_did_not_sign_is_taken_up(tmp_path):
    path = made(tmp_path)
    quiet(path, "PRAGMA application_id = 0")
    serving = Serving(tmp_path)
    assert len(serving.state()) == 40
    serving.end()


@pytest.mark.parametrize(
    "sql",
    [
        "DROP TABLE journal",
        "UPDATE record SET body = '{}' WHERE collection = 'lab'",
        "UPDATE record SET id = 'another' WHERE collection = 'lab'",
    ],
)
def test_a_file_that_lacks_what_a_lab_begins_with_is_refused(tmp_path, sql):
    path = made(tmp_path)
    quiet(path, sql)
    refused(tmp_path, path, r"damaged \(")


@pytest.mark.parametrize(
    "sql, party, path",
    [
        ("UPDATE record SET body = '{}' WHERE collection = 'workload-identity'", "aws", LIST),
        ("UPDATE record SET id = 'x' || id WHERE collection = 'workload-identity'", "aws", LIST),
        ("UPDATE journal SET event = '{}' WHERE sequence = 3", "console", "/_local/journal?after=0"),
    ],
)
def test_rows_that_cannot_be_read_end_the_process(tmp_path, sql, party, path):
    """They are read when they are asked for; then there is no lab any more, but a message and exit code 3."""
    quiet(made(tmp_path), sql)
    serving = Serving(tmp_path)
    origin = json.loads(serving.endpoints_file.read_text())[party].removeprefix("http://")
    connection = http.client.HTTPConnection(origin, timeout=30)
    connection.request("POST" if party == "aws" else "GET", path, "{}", {"Content-Type": "application/json"})
    # It may be gone before it has answered.
    with contextlib.suppress(OSError, http.client.HTTPException):
        assert party == "console" or connection.getresponse().status == 500
    assert serving.process.wait(timeout=10) == 3
    assert "state.sqlite: damaged (" in serving.process.stderr.read()


@pytest.mark.parametrize("part, mode", [("state.sqlite", 0o400), (".", 0o500)])
def test_a_read_only_file_or_folder_is_refused(tmp_path, part, mode):
    path = made(tmp_path)
    (tmp_path / part).chmod(mode)
    try:
        place = path if part != "." else tmp_path / "another"
        writes = subprocess.run(["sh", "-c", f": >> '{place}'"], preexec_fn=bound_by_permissions, stderr=subprocess.DEVNULL)
    except subprocess.SubprocessError:
        pytest.skip("root may write what is read-only, and cannot be kept from it here")
    assert writes.returncode != 0
    refused(tmp_path, path, "cannot be written", bound_by_permissions)
    tmp_path.chmod(0o700)
