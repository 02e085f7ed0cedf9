import HTTPTypes
import Harness
import Kernel
import Testing

struct BrowserTests {
    @Test(
        arguments: [
            ("https://b.example/x", "https://b.example/x"), ("/x?y=1", "https://a.example/x?y=1"),
            ("x", "https://a.example/one/x"), ("../x", "https://a.example/x"), ("?q", "https://a.example/one/two?q"),
            ("#f", "https://a.example/one/two?k=v#f"), ("", "https://a.example/one/two?k=v"),
            ("//c.example/x", "https://c.example/x"), ("/a/./b/../c", "https://a.example/a/c"),
            ("../../../../x", "https://a.example/x"), ("javascript:alert(1)", nil), ("mailto:a@b", nil),
        ] as [(String, String?)])
    func referencesAreResolved(_ reference: String, _ expected: String?) {
        #expect(resolve(reference, against: "https://a.example/one/two?k=v") == expected)
    }

    @Test func formsAndLinksAreRead() throws {
        let page = Page(
            url: "https://a.example/", status: 200,
            html: """
                <!doctype html><title><form></title><!-- <form action="/no"> -->
                <FORM method=post action='/go?a=1&amp;b=2'>
                <input type=hidden name=t value="&quot;x&#39;&#x41;&bogus;">
                <input name=username><input type="password" name="password">
                <input type=checkbox name=scope value=repo checked><input type=checkbox name=scope value=user>
                <input type=submit name=s value=1><button name="decision" value="approve">Yes</button>
                <button type=button name=decision value=never>No</button></form>
                """)
        #expect(page.forms.count == 1)
        let form = try #require(page.signInForm)
        #expect(form.action == "/go?a=1&b=2" && form.method == "POST")
        #expect(form.buttons.map(\.value) == ["1", "approve"])
        let sent = form.submission(pressing: form.buttons.last)
        #expect(sent["t"] == "\"x'A&bogus;" && sent.all("scope") == ["repo"] && sent["decision"] == "approve")
    }

    /// Nothing a page says can stop the reader.
    @Test(arguments: [
        "<", "<form", "<form action=", "<form action=\"", "<a href='", "<!--", "<input = = >", "</", "<>", "&",
        "<form><button name=",
    ])
    func brokenPagesAreReadToTheirEnd(_ html: String) {
        let page = Page(url: "https://a.example/", status: 200, html: html)
        #expect(page.signInForm == nil)
    }

    @Test func redirectsKeepOrChangeTheMethod() async throws {
        let browser = try Self.browser { request in
            switch request.path {
            case "/302": .redirect("/end", status: 302)
            case "/303": .redirect("/end", status: 303)
            case "/307": .redirect("/end", status: 307)
            case "/form": .html(200, "<form method=post action=\(request.query)><input name=a value=1></form>")
            default: .html(200, "\(request.method.rawValue) \(String(decoding: request.body, as: UTF8.self))")
            }
        }
        for (status, expected) in [("302", "GET "), ("303", "GET "), ("307", "POST a=1")] {
            let (page, _) = await browser.open("https://github.com/form?/\(status)")
            let (end, hops) = await browser.submit(try #require(page.forms.first), pressing: nil, on: page)
            #expect(end.html == expected)
            #expect(hops.map(\.status) == [Int(status), 200])
        }
    }

    @Test func anEndlessRedirectEnds() async throws {
        let browser = try Self.browser { _ in .redirect("/again") }
        let (page, hops) = await browser.open("https://github.com/")
        #expect(hops.count == 31 && page.status == 302)
    }

    @Test func aPlaceOutsideTheLabIsNotOpened() async throws {
        let browser = try Self.browser { _ in .redirect("http://127.0.0.1:9/callback?code=1") }
        let walk = await browser.walk(from: "https://github.com/")
        #expect(walk.landed == "http://127.0.0.1:9/callback?code=1" && walk.status == nil)
        #expect(walk.hops.map(\.status) == [302, nil])
        let strange = await browser.walk(from: "myapp://done")
        #expect(strange.status == nil && strange.landed == "myapp://done")
    }

    @Test func cookiesGoByHostNameAndPath() async throws {
        let browser = try Self.browser { request in
            var response = Response.html(200, request.header(.cookie) ?? "none")
            if request.path == "/set" {
                response.head.headerFields.append(HTTPField(name: .setCookie, value: "one=1; Path=/; HttpOnly"))
                response.head.headerFields.append(HTTPField(name: .setCookie, value: "two=2; Path=/deep"))
            }
            if request.path == "/clear" { response.head.headerFields[.setCookie] = "one=; Max-Age=0" }
            return response
        }
        _ = await browser.open("https://github.com/set")
        #expect(await browser.open("https://github.com:8443/").0.html == "one=1")
        #expect(await browser.open("https://github.com/deep/er").0.html == "one=1; two=2")
        #expect(await browser.open("https://github.com/deeper").0.html == "one=1")
        #expect(await browser.open("https://api.github.com/").0.html == "none")
        _ = await browser.open("https://github.com/clear")
        #expect(await browser.open("https://github.com/").0.html == "none")
    }

    /// RFC 6265 section 5.3: `Max-Age` counts before `Expires`, and what is neither ends with the browser.
    @Test(
        arguments: [
            ("a=1", 1_000_000, true), ("a=1; Max-Age=60", 59, true), ("a=1; Max-Age=60", 60, false),
            ("a=1; Max-Age=0", 0, false), ("a=1; max-age=-1", 0, false), ("a=1; Max-Age=60; Max-Age=30", 30, false),
            ("a=1; Max-Age=30; Max-Age=+60", 30, false), ("a=1; Max-Age=soon", 1_000_000, true),
            ("a=1; Max-Age=99999999999999999999", 1_000_000, true), ("a=1; Max-Age=-99999999999999999999", 0, false),
            ("a=1; Expires=Fri, 20 Nov 2026 10:01:00 GMT", 59, true),
            ("a=1; Expires=Fri, 20 Nov 2026 10:01:00 GMT", 60, false),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", 59, true),
            ("a=1; Max-Age=30; Expires=Fri, 20 Nov 2036 10:01:00 GMT", 30, false),
            ("a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT", 0, false),
            ("a=1; Expires=never", 1_000_000, true),
        ] as [(String, Int64, Bool)])
    func cookiesEndByWorldTime(_ field: String, _ seconds: Int64, _ isSent: Bool) async throws {
        let clock = VirtualClock(now: LabOptions.firstMoment)
        let browser = try Self.browser(clock) { request in
            var response = Response.html(200, request.header(.cookie) ?? "none")
            if request.path == "/set" { response.head.headerFields[.setCookie] = field }
            return response
        }
        _ = await browser.open("https://github.com/set")
        #expect(clock.advance(towards: LabOptions.firstMoment + .seconds(seconds)) == nil)
        #expect(await browser.open("https://github.com/").0.html == (isSent ? "a=1" : "none"))
    }

    /// RFC 6265 section 5.1.1, in the forms that servers write.
    @Test(
        arguments: [
            ("Fri, 20 Nov 2026 10:00:00 GMT", "2026-11-20T10:00:00Z"),
            ("Friday, 20-Nov-26 10:00:00 GMT", "2026-11-20T10:00:00Z"),
            ("Fri Nov 20 10:00:00 2026", "2026-11-20T10:00:00Z"),
            ("Sun, 29 Feb 2032 23:59:59 GMT", "2032-02-29T23:59:59Z"),
            ("Thu, 01-Jan-1970 00:00:00 GMT", "1970-01-01T00:00:00Z"), ("1 jan 70 0:0:0", "1970-01-01T00:00:00Z"),
            ("31 Dec 1969 23:59:59", "1969-12-31T23:59:59Z"), ("1 Mar 1601 00:00:00", "1601-03-01T00:00:00Z"),
            ("29 Feb 2031 00:00:00", nil), ("1 Jan 1600 00:00:00", nil), ("20 Nov 2026", nil), ("", nil),
            ("20 Nov 2026 24:00:00", nil), ("20 Nov 2026 1a:00:00", nil), ("0 Nov 2026 10:00:00", nil),
        ] as [(String, String?)])
    func datesOfCookiesAreRead(_ text: String, _ expected: String?) {
        #expect(CookieDate.instant(text)?.iso8601 == expected)
    }

    /// A robot before a single party that answers as the test says.
    private static func browser(
        _ clock: VirtualClock = VirtualClock(now: LabOptions.firstMoment),
        _ answer: @escaping @Sendable (Request) -> Response
    ) throws -> Browser {
        var hosts = HostTable()
        for host in ["github.com", "github.com:8443", "api.github.com"] { hosts.add(host, .github) }
        let network = InMemoryNetwork(hosts: hosts, clock: clock, store: Store())
        network.connect(.github, Scripted(answer: answer))
        let directory = try LabFixture.definition.get().directory
        return Browser(
            user: "alice",
            surroundings: Browser.Surroundings(
                network: network, hosts: hosts, clock: clock, directory: directory
            ) { _ in })
    }

    private struct Scripted: Origin {
        let answer: @Sendable (Request) -> Response
        func respond(to request: Request) async -> Response { answer(request) }
    }
}
