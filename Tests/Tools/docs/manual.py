"""The man page: what `--help` says, in the form man(1) reads."""

from reference import about, shown, spelling


def escaped(text):
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq")
    return "\n".join("\\&" + line if line.startswith(".") else line for line in text.splitlines())


def page(program, version):
    whole = program.help()
    out = [
        f'.TH AGENTCORE\\-LOCAL 1 "" "agentcore\\-local {version}"',
        ".SH NAME",
        f"agentcore\\-local \\- {escaped(whole['abstract'])}",
        ".SH SYNOPSIS",
        ".B agentcore\\-local\n.I command\n[\\fIargument\\fR ...]",
        ".SH DESCRIPTION",
        escaped(whole.get("discussion", "")).replace("\n\n", "\n.PP\n"),
        ".SH COMMANDS",
    ]

    def one(command, prefix):
        name = f"{prefix}{command['commandName']}"
        out.append(f".SS {escaped(name)}\n{escaped(command.get('abstract', ''))}")
        if command.get("discussion"):
            out.append(".PP\n" + escaped(command["discussion"]).replace("\n\n", "\n.PP\n"))
        for argument in shown(command):
            text = escaped(about(argument)) or "\\&"
            out.append(f".TP\n\\fB{escaped(spelling(argument))}\\fR\n{text}")
        for inner in command.get("subcommands", []):
            if inner["commandName"] != "help":
                one(inner, f"{name} ")

    for command in whole["subcommands"]:
        if command["commandName"] != "help":
            one(command, "")
    out += [".SH FILES", ".TP\n\\fBmocks/\\fR, \\fBscenarios/\\fR\nbeside the program, or in the folder that "
            "\\fB\\-\\-root\\fR names", ".SH SEE ALSO", "\\fBcurl\\fR(1), \\fBaws\\fR(1)"]
    return "\n".join(out) + "\n"
