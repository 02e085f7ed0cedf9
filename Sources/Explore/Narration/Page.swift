import Kernel

// Pages that play a narration: they work offline and, without script, show everything at once.
extension Narration {
    package var page: String {
        let rows = lines.dropFirst().map { line in
            let pause = Int(Self.pause(before: line) * 1000)
            return "<li class=\"\(line.kind)\" data-pause=\"\(pause)\">\(Self.escaped(line.text))</li>"
        }.joined(separator: "\n")
        return Self.shell(
            title: lines.first?.text ?? "", style: "",
            """
            <main>
            <p class="bar"><button id="play">Play</button> <button id="next">Next step</button> \
            <button id="all">All</button></p>
            <ol id="lines" aria-live="polite">
            \(rows)
            </ol></main>
            <script>
            const lines = [...document.querySelectorAll("#lines li")], button = document.getElementById("play");
            let place = 0, timer = 0;
            const reveal = () => { const line = lines[place++]; if (line) { line.hidden = false;
              line.scrollIntoView({block: "nearest"}); } };
            const stop = () => { clearTimeout(timer); timer = 0; button.textContent = "Play"; };
            const go = () => { if (place >= lines.length) return stop();
              timer = setTimeout(() => { reveal(); go(); }, +lines[place].dataset.pause); };
            button.onclick = () => { if (timer) return stop();
              if (place >= lines.length) { lines.forEach(line => line.hidden = true); place = 0; }
              button.textContent = "Pause"; go(); };
            document.getElementById("next").onclick = () => { stop(); do reveal();
              while (place < lines.length && lines[place].className !== "step"); };
            document.getElementById("all").onclick = () => { stop(); while (place < lines.length) reveal(); };
            lines.forEach(line => line.hidden = true);
            </script>
            """)
    }

    /// A page that needs nothing from elsewhere. `title` is plain text, `style` and `body` markup.
    static func shell(title: String, style: String, _ body: String) -> String {
        let title = escaped(title)
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(title)</title>
            <style>
            :root { color-scheme: light dark }
            body { font: 15px/1.5 ui-monospace, monospace; margin: 1rem auto; max-width: 72rem; padding: 0 1rem }
            h1 { font-size: 1.3em }
            ol { list-style: none; padding: 0; margin: 0 }
            li { white-space: pre-wrap; overflow-wrap: anywhere }
            li.title { font-size: 1.3em; font-weight: bold; margin-top: 1em }
            li.step { font-weight: bold; border-top: 1px solid; margin-top: .8em; padding-top: .4em }
            li.why { font-style: italic }
            li.move { font-weight: bold }
            li[hidden] { display: none }
            p.bar { position: sticky; top: 0; background: Canvas; padding: .5em 0; margin: 0 }
            button { font: inherit; padding: .3em .8em }
            :focus-visible { outline: 3px solid Highlight; outline-offset: 2px }
            \(style)
            </style>
            </head>
            <body>
            <h1>\(title)</h1>
            \(body)
            </body>
            </html>

            """
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", by: "&amp;").replacing("<", by: "&lt;").replacing(">", by: "&gt;")
            .replacing("\"", by: "&quot;")
    }
}
