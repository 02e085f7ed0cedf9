/// What pages load: one style sheet, one script. Both are ours, and small.
enum Assets {
    static let style = """
        :root { color-scheme: light dark; --ink: #1b1f24; --paper: #fff; --soft: #57606a; --line: #d0d7de;
          --fill: #f3f5f7; --link: #0550ae; --good: #116329; --bad: #a40e26; --wait: #7d4e00; --focus: #0969da }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --paper: #0d1117; --soft: #9da7b3;
          --line: #30363d; --fill: #161b22; --link: #79b8ff; --good: #6fdd8b; --bad: #ff8f8a; --wait: #e3b341;
          --focus: #58a6ff } }
        * { box-sizing: border-box }
        body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper) }
        header, main { max-width: 84rem; margin: 0 auto; padding: .75rem 1rem }
        header { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; align-items: baseline;
          border-bottom: 1px solid var(--line) }
        header p { margin: 0; color: var(--soft) }
        nav { display: flex; flex-wrap: wrap; gap: .25rem 1rem }
        a { color: var(--link) }
        a[aria-current] { color: var(--ink); font-weight: 600; text-decoration: none }
        a:focus-visible, button:focus-visible, input:focus-visible, select:focus-visible, summary:focus-visible,
        pre:focus-visible, [tabindex]:focus-visible { outline: 3px solid var(--focus); outline-offset: 2px }
        .skip { position: absolute; left: -99rem }
        .skip:focus { left: 1rem; top: .5rem; background: var(--paper); padding: .25rem .5rem; z-index: 2 }
        .hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
        h1 { font-size: 1.5rem; margin: .5rem 0 }
        h2 { font-size: 1.15rem; margin: 1.25rem 0 .5rem }
        code, pre, time { font: .875rem/1.5 ui-monospace, monospace }
        pre { background: var(--fill); border: 1px solid var(--line); border-radius: 6px; padding: .75rem;
          overflow-x: auto }
        pre code { white-space: pre-wrap }
        code { overflow-wrap: anywhere }
        button, input, select { font: inherit; color: inherit; background: var(--paper); border: 1px solid var(--soft);
          border-radius: 6px; padding: .25rem .75rem; min-height: 2rem }
        label { min-width: 0 }
        input, select { max-width: 100% }
        input[type=checkbox] { min-height: 0; width: 1.1rem; height: 1.1rem; vertical-align: text-bottom }
        button { background: var(--fill); cursor: pointer }
        form { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; margin: .5rem 0 }
        form.inline { display: inline-flex; margin: .25rem .5rem .25rem 0 }
        .row { display: flex; flex-wrap: wrap }
        .notice { border-left: 4px solid var(--focus); background: var(--fill); padding: .5rem .75rem; margin: .5rem 0 }
        .good { color: var(--good) } .bad { color: var(--bad) } .waiting { color: var(--wait) }
        .quiet { color: var(--soft) }
        em { font-style: normal; font-weight: 600 }
        .paging { display: flex; gap: 1rem; min-height: 2.25rem; align-items: center; margin: .25rem 0 }
        table.fields { border-collapse: collapse; width: 100% }
        table.fields caption { text-align: left; color: var(--soft) }
        table.fields th, table.fields td { text-align: left; vertical-align: top; padding: .15rem 1rem .15rem 0;
          border-top: 1px solid var(--line); font: .875rem/1.5 ui-monospace, monospace; overflow-wrap: anywhere }
        table.fields th { white-space: nowrap; font-weight: 600; width: 1% }
        .states { list-style: none; margin: 0; padding: 0 }
        .states > li { display: flex; flex-wrap: wrap; gap: .25rem .75rem; align-items: center; padding: .25rem 0;
          border-top: 1px solid var(--line) }
        .states b { min-width: 14rem; font-weight: 600; overflow-wrap: anywhere }
        .states ol { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem .5rem; padding: 0; margin: 0 }
        .states ol li { font-size: .8125rem; color: var(--soft); border: 1px solid var(--line); border-radius: 1rem;
          padding: 0 .6rem }
        .states ol li.now { border-color: currentColor; font-weight: 600 }
        .states ol li.now.good { color: var(--good) } .states ol li.now.bad { color: var(--bad) }
        .states ol li.now.waiting { color: var(--wait) }
        .lanes, .sequence li { display: grid; grid-template-columns: 6.5rem repeat(7, minmax(0, 1fr)) }
        .lanes { position: sticky; top: 0; background: var(--paper); z-index: 1; border-bottom: 1px solid var(--line);
          padding: .25rem 0; font-weight: 600; text-align: center }
        .sequence { list-style: none; margin: 0; padding: 0 }
        .sequence li { padding: 1px 0; min-height: 1.75rem; align-items: center; background-repeat: no-repeat }
        .sequence time { grid-column: 1; grid-row: 1; color: var(--soft); font-size: .75rem }
        .lanes span, .arrow { grid-row: 1; min-width: 0 }
        .c1 { grid-column-start: 2 } .c2 { grid-column-start: 3 } .c3 { grid-column-start: 4 }
        .c4 { grid-column-start: 5 } .c5 { grid-column-start: 6 }
        .c6 { grid-column-start: 7 } .c7 { grid-column-start: 8 } .c8 { grid-column-start: 9 }
        .wide .lanes, .wide .sequence li { grid-template-columns: 6.5rem repeat(8, minmax(0, 1fr)) }
        .s1 { grid-column-end: span 2 } .s2 { grid-column-end: span 3 } .s3 { grid-column-end: span 4 }
        .s4 { grid-column-end: span 5 } .s5 { grid-column-end: span 6 } .s6 { grid-column-end: span 7 }
        .s7 { grid-column-end: span 8 }
        .lanes span { grid-column-end: span 1 }
        .arrow { display: flex; justify-content: center; gap: .25rem; position: relative; font-size: .8125rem;
          white-space: nowrap; overflow: hidden; padding: 0 1rem .2rem; margin: 0 7%; text-decoration: none;
          color: var(--ink); border-bottom: 2px solid var(--soft) }
        .arrow .path, .arrow i { overflow: hidden; text-overflow: ellipsis; min-width: 0 }
        .arrow.self { grid-column-end: span 1; border-bottom-style: dotted; padding: 0 0 .2rem }
        .arrow.s1:not(.self) { margin: 0 24% } .arrow.s2 { margin: 0 16.6% } .arrow.s3 { margin: 0 12.5% }
        .arrow.s4 { margin: 0 10% } .arrow.s5 { margin: 0 8.3% } .arrow.s6 { margin: 0 7.1% }
        .arrow.s7 { margin: 0 6.2% }
        .back .arrow { border-bottom-style: dashed }
        .arrow.right::after, .arrow.left::after { position: absolute; bottom: -.1rem; color: var(--soft);
          font-size: .625rem; line-height: 1 }
        .arrow.right::after { content: "▶"; right: 0 } .arrow.left::after { content: "◀"; left: 0 }
        a.arrow:hover, a.arrow:focus-visible { background: var(--fill); overflow: visible; z-index: 1 }
        a.arrow:hover .path, a.arrow:focus-visible .path { flex: none }
        .arrow i { color: var(--soft) }
        .who { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%) }
        .text { grid-column: 2 / -1; font-size: .8125rem; padding-left: 1rem; overflow-wrap: anywhere }
        .sequence .move .text { color: var(--wait); font-weight: 600 }
        .sequence .note .text { color: var(--bad) }
        .sequence .quiet .text { color: var(--soft) }
        .tokens, .tokens ul { list-style: none; padding-left: 1.25rem; border-left: 2px solid var(--line) }
        .tokens p { margin: 0 0 .5rem; font-size: .875rem; overflow-wrap: anywhere }
        .futures { display: grid; grid-template-columns: 1fr 1fr; gap: 1.5rem }
        .futures ol { padding-left: 1.75rem; font-size: .875rem; overflow-wrap: anywhere }
        .futures .other { background: var(--fill); font-weight: 600 }
        @media (max-width: 46rem) {
          .lanes { display: none }
          .sequence li { display: block; border-top: 1px solid var(--line); padding: .35rem 0 }
          .sequence .back { display: none }
          .arrow, .arrow.self, .arrow.arrow[class] { display: block; margin: 0; padding: 0; border: 0; text-align: left;
            white-space: normal; overflow-wrap: anywhere; font-size: .9375rem }
          .arrow.right::after, .arrow.left::after { content: none }
          .who { position: static; width: auto; height: auto; clip-path: none; color: var(--soft) }
          .text { padding-left: 0 }
          .states b { min-width: 100% }
          .futures { grid-template-columns: 1fr }
          table.fields th, table.fields td { display: block; border: 0; padding: 0 }
          table.fields th { border-top: 1px solid var(--line); white-space: normal; width: auto }
          nav a, .paging a { padding: .35rem 0 }
        }
        @media (prefers-reduced-motion: no-preference) { html { scroll-behavior: smooth } }

        """

    /// Puts the live parts of the page in again when the lab tells that something happened. Where the reader is, what
    /// they opened and where the focus stands stays as it was.
    static let script = """
        "use strict";
        (() => {
          const parts = () => [...document.querySelectorAll("[data-live]")];
          if (!parts().length || !window.EventSource) return;
          const pause = document.getElementById("pause"), told = document.getElementById("told");
          let paused = false, busy = false, missed = false, spoken = -5000;
          const focusKey = () => {
            const at = document.activeElement, part = at && at.closest("[data-live]");
            if (!part) return null;
            const all = [...part.querySelectorAll("a, button, summary")];
            return {id: part.id, href: at.getAttribute("href"), place: all.indexOf(at)};
          };
          const refocus = key => {
            if (!key) return;
            const part = document.getElementById(key.id);
            const all = part ? [...part.querySelectorAll("a, button, summary")] : [];
            const again = key.href ? all.find(one => one.getAttribute("href") === key.href) : all[key.place];
            if (again) again.focus({preventScroll: true});
          };
          const refresh = async () => {
            if (busy) { missed = true; return; }
            busy = true;
            do {
              missed = false;
              try {
                const answer = await fetch(location.href, {cache: "no-store"});
                if (!answer.ok) break;
                const page = new DOMParser().parseFromString(await answer.text(), "text/html");
                const key = focusKey();
                for (const part of parts()) {
                  const next = page.getElementById(part.id);
                  if (next && next.innerHTML !== part.innerHTML) part.replaceChildren(...next.childNodes);
                }
                refocus(key);
                showPause();
                speak();
              } catch { break; }
            } while (missed);
            busy = false;
          };
          const speak = () => {
            const head = document.querySelector("#messages h2");
            if (!told || !head || performance.now() - spoken < 5000) return;
            spoken = performance.now();
            told.textContent = head.textContent;
          };
          const showPause = () => {
            const button = document.getElementById("pause");
            if (!button) return;
            button.hidden = false;
            button.textContent = paused ? "Go on" : "Pause";
            button.onclick = () => { paused = !paused; showPause(); if (!paused) refresh(); };
          };
          if (pause) showPause();
          const events = new EventSource("/live");
          events.onmessage = () => { if (!paused) refresh(); };
          events.onopen = () => { if (!paused) refresh(); };
          addEventListener("pagehide", () => events.close());
        })();

        """
}
