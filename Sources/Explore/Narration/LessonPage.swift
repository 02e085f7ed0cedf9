import Kernel

// A lesson as one page: it works offline, asks, explains and breaks as in the terminal, and without script it shows
// everything at once.
extension LessonPlay {
    package func page() async -> String {
        let rows = await parts().enumerated().map { Self.row($1, $0) }.joined(separator: "\n")
        return Narration.shell(
            title: lesson.title, style: Self.style,
            """
            <main><ol id="lesson">
            \(rows)
            </ol>
            <p id="end" hidden tabindex="-1"></p></main>
            <script>
            \(Self.script)
            </script>
            """)
    }

    private static func row(_ part: Part, _ place: Int) -> String {
        switch part {
        case .line(let line): "<li class=\"\(line.kind)\">\(escaped(line.text))</li>"
        case .question(let question): row(question, place)
        case .breaking(let breaking, let consequence): row(breaking, consequence, place)
        }
    }

    private static func row(_ question: Question, _ place: Int) -> String {
        let choices = question.choices.enumerated().map { index, choice in
            let but = question.but(index + 1) ?? ""
            let verdict = index + 1 == question.right ? "data-right" : "data-but=\"\(escaped(but))\""
            return "<li><button \(verdict)>\(index + 1)  \(escaped(choice))</button></li>"
        }.joined()
        return """
            <li class="stop" data-stop="question"><p id="ask-\(place)" tabindex="-1">\(escaped(question.ask))</p>\
            <ol aria-labelledby="ask-\(place)">\(choices)</ol>\
            <button data-hint="hint: choose \(question.right)">Hint</button> <button data-on>Tell me</button>\
            <p role="status"></p></li>
            """
    }

    private static func row(_ breaking: Lesson.Breaking, _ consequence: Consequence, _ place: Int) -> String {
        let lines = consequence.lines.map { "<li class=\"\($0.kind)\">\(escaped($0.text))</li>" }
            .joined(separator: "\n")
        return """
            <li class="stop" data-stop="break"><p id="ask-\(place)" tabindex="-1">\
            What if \(escaped(breaking.rule)) did not hold?</p>\
            <button data-break>Break it</button> <button data-on>Go on</button> \
            <button data-hint="hint: break it">Hint</button><p role="status"></p>
            <ol class="broken" data-broken>\(lines)<li class="why">\(escaped(breaking.see))</li></ol></li>
            """
    }

    private static func escaped(_ text: String) -> String { Narration.escaped(text) }

    private static let style = """
        main { padding-bottom: 40vh }
        li.stop { border-left: 4px solid; padding: .2em 0 .4em 1em; margin: .8em 0 }
        li.stop ol { margin: .4em 0 } li.stop > p { margin: .2em 0; font-weight: bold }
        li.stop li button { text-align: left; width: 100% }
        ol.broken { border-left: 4px double; padding-left: 1em }
        button[data-wrong] { text-decoration: line-through } button[data-known] { font-weight: bold }
        """

    private static let script = """
        const rows = [...document.querySelectorAll("#lesson > li")], end = document.getElementById("end");
        let place = 0, asked = 0, known = 0;
        rows.forEach(row => { row.hidden = true; });
        document.querySelectorAll("[data-broken]").forEach(one => { one.hidden = true; });
        const go = () => {
          while (place < rows.length) {
            const row = rows[place++];
            row.hidden = false;
            if (row.dataset.stop) { enter(row); return; }
          }
          end.textContent = `Lesson finished. Right at once: ${known} of ${asked}.`;
          end.hidden = false; end.focus();
        };
        const enter = row => {
          const said = row.querySelector("[role=status]"), buttons = [...row.querySelectorAll("button")];
          let first = true;
          const leave = () => { buttons.forEach(one => { one.disabled = true; }); go(); };
          if (row.dataset.stop === "question") asked++;
          if (place > 1) row.querySelector("p").focus({preventScroll: true});
          row.scrollIntoView({block: "center"});
          for (const button of buttons) button.onclick = () => {
            if ("hint" in button.dataset) said.textContent = button.dataset.hint;
            else if ("right" in button.dataset) {
              if (first) known++;
              said.textContent = "Yes."; button.dataset.known = ""; leave();
            }
            else if ("but" in button.dataset) { said.textContent = button.dataset.but; button.dataset.wrong = ""; }
            else if ("break" in button.dataset) { row.querySelector("[data-broken]").hidden = false; leave(); }
            else leave();
            first = false;
          };
        };
        go();
        """
}
