"""As much Markdown as the documentation uses: headings, paragraphs, lists, tables, fences, code, bold, links."""

import html
import re

FENCE = re.compile(r"^```([a-z]*) ?(.*)$")
INLINE = re.compile(r"`([^`]+)`|\*\*(.+?)\*\*|!\[([^\]]*)\]\(([^)]+)\)|\[([^\]]+)\]\(([^)]+)\)")


def anchor(text):
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def inline(text):
    out, place = "", 0
    for found in INLINE.finditer(text):
        out += html.escape(text[place : found.start()], quote=False)
        code, bold, name, image, label, target = found.groups()
        if code is not None:
            out += f"<code>{html.escape(code, quote=False)}</code>"
        elif bold is not None:
            out += f"<strong>{inline(bold)}</strong>"
        elif image is not None:
            source = html.escape(image)
            picture = f'<img src="{source}" alt="{html.escape(name)}">'
            out += f'<a class="picture" href="{source}">{picture}</a>'
        else:
            out += f'<a href="{html.escape(re.sub(r"[.]md(?=$|#)", ".html", target))}">{inline(label)}</a>'
        place = found.end()
    return out + html.escape(text[place:], quote=False)


def cells(line):
    parts = re.split(r"(?<!\\)\|", line.strip().strip("|"))
    return [part.strip().replace("\\|", "|") for part in parts]


def table(lines):
    head, rows = cells(lines[0]), [cells(line) for line in lines[2:]]
    top = "".join(f'<th scope="col">{inline(cell)}</th>' for cell in head)
    body = "\n".join("<tr>" + "".join(f"<td>{inline(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f'<div class="wide" tabindex="0" role="region" aria-label="{html.escape(" and ".join(head))}">' \
        f"<table><thead><tr>{top}</tr></thead><tbody>\n{body}\n</tbody></table></div>"


def fence(language, name, lines):
    caption = f"<figcaption><code>{html.escape(name)}</code></figcaption>" if name else ""
    if language == "text":
        caption = "<figcaption>The output has</figcaption>"
    what = name or {"sh": "commands", "text": "output"}.get(language, language or "text")
    code = html.escape("\n".join(lines), quote=False)
    pre = f'<pre tabindex="0" role="region" aria-label="{html.escape(what)}"><code>{code}</code></pre>'
    return f'<figure class="{language or "text"}">{caption}{pre}</figure>'


def listing(lines):
    """One level; an indented line goes on with the item before."""
    ordered = lines[0][0].isdigit()
    items = []
    for line in lines:
        if found := re.match(r"(?:[-*]|\d+\.) (.*)", line):
            items.append(found[1])
        else:
            items[-1] += " " + line.strip()
    tag = "ol" if ordered else "ul"
    return f"<{tag}>\n" + "\n".join(f"<li>{inline(item)}</li>" for item in items) + f"\n</{tag}>"


def headings(text):
    """Second-level headings outside of fences."""
    plain = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.findall(r"^## (.*)$", plain, re.MULTILINE)


def render(text):
    lines, out, at = text.split("\n"), [], 0

    def block(belongs):
        nonlocal at
        start = at
        while at < len(lines) and belongs(lines[at]):
            at += 1
        return lines[start:at]

    while at < len(lines):
        line = lines[at]
        if not line.strip():
            at += 1
        elif found := FENCE.match(line):
            at += 1
            inside = block(lambda one: one != "```")
            at += 1
            out.append(fence(found[1], found[2], inside))
        elif found := re.match(r"(#{1,4}) (.*)", line):
            at += 1
            level = len(found[1])
            out.append(f'<h{level} id="{anchor(found[2])}">{inline(found[2])}</h{level}>')
        elif line.startswith("|"):
            out.append(table(block(lambda one: one.startswith("|"))))
        elif re.match(r"(?:[-*]|\d+\.) ", line):
            out.append(listing(block(lambda one: re.match(r"(?:[-*]|\d+\.) |  ", one))))
        else:
            words = block(lambda one: one.strip() and not re.match(r"```|#|\||[-*] |\d+\. ", one))
            out.append(f"<p>{inline(' '.join(words))}</p>")
    return "\n".join(out)
