"""The reference pages: what the program, the schema, the lab and the mock files say of themselves."""

import functools
import json
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[3]
MARKS = ("confirmed", "reported", "inferred", "unknown")


def cell(text):
    return " ".join(str(text).split()).replace("|", "\\|")


def rows(head, lines):
    out = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    return "\n".join(out + ["| " + " | ".join(cell(one) for one in line) + " |" for line in lines])


def short(text):
    return text if len(text) <= 70 else text[:69] + "…"


class Program:
    """The binary, asked."""

    def __init__(self, binary):
        self.binary = str(binary)

    def out(self, *words):
        done = subprocess.run([self.binary, *words], capture_output=True, text=True, cwd=ROOT)
        if done.returncode != 0:
            sys.exit(f"docs: {' '.join(words)} ends with {done.returncode}\n{done.stderr}")
        return done.stdout

    def help(self):
        return json.loads(self.out("--experimental-dump-help"))["command"]

    @functools.cached_property
    def facts(self):
        """Rows of the ledger, each with the file it stands in."""
        known = json.loads(self.out("list", "--ledger", "--json"))
        return [{**row, "file": pathlib.Path(row["place"].split(":")[0]).stem} for row in known]

    @functools.cached_property
    def schema(self):
        return json.loads(self.out("schema"))["definitions"]


def spelling(argument):
    names = [("--" if one["kind"] == "long" else "-") + one["name"] for one in argument.get("names", [])]
    value = f" <{argument['valueName']}>" if argument["kind"] == "option" else ""
    if argument["kind"] == "positional":
        return f"<{argument['valueName']}>" + (" …" if argument["isRepeating"] else "")
    return ", ".join(reversed(names)) + value


def shown(command):
    """Arguments of a command but those that every command has."""
    for argument in command.get("arguments", []):
        names = {name["name"] for name in argument.get("names", [])}
        if argument.get("shouldDisplay", True) and not names & {"help", "version"}:
            yield argument


def about(argument):
    text = argument.get("abstract") or argument.get("discussion") or ""
    if argument.get("defaultValue") and argument["kind"] != "flag":
        text += f" (default: {argument['defaultValue']})"
    return text


def commands(program):
    whole = program.help()
    out = [f"# Commands\n\n{whole['abstract']}\n\n{whole.get('discussion', '')}"]

    def one(command, prefix):
        name = f"{prefix} {command['commandName']}"
        inner = [sub for sub in command.get("subcommands", []) if sub["commandName"] != "help"]
        out.append(f"## {name}\n\n{command.get('abstract', '')}\n\n{command.get('discussion') or ''}")
        lines = [(f"`{spelling(argument)}`", about(argument)) for argument in shown(command)]
        if lines:
            out.append(rows(("argument", "meaning"), lines))
        for sub in inner:
            one(sub, name)

    for command in whole["subcommands"]:
        if command["commandName"] != "help":
            one(command, "agentcore-local")
    return "\n\n".join(out)


def control_api(index):
    """From the page that the lab itself shows."""
    lines = re.findall(r'<tr><th scope="row">([A-Z]+) (?:<a [^>]*>)?([^<]+)(?:</a>)?</th><td>(.*?)</td></tr>', index)
    plain = [(f"`{method} {path}`", re.sub("&quot;", '"', text)) for method, path, text in lines]
    return rows(("call", "does"), plain)


def kind(schema, definitions):
    """What a value may be, in a word."""
    if schema is True or not schema:
        return "anything"
    if "$ref" in schema:
        name = schema["$ref"].split("/")[-1]
        return {"predicate": "test", "step": "step", "steps": "steps"}.get(name) or kind(definitions[name], definitions)
    if "allOf" in schema:
        return kind(schema["allOf"][0], definitions)
    if "enum" in schema:
        values = [str(value) for value in schema["enum"] if value is not None]
        return ", ".join(f"`{value}`" for value in values) if len(values) <= 16 else f"one of {len(values)} names"
    if "anyOf" in schema:
        # A variable may stand almost everywhere; the page says so once.
        some = [one for one in schema["anyOf"]
                if one is True or one.get("type") != "null" and not one.get("pattern", "").startswith("\\$")]
        words = [kind(one, definitions) for one in some]
        return " or ".join(dict.fromkeys(words)) or "text"
    if "[0-9]+(ms" in schema.get("pattern", ""):
        return "duration"
    kinds = schema.get("type", "anything")
    if isinstance(kinds, list):
        return "text" if "string" in kinds else " or ".join(kinds)
    if kinds == "object" and schema.get("properties"):
        return "`{" + " ".join(schema["properties"]) + "}`"
    if kinds == "array":
        return "list of " + kind(schema.get("items", True), definitions)
    return {"string": "text", "boolean": "true or false", "object": "members", "integer": "number"}.get(kinds, kinds)


def members(schema, definitions):
    needed = schema.get("required", [])
    for name, value in schema["properties"].items():
        description = value.get("description", "") if isinstance(value, dict) else ""
        if name in ("expect", "save") and isinstance(value, dict):
            found = re.search(r"\^\(([a-zA-Z|-]+)\)", json.dumps(value))
            if found:
                description += " Paths begin with " + ", ".join(f"`{word}`" for word in found[1].split("|")) + "."
            yield f"`{name}`", "tests" if name == "expect" else "variables", description
        else:
            yield f"`{name}`" + (" (needed)" if name in needed else ""), kind(value, definitions), description
            yield from nested(name, value, definitions)


def nested(name, schema, definitions):
    """Members of a member, where they are told of."""
    if not isinstance(schema, dict):
        return
    for part in schema.get("allOf", []) + schema.get("anyOf", []):
        yield from nested(name, part, definitions)
    inner = schema.get("items", schema)
    for member, value in (inner.get("properties", {}) if isinstance(inner, dict) else {}).items():
        if value is not True:
            yield f"`{name}.{member}`", kind(value, definitions), value.get("description", "")


def language(program):
    definitions = program.schema
    head = ("member", "value", "meaning")
    out = []
    for title, name in (("A scenario file", "scenario"), ("A fragment", "fragment")):
        out.append(f"## {title}\n\n" + rows(head, members(definitions[name], definitions)))
    out.append("## Steps")
    for name, schema in definitions.items():
        if name.startswith("step-"):
            lines = rows(head, members(schema, definitions))
            out.append(f"### {name[5:]}\n\n{schema.get('description', '')}\n\n{lines}")
    tests = next(one for one in definitions["predicate"]["anyOf"] if one.get("type") == "object")["properties"]
    out.append("## Tests\n\n" + definitions["predicate"]["description"] + " The tests are:\n\n"
               + rows(("test", "takes", "holds when"),
                      ((f"`{name}`", kind(value, definitions), value["description"]) for name, value in tests.items())))
    then = definitions["then"]["properties"]
    out.append("## What `then` checks\n\n" + rows(head, members({"properties": then}, definitions)))
    return "\n\n".join(out)


def fragments(program):
    """What `given` may name, as `list --fragments` reads it from the steps themselves."""
    out = []
    for row in json.loads(program.out("list", "--fragments", "--json")):
        values = [f"`{name}: {short(json.dumps(value))}`" for name, value in row["with"].items()]
        names = [", ".join(f"`{name}`" for name in row[part]) for part in ("needs", "leaves")]
        out.append((f"`{row['fragment']}`", row["states"], names[0], ", ".join(values), names[1]))
    return rows(("fragment", "what is there afterwards", "needs", "its values unless you give others", "leaves"), out)


def first_comment(text):
    lines = []
    for line in text.splitlines():
        if not line.startswith("#"):
            break
        lines.append(line.lstrip("# "))
    return " ".join(lines)


def labs():
    out = []
    for path in sorted((ROOT / "mocks/labs").glob("*.yaml")):
        text = path.read_text()
        about_it = re.search(r"^about: (.*)$", text, re.MULTILINE)
        base = re.search(r"^use: (.*)$", text, re.MULTILINE)
        below = f"`{base[1]}`" if base else ""
        out.append((f"`{path.stem}`", about_it[1] if about_it else "", below, first_comment(text)))
    return rows(("lab", "what it is", "differs from", "notes"), out)


def mocks():
    out = []
    for path in sorted((ROOT / "mocks").rglob("*")):
        if path.is_file() and path.parent.name not in ("labs", "ledger"):
            said = first_comment(path.read_text()) if path.suffix == ".yaml" else ""
            out.append((f"`{path.relative_to(ROOT)}`", said))
    return rows(("file", "what it says of itself"), out)


def ledger(program):
    out = []
    known = program.facts
    for file in dict.fromkeys(row["file"] for row in known):
        lines = [(f"`{row['id']}`", row["states"], row["mark"], row["source"], row["date"])
                 for row in known if row["file"] == file]
        out.append(f"## {file}\n\n" + rows(("id", "fact", "mark", "source", "date"), lines))
    counts = ", ".join(f"{sum(row['mark'] == mark for row in known)} {mark}" for mark in MARKS)
    return f"{len(known)} rows: {counts}.\n\n" + "\n\n".join(out)


def broken_by():
    """Rule: scenarios that notice when it is off."""
    found = {}
    for path in sorted((ROOT / "scenarios").rglob("*.yaml")):
        if line := re.search(r"^breaks: \[(.*?)\]", path.read_text(), re.MULTILINE | re.DOTALL):
            for rule in re.findall(r"[a-z0-9-]+", line[1]):
                found.setdefault(rule, []).append(str(path.relative_to(ROOT)))
    return found


def switches(program, info):
    known, noticed = program.facts, broken_by()
    rules = []
    for name in info["rules"]["known"]:
        states = [row for row in known if row.get("rule") == name]
        rules.append((f"`{name}`", states[0]["states"] if states else "",
                      ", ".join(f"`{row['id']}`" for row in states), f"`{noticed.get(name, ['-'])[0]}`"))
    unknowns = []
    for name, choice in info["unknowns"].items():
        states = [row for row in known if row.get("unknown") == name]
        unknowns.append((f"`{name}`", f"`{choice}`", " ".join(row["states"] for row in states),
                         ", ".join(f"`{row['id']}`" for row in states)))
    return ("## Rules\n\n" + rows(("rule", "what holds", "rows", "a scenario that notices"), rules)
            + "\n\n## Unknowns\n\n" + rows(("unknown", "default", "what nobody knows", "rows"), unknowns))


def errors(program):
    contract = json.loads((ROOT / "mocks/contract/contract.json").read_text())
    out = []
    known = json.loads(program.out("why", "--json"))
    for party in dict.fromkeys(row["party"] for row in known):
        lines = [(row["form"], row["message"].strip()[:220], f"`{row['rule']}`" if row["rule"] else "",
                  f"`{row['scenario']}`") for row in known if row["party"] == party]
        out.append(f"## What {party} says\n\n" + rows(("form", "words", "by the rule", "smallest scenario"), lines))
    lines = [(f"`{one['name']}`", ", ".join(one["errors"])) for one in contract["operations"]]
    out.append("## Errors of each AWS operation\n\n"
               "As the service model has them; the common errors come with every one.\n\n"
               + rows(("operation", "modelled errors"), lines))
    return "\n\n".join(out)


def aws_operations(program):
    """The program's own table, and what its tests do with each error that the service model declares."""
    sys.path.insert(0, str(ROOT / "Tests/RealClients"))
    import declared

    met = [(f"`{operation}`", f"`{error}`", how) for operation, error, how in declared.rows()]
    return (program.out("list", "--operations").strip()
            + "\n\n## Declared errors\n\n" + rows(("operation", "error", "met by"), met))


def library(program):
    known = json.loads(program.out("list", "--json"))
    out = []
    # A matrix is many runs of one file.
    known = list({row["path"]: row for row in known}.values())
    for theme in dict.fromkeys(row["path"].split("/")[1] for row in known):
        lines = [(f"`{row['path']}`", row["scenario"], ", ".join(row["spec"])) for row in known
                 if row["path"].split("/")[1] == theme]
        out.append(f"## {theme}\n\n" + rows(("file", "what is true when it holds", "rests on"), lines))
    return f"{len(known)} scenarios.\n\n" + "\n\n".join(out)
