// The console's pages: what a person sees of a served lab, and the forms by which they change it. It reads the lab's
// journal and speaks to the control API; it knows no party, and no party knows it.

import HTTPTypes
package import Harness
package import Kernel

/// Everything at the console's origin that is not the control API. Pages are written here, work without script, and ask
/// nothing of any other host.
package struct Console: Sendable {
    let lab: Lab
    let memory = ConsoleMemory()
    /// What a form must carry to count: a page of another origin cannot know it.
    let formSecret: String
    let control: @Sendable (Request) async -> Response

    /// - Parameters:
    ///   - lab: whose journal is shown.
    ///   - formSecret: unguessable, another one in every process.
    ///   - control: the control API.
    package init(lab: Lab, formSecret: String, control: @escaping @Sendable (Request) async -> Response) {
        self.lab = lab
        self.formSecret = formSecret
        self.control = control
    }

    /// nil for what is no page of the console's.
    package func answer(_ request: Request) async -> Response? {
        guard !request.path.hasPrefix("/_local") else { return nil }
        let parts = request.path.split(separator: "/").map(String.init)
        var response: Response
        // Who only asks whether a page is there watches nothing.
        if request.method == .get || request.method == .head && parts != ["live"] {
            guard let page = parts == ["api"] ? await index() : page(parts, request) else { return nil }
            response = page
        } else if request.method == .post {
            guard let answer = await act(parts, request) else { return nil }
            response = answer
        } else {
            response = .plain(405, "Pages take GET, forms POST.\n", headers: [.allow: "GET, POST"])
        }
        for field in headers where response.head.headerFields[field.name] == nil {
            response.head.headerFields[field.name] = field.value
        }
        return response
    }

    /// Something may have happened: whoever watches hears of it.
    package func noticed() { memory.noticed(lab.store.lastSequence) }

    /// Somebody outside is about to act: the moment before is kept while somebody watches.
    package func willAct() { memory.keepMoment(of: lab) }

    private func page(_ parts: [String], _ request: Request) -> Response? {
        switch (parts.first, parts.count) {
        case (nil, _):
            if request.method == .get { memory.isOpened() }
            return .html(
                200, OverviewPage(shell, before: request.parameters["before"].flatMap { Int($0) }).html)
        case ("live", 1): return live()
        case ("console.css", 1): return asset(Assets.style, "text/css; charset=utf-8")
        case ("console.js", 1): return asset(Assets.script, "text/javascript; charset=utf-8")
        case ("tokens", 1): return .html(200, TokensPage(shell).html)
        case ("lab", 1): return .html(200, LabPage(shell).html)
        case ("compare", 1): return .html(200, ComparePage(shell, request.parameters["with"]).html)
        case ("exchanges", 2): return exchange(parts[1], revealed: false)
        default: return nil
        }
    }

    /// The control API lists itself.
    private func index() async -> Response {
        let list = await control(Request(.get, "\(lab.addresses.origin(of: .console))/api"))
        return .html(200, shell.page(title: "Control API", at: "/api", list.bodyText))
    }

    func exchange(_ id: String, revealed: Bool) -> Response {
        let shell = shell
        guard let sequence = Int(id), let page = ExchangePage(shell, sequence, isRevealed: revealed) else {
            return .html(
                404, shell.page(title: "No such message", "<p>The journal has no message \(HTML.escape(id)).</p>"))
        }
        return .html(200, page.html)
    }

    private var shell: Shell {
        let journal = lab.store.journal()
        return Shell(
            lab: lab, journal: journal, mask: memory.mask(of: journal), memory: memory, formSecret: formSecret)
    }

    private func asset(_ text: String, _ type: String) -> Response {
        Response(200, headers: [.contentType: type], body: Array(text.utf8))
    }

    private func live() -> Response {
        memory.isOpened()
        let source = LiveSource(lab: lab)
        var response = Response.events(source)
        response.events = EventStream(source, changes: memory.changes)
        return response
    }

    /// Nothing from elsewhere, no script in a page, no frame around it. A form may lead on to the lab's own origins:
    /// that is where Authorize goes.
    private var headers: HTTPFields {
        let origins = Party.served.map { lab.addresses.origin(of: $0) }.joined(separator: " ")
        var headers = HTTPFields()
        headers[.contentSecurityPolicy] =
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
            + "form-action 'self' \(origins); base-uri 'none'; frame-ancestors 'none'"
        headers[fieldName("X-Frame-Options")] = "DENY"
        // The origin has to come with our own forms, and no path goes to anybody else.
        headers[fieldName("Referrer-Policy")] = "same-origin"
        headers[fieldName("Cross-Origin-Opener-Policy")] = "same-origin"
        headers[.xContentTypeOptions] = "nosniff"
        headers[.cacheControl] = "no-store"
        return headers
    }
}

/// Says the newest entry's number whenever it is another one.
private final class LiveSource: EventSource {
    private let lab: Lab
    private let told: LastTold

    init(lab: Lab) {
        self.lab = lab
        told = LastTold(lab.store.lastSequence)
    }

    func next() -> EventPull {
        let last = lab.store.lastSequence
        return told.tell(last) ? .event(ServerSentEvent(data: Array("\(last)".utf8))) : .pending
    }

    func close() {}
}
