import HTTPTypes
package import Kernel
package import OAuthCore
import Synchronization

/// A browser without script, and the robot that sits before it: it signs in as one user wherever it is asked to, and
/// decides on consent pages as it is told. It opens nothing outside its lab.
package final class Browser: Sendable {
    /// Name of its user in the directory.
    package let user: String
    /// `alice's browser`, the sender of its requests.
    package let party: Party
    private let surroundings: Surroundings
    private let jar = Mutex(CookieJar())

    /// What a robot needs of its lab.
    package struct Surroundings: Sendable {
        let network: InMemoryNetwork
        let hosts: HostTable
        let clock: VirtualClock
        let directory: UserDirectory
        /// Lets world time pass.
        let wait: @Sendable (Span) async -> Void

        package init(
            network: InMemoryNetwork, hosts: HostTable, clock: VirtualClock, directory: UserDirectory,
            wait: @escaping @Sendable (Span) async -> Void
        ) {
            self.network = network
            self.hosts = hosts
            self.clock = clock
            self.directory = directory
            self.wait = wait
        }
    }

    /// One address that was opened or redirected to.
    package struct Hop: Sendable, Hashable {
        package let method: String
        package let url: String
        /// nil for a place outside the lab, and where no answer came.
        package let status: Int?
    }

    /// Redirects a browser follows before it gives up.
    private static let mostHops = 30

    package init(user: String, surroundings: Surroundings) {
        self.user = user
        self.surroundings = surroundings
        party = Party("\(user)'s browser")
    }

    /// Opens an address and follows its redirects.
    package func open(_ url: String) async -> (Page, [Hop]) { await load(.get, url, body: nil) }

    /// Presses a button of a form and follows what comes.
    package func submit(_ form: HTMLForm, pressing button: HTMLForm.Button?, on page: Page) async -> (Page, [Hop]) {
        let (method, url, body) = Self.request(form, pressing: button, on: page)
        return await load(method, url, body: body)
    }

    /// Sends a form and turns away before the answer comes: the first click of a double click.
    func fire(_ form: HTMLForm, pressing button: HTMLForm.Button?, on page: Page) async -> [Hop] {
        let (method, url, body) = Self.request(form, pressing: button, on: page)
        let response = await send(method, url, body)
        return [Hop(method: method.rawValue, url: url, status: response?.status)]
    }

    /// Signs out of one party by forgetting its cookies.
    func forgetCookies(of party: Party) { jar.withLock { $0.forget(setBy: party) } }

    /// Fills a sign-in form and sends it.
    func signIn(_ form: HTMLForm, on page: Page, as name: String) async -> (Page, [Hop]) {
        var form = form
        let account = surroundings.directory.user(named: name)
        let isAtVendor = isAtAuthorizationServer(page)
        form.fill("username", (isAtVendor ? account?.login : account?.name) ?? name)
        form.fill("password", account?.password.exposed ?? name)
        return await submit(form, pressing: form.buttons.first, on: page)
    }

    /// Lets world time pass before the open page.
    func wait(_ span: Span) async { await surroundings.wait(span) }

    /// Everything it has kept, for snapshots.
    var cookies: CookieJar {
        get { jar.withLock { $0 } }
        set { jar.withLock { $0 = newValue } }
    }

    private static func request(
        _ form: HTMLForm, pressing button: HTMLForm.Button?, on page: Page
    ) -> (HTTPRequest.Method, String, Form?) {
        let target = resolve(form.action ?? "", against: page.url) ?? page.url
        let values = form.submission(pressing: button)
        if form.method == "POST" { return (.post, target, values) }
        // A form that is sent by GET replaces the whole query (HTML, form submission algorithm).
        let bare = Substring(target.utf8.prefix { $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#") })
        return (.get, values.added(to: String(bare)), nil)
    }

    private func load(_ method: HTTPRequest.Method, _ url: String, body: Form?) async -> (Page, [Hop]) {
        var (method, url, body) = (method, url, body)
        var hops: [Hop] = []
        while true {
            let response = await send(method, url, body)
            hops.append(Hop(method: method.rawValue, url: url, status: response?.status))
            guard let response else { return (Page(url: url, status: nil, html: ""), hops) }
            guard hops.count <= Self.mostHops, let location = response.header(.location),
                let next = resolve(location, against: url)
            else { return (Self.page(url, response), hops) }
            switch response.status {
            // RFC 9110 section 15.4: 301 and 302 turn a POST into a GET, 303 turns everything into one.
            case 303 where method != .head, 301 where method == .post, 302 where method == .post:
                (method, body) = (.get, nil)
            case 301, 302, 303, 307, 308: break
            default: return (Self.page(url, response), hops)
            }
            url = next
        }
    }

    private static func page(_ url: String, _ response: Response) -> Page {
        let isHTML = response.header(.contentType)?.lowercased().hasPrefix("text/html") ?? false
        return Page(url: url, status: response.status, html: isHTML ? response.bodyText : "")
    }

    private static let headers: HTTPFields = [.accept: "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"]
    private static let formType = HTTPField(name: .contentType, value: Form.mediaType)

    /// nil where no party of the lab stands for the host, or where none answers.
    private func send(_ method: HTTPRequest.Method, _ url: String, _ body: Form?) async -> Response? {
        let url = withoutFragment(url)
        guard let parts = URLParts(url), parts.scheme == "https" || parts.scheme == "http" else { return nil }
        var headers = Self.headers
        let path = parts.path.isEmpty ? "/" : parts.path
        if let cookies = jar.withLock({ $0.header(host: parts.host, path: path, at: surroundings.clock.now) }) {
            // Set by name it would be cut into a field for each cookie first.
            headers.append(HTTPField(name: .cookie, value: cookies))
        }
        if body != nil { headers.append(Self.formType) }
        let request = Request(method, parts, headers: headers, body: Array((body?.encoded ?? "").utf8))
        do throws(NetworkFailure) {
            let response = try await surroundings.network.send(request, from: party)
            let setter = surroundings.hosts.route(parts.authority)?.party
            jar.withLock {
                $0.take(from: response, host: parts.host, setBy: setter, at: surroundings.clock.now)
            }
            return response
        } catch {
            return nil
        }
    }

    /// Whether a page is the vendor's, where people go by another name.
    func isAtAuthorizationServer(_ page: Page) -> Bool { partyBehind(page.url) == .github }

    private func partyBehind(_ url: String) -> Party? {
        URLParts(url).flatMap { surroundings.hosts.route($0.authority)?.party }
    }
}
