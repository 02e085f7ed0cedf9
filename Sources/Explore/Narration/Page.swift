import Kernel

// A page that plays a narration: it works offline and, without script, shows everything at once.
extension Narration {
    package var page: String {
        let rows = lines.map { line in
            let pause = Int(Self.pause(before: line) * 1000)
            return "<li class=\"\(line.kind)\" data-pause=\"\(pause)\">\(Self.escaped(line.text))</li>"
        }.joined(separator: "\n")
        let title = Self.escaped(lines.first?.text ?? "")
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width">
            <title>\(title)</title>
            <style>
            :root { color-scheme: light dark }
            body { font: 15px/1.5 ui-monospace, monospace; margin: 1rem auto; max-width: 72rem; padding: 0 1rem }
            ol { list-style: none; padding: 0; margin: 0 }
            li { white-space: pre-wrap; overflow-wrap: anywhere }
            li.title { font-size: 1.3em; font-weight: bold }
            li.step { font-weight: bold; border-top: 1px solid; margin-top: .8em; padding-top: .4em }
            li.why { font-style: italic }
            li.move { font-weight: bold }
            li[hidden] { display: none }
            p { position: sticky; top: 0; background: Canvas; padding: .5em 0; margin: 0 }
            button { font: inherit; padding: .2em .8em }
            </style>
            </head>
            <body>
            <p><button id="play">Play</button> <button id="next">Next step</button> <button id="all">All</button></p>
            <ol aria-live="polite">
            \(rows)
            </ol>
            <script>
            const lines = [...document.querySelectorAll("li")], button = document.getElementById("play");
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
            lines.slice(1).forEach(line => line.hidden = true); place = 1;
            </script>
            </body>
            </html>

            """
    }

    private static func escaped(_ text: String) -> String {
        text.replacing("&", by: "&amp;").replacing("<", by: "&lt;").replacing(">", by: "&gt;")
    }
}
