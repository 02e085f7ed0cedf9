"""Builds the documentation: hand-written pages of .docs, reference pages that the program writes, diagrams of runs.

    python3 Tests/Tools/docs BINARY FOLDER            pages as HTML, a folder of Markdown beside them, the man page
    python3 Tests/Tools/docs BINARY FILE.1 --man      the man page alone

Needs Python alone. A page that names what is not there, and a diagram of a run that does not hold, end it with 1.
"""

import contextlib
import html
import json
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import urllib.request

import manual
import markdown
import observed
import reference
from reference import ROOT, Program

sys.path.append(str(ROOT / "Tests/Tools"))
import serving  # noqa: E402

SOURCES = ROOT / ".docs"


@contextlib.contextmanager
def served(binary):
    """The default lab on free ports; gives the console's origin."""
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "endpoints.json"
        try:
            process, origins = serving.start(binary, file, "--quiet", stderr=subprocess.DEVNULL)
        except serving.Ended as end:
            sys.exit(f"docs: {end}")
        try:
            yield origins["console"]
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(10)


def fetch(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return answer.read().decode()


class Book:
    def __init__(self, binary, folder):
        self.program, self.folder = Program(binary), folder
        with served(binary) as console:
            self.index, self.info = fetch(console + "/api"), json.loads(fetch(console + "/_local/info"))
        self.version = self.info["version"]
        # Groups of pages, in the order of their list.
        self.groups, group = {}, None
        for line in (SOURCES / "contents.txt").read_text().splitlines():
            if line.startswith(" "):
                self.groups[group].append(line.strip())
            elif line:
                group = line
                self.groups[group] = []
        self.pages = {name: self.filled((SOURCES / f"{name}.md").read_text()) for name in self.names}

    @property
    def names(self):
        return [name for names in self.groups.values() for name in names]

    def filled(self, text):
        directive = re.compile(r"^\{\{([a-z-]+)(?: (.+))?\}\}$", re.MULTILINE)
        return directive.sub(lambda found: self.part(*found.groups()), text)

    def part(self, name, argument):
        program = self.program
        parts = {
            "commands": lambda: reference.commands(program),
            "control-api": lambda: reference.control_api(self.index),
            "language": lambda: reference.language(program),
            "labs": reference.labs,
            "fragments": lambda: reference.fragments(program),
            "decisions": lambda: observed.decisions(program),
            "states": lambda: observed.states(program),
            "kinds": lambda: observed.kinds(program),
            "tables": lambda: observed.tables(program),
            "mocks": reference.mocks,
            "ledger": lambda: reference.ledger(program),
            "switches": lambda: reference.switches(program, self.info),
            "errors": lambda: reference.errors(program),
            "aws-operations": lambda: reference.aws_operations(program),
            "library": lambda: reference.library(program),
            "diagram": lambda: self.diagram(argument),
            "file": lambda: f"```{argument.split('.')[-1]} {argument}\n{(ROOT / argument).read_text().rstrip()}\n```",
            "include": lambda: self.filled((SOURCES / argument).read_text().rstrip()),
        }
        return parts[name]()

    def diagram(self, scenario):
        """The picture of a run, which has to hold; of a matrix its first cell's."""
        name = pathlib.Path(scenario).stem + ".svg"
        target = self.folder / "diagrams" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as folder:
            done = subprocess.run(
                [self.program.binary, "run", scenario, "--diagram", folder], cwd=ROOT, capture_output=True, text=True)
            if done.returncode != 0:
                sys.exit(f"docs: {scenario} does not hold\n{done.stdout}{done.stderr}")
            shutil.copy(min(pathlib.Path(folder).rglob("*.svg")), target)
        title = re.search(r"<title>(.*?)</title>", target.read_text())[1]
        made = f"Made by `agentcore-local run {scenario} --diagram {name}`."
        return f"![{html.unescape(title)}](diagrams/{name})\n\n{made}"

    @staticmethod
    def title(text):
        return re.search(r"^# (.*)$", text, re.MULTILINE)[1]

    def navigation(self, here):
        out = []
        for group, names in self.groups.items():
            links = "".join(
                f'<li><a href="{name}.html"{" aria-current=page" if name == here else ""}>'
                f"{markdown.inline(self.title(self.pages[name]))}</a></li>" for name in names)
            out.append(f"<h2>{group}</h2><ul>{links}</ul>")
        return "\n".join(out)

    def page(self, name):
        text = self.pages[name]
        parts = markdown.headings(text)
        inside = "".join(f'<li><a href="#{markdown.anchor(one)}">{markdown.inline(one)}</a></li>' for one in parts)
        contents = f'<nav aria-label="On this page"><ul class="inside">{inside}</ul></nav>' if len(parts) > 2 else ""
        body = markdown.render(text).replace("</h1>", f"</h1>\n{contents}", 1)
        title = html.escape(self.title(text))
        return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'self'; img-src 'self'">
<title>{title} · agentcore-local</title>
<link rel="stylesheet" href="style.css">
</head>
<body>
<a class="skip" href="#main">To the text</a>
<header><a href="index.html">agentcore-local</a> <span>{self.version}</span></header>
<nav class="pages" aria-label="Pages">{self.navigation(name)}</nav>
<main id="main">
{body}
</main>
</body>
</html>
"""

    def write(self):
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "markdown").mkdir(exist_ok=True)
        for name, text in self.pages.items():
            (self.folder / f"{name}.html").write_text(self.page(name))
            (self.folder / "markdown" / f"{name}.md").write_text(text)
        shutil.copy(SOURCES / "style.css", self.folder / "style.css")
        (self.folder / "agentcore-local.1").write_text(manual.page(self.program, self.version))

    def broken(self):
        """Links that lead nowhere."""
        ids = {name: set(re.findall(r'id="([^"]+)"', self.page(name))) for name in self.names}
        for name in self.names:
            for target in re.findall(r'(?:href|src)="([^"]+)"', self.page(name)):
                if re.match(r"https?:", target):
                    continue
                file, _, fragment = target.partition("#")
                file = file or f"{name}.html"
                if not (self.folder / file).exists():
                    yield f"{name}: {target}"
                elif fragment and fragment not in ids[pathlib.Path(file).stem]:
                    yield f"{name}: {target}"


def main():
    binary, target = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    if "--man" in sys.argv:
        version = Program(binary).out("--version").strip()
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(manual.page(Program(binary), version))
        return
    shutil.rmtree(target, ignore_errors=True)
    book = Book(binary, target)
    book.write()
    if broken := list(book.broken()):
        sys.exit("docs: links that lead nowhere\n" + "\n".join(broken))
    print(f"{target}/index.html: {len(book.names)} pages")


if __name__ == "__main__":
    main()
