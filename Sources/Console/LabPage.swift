import Harness
import Kernel

/// What a person does to the world itself: its time, its faults, its past.
struct LabPage {
    private let shell: Shell

    init(_ shell: Shell) { self.shell = shell }

    var html: String {
        shell.page(
            title: "Clock, faults, snapshots", at: "/lab",
            """
            <section aria-labelledby="clocks"><h2 id="clocks">Clock</h2>
            <p>World time is <time>\(shell.lab.clock.now.iso8601)</time>. It only moves forward.</p>
            \(shell.form("/lab/clock", Self.advance))
            \(shell.form("/lab/skew", Self.skew))
            \(skews)
            </section>
            <section aria-labelledby="faults"><h2 id="faults">Faults</h2>
            \(faults)
            \(shell.form("/lab/faults", fault))
            \(Self.late)
            </section>
            <section aria-labelledby="snapshots"><h2 id="snapshots">Snapshots</h2>
            <p>A snapshot keeps records, journal, time, chance and faults. Going back to one undoes what came after.</p>
            \(snapshots)
            \(shell.button("Take a snapshot", "/lab/snapshots"))
            </section>
            <section aria-labelledby="reset"><h2 id="reset">Reset</h2>
            \(shell.form("/lab/reset", Self.reset))
            </section>
            """)
    }

    private static let advance = """
        <label>Advance by <input name="advance" value="11m" size="8" required></label><button>Advance</button>
        """
    private static let skew = """
        \(Shell.partyChoice("party", "The clock of"))
        <label>is off by <input name="span" value="-90s" size="8" required></label><button>Set skew</button>
        """
    private static let reset = """
        <label><input type="checkbox" name="sure" value="yes" required> Forget everything since the start</label>
        <button>Reset the lab</button>
        """

    private var skews: String {
        let skews = shell.lab.clock.skews.filter { $0.value != .zero }.sorted { $0.key < $1.key }
        guard !skews.isEmpty else { return "" }
        return "<ul>\(skews.map { "<li>\($0.key) is off by \($0.value.text)</li>" }.joined())</ul>"
    }

    private var faults: String {
        let faults = shell.lab.network.faults.all
        guard !faults.isEmpty else { return "<p>No fault is set.</p>" }
        let items = faults.map { fault -> String in
            let remove = shell.form(
                "/lab/faults/remove", "\(HTML.hidden("name", fault.name))<button>Remove</button>", class: "inline")
            return "<li><code>\(HTML.escape(fault.json.text))</code> \(remove)</li>"
        }
        return "<ul>\(items.joined())</ul>"
    }

    private static let late =
        "<p>A late answer moves world time by its delay and comes at once: nobody has to wait.</p>"

    private var fault: String {
        """
        <label>Name <input name="name" required></label>\
        \(Shell.partyChoice("party", "at", of: Party.served + Party.inner))
        <label>for <input name="operation" placeholder="POST /login/oauth/access_token"></label>
        <label>what <select name="effect"><option value="503">answers 503</option>\
        <option value="429">answers 429</option>\
        <option value="drop">drops the request</option><option value="duplicate">gets it twice</option>\
        <option value="truncate">loses the answer</option>\
        <option value="delay">answers 30 s later</option></select></label>
        <label>first <input name="first" type="number" min="1" placeholder="always" size="6"></label>
        <button>Set fault</button>
        """
    }

    private var snapshots: String {
        let ids = shell.lab.snapshotIDs
        guard !ids.isEmpty else { return "" }
        return "<ul>\(ids.map { "<li>\($0) \(shell.button("Restore", "/lab/snapshots/\($0)"))</li>" }.joined())</ul>"
    }
}
