"""What the records of runs show: the states of each subject, where each decision ends, what the tables hold."""

import collections
import functools
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile

from reference import ROOT, rows, short

ASKED = ["github-provider", "gateway", "target-method-2", "alice-is-asked"]
CONSENTED = ["github-provider", "gateway", "target-method-2", "alice-consented"]
# What a robot does that finds no page to do it on; it ends a grant on the vendor's own page.
ELSEWHERE = {"revoke": (CONSENTED, "${lab.github}/settings/connections/applications/${clientId}")}


def recorded(program, *words, cwd=ROOT):
    """Runs scenarios and gives their record; whether they hold is not asked here."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "record.sqlite"
        done = subprocess.run(
            [program.binary, "run", *words, "--root", ROOT, "--record", file], cwd=cwd, capture_output=True, text=True)
        if done.returncode not in (0, 4):
            sys.exit(f"docs: run {' '.join(map(str, words))} ends with {done.returncode}\n{done.stderr}")
        disk, memory = sqlite3.connect(file), sqlite3.connect(":memory:")
        disk.backup(memory)
        disk.close()
        return memory


@functools.cache
def library(program):
    return recorded(program, "scenarios")


@functools.cache
def failing(program):
    """A run that does not hold, for the tables that are empty else."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "mine.yaml"
        file.write_text("scenario: Mine\nspec: [T2]\nsteps:\n"
                        '  - {http: "GET ${lab.github}/login", expect: {status: 418}}\n')
        return recorded(program, file.name, cwd=folder)


def decided(program):
    """The record of one scenario for each word of `decide`, under its title."""
    words = next(one["enum"] for one in program.schema["step-browser"]["properties"]["decide"]["allOf"][0]["anyOf"]
                 if "enum" in one)
    with tempfile.TemporaryDirectory() as folder:
        for word in words:
            given, page = ELSEWHERE.get(word, (ASKED, "${consent}"))
            (pathlib.Path(folder) / f"{word}.yaml").write_text(
                f"scenario: {word}\nspec: [T2]\ngiven: [{', '.join(given)}]\nsteps:\n"
                f'  - {{browser: "{page}", as: alice, decide: {word}, expect: {{status: present, decided: true}}}}\n')
        record = recorded(program, folder)
    bad = record.execute("SELECT title, verdict FROM scenario WHERE verdict <> 'held'").fetchall()
    if bad:
        sys.exit(f"docs: decide {bad} finds no page to do it on")
    return words, record


def meanings():
    """What stands above each decision where it is declared."""
    text = (ROOT / "Sources/Harness/Browser/ConsentWalk.swift").read_text()
    found = re.findall(r"((?: *///.*\n)*) *case (\w+)(?: = \"([a-z-]+)\")?\n", text.split("enum Decision")[1])
    return {value or name: " ".join(line.strip().removeprefix("/// ") for line in comment.splitlines())
            for comment, name, value in found}


def decisions(program):
    words, record = decided(program)
    known, out = meanings(), []
    for word in words:
        (run,) = record.execute("SELECT id FROM scenario WHERE title = ?", [word]).fetchone()
        receiver, path, status = record.execute(
            "SELECT receiver, path, status FROM exchange WHERE scenario = ? AND sender = 'alice''s browser'"
            " ORDER BY seq DESC", [run]).fetchone()
        ends = []
        for kind in ("session", "consent"):
            moves = record.execute(
                "SELECT to_state, cause FROM transition WHERE scenario = ? AND kind = ? ORDER BY seq", [run, kind])
            ends.append(next((f"`{state}` ({cause})" for state, cause in list(moves)[::-1]), "none"))
        path = re.sub(r"[0-9a-f-]{36}|Ov23\w+", "…", path)
        out.append((f"`{word}`", known.get(word, ""), f"{receiver}, `{path}`", status, *ends))
    return rows(("`decide`", "what the person does", "where the browser ends", "`status`", "the session is then",
                 "the consent at GitHub"), out)


def spelling(subjects):
    """How a kind of subject is written: what is the same in all of them, and … for the rest."""
    words = [subject.split(" ") for subject in subjects]
    return " ".join(parts[0] if len(set(parts)) == 1 and not re.search(r"\d|:", parts[0]) else "…"
                    for parts in zip(*words))


def states(program):
    record, out = library(program), []
    plain = "CASE WHEN {0} LIKE 'generation %' THEN 'generation N' ELSE {0} END"
    for (kind,) in record.execute("SELECT DISTINCT kind FROM transition ORDER BY kind").fetchall():
        subjects = [subject for (subject,) in record.execute(
            "SELECT DISTINCT subject FROM transition WHERE kind = ? AND subject NOT LIKE '%machine%'", [kind])]
        moves = record.execute(
            f"SELECT {plain.format('from_state')}, {plain.format('to_state')}, cause, min(scenario * 1000000 + seq),"
            " count(*) FROM transition WHERE kind = ? GROUP BY 1, 2, 3 ORDER BY 4", [kind]).fetchall()
        left = {old for old, *_ in moves}
        moves.sort(key=lambda move: (move[0] is not None, move[3]))
        for state in dict.fromkeys(new for _, new, *_ in moves):
            here = [move for move in moves if move[1] == state]
            before = ", ".join(dict.fromkeys(f"`{old}`" if old else "nothing" for old, *_ in here))
            causes = dict.fromkeys(cause for *_, cause, _, _ in sorted(here, key=lambda move: -move[4]))
            out.append((f"`{spelling(subjects)}`", f"`{state}`", before, "; ".join(list(causes)[:3]),
                        "" if state in left else "yes"))
    return rows(("subject", "state", "comes after", "because, for example", "nothing follows"), out)


def kinds(program):
    """Tokens and what else is kept from others: who issues each kind, where it lies, and who sees it."""
    found = {}
    for kind, issuer, held, seen in library(program).execute("SELECT kind, issuer, held_by, seen_by FROM token"):
        issuers, holders, viewers = found.setdefault(kind, (set(), set(), collections.Counter()))
        issuers.add(issuer)
        holders.update(filter(None, (held or "").split(", ")))
        viewers.update(filter(None, (seen or "").split(", ")))
    out = []
    for kind, (issuers, holders, viewers) in sorted(found.items()):
        common = sorted(viewers, key=lambda name: (-viewers[name], name))[:4]
        out.append([f"`{kind}`", *(", ".join(f"`{name}`" for name in names)
                                   for names in (sorted(issuers), sorted(holders), common))])
    return rows(("kind", "issued by", "may lie in", "seen by, most often"), out)


def example(record, table, column):
    """A value that people meet, shortened."""
    found = record.execute(
        f'SELECT "{column}" FROM {table} WHERE "{column}" IS NOT NULL AND "{column}" NOT IN (\'\', \'[]\', \'{{}}\')'
        f' GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1').fetchone()
    text = "" if found is None else " ".join(str(found[0]).split()).replace("`", "'")
    return f"`{short(text)}`" if text else ""


def tables(program):
    record, failed, out = library(program), failing(program), []
    for (table,) in record.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rowid").fetchall():
        for _, column, kind, *_ in record.execute(f"PRAGMA table_info({table})").fetchall():
            out.append((f"`{table}`", f"`{column}`", kind.lower(),
                        example(record, table, column) or example(failed, table, column)))
    return rows(("table", "column", "type", "such as"), out)
