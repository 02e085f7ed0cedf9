import AuthorizationServer
import HTTPTypes
import Kernel
import OAuthCore
import Testing

struct ConsentTests {
    @Test
    func `the page says who asks for what, and no other site may frame it`() async throws {
        let bench = try Bench()
        var browser = Walker(bench: bench)
        let page = try await browser.signIn(
            from: await browser.open(bench.authorizePath("user gist user:email")), as: "alice")
        #expect(page.status == 200)
        for text in ["agentcore-local", Bench.client, "alice-gh", "rel=\"other-account\"", "value=\"deny\""] {
            #expect(page.bodyText.contains(text))
        }
        // `user:email` is within `user`.
        #expect(Walker.offered(page) == ["user", "gist"])
        #expect(!page.bodyText.contains("<script"))
        #expect(page.header(.contentSecurityPolicy)?.contains("frame-ancestors 'none'") == true)
        #expect(page.header(.cacheControl) == "no-store")
    }

    @Test
    func `a denial goes back with GitHub's words`() async throws {
        let bench = try Bench()
        var browser = Walker(bench: bench)
        let landed = try await browser.walk(bench.authorizePath(), as: "alice", decision: "deny")
        let answer = Form(parsing: URLParts(landed)?.query ?? "")
        #expect(answer["error"] == "access_denied")
        #expect(answer["error_description"] == "The user has denied your application access.")
        #expect(landed.contains("error_description=The+user+has"))
        #expect(answer["error_uri"]?.hasSuffix("#access-denied") == true)
        #expect(answer["state"] == "s1")
        #expect(answer["iss"] != nil)
        #expect(await browser.open(bench.authorizePath()).status == 200)
    }

    @Test
    func `a user may allow less, and is asked again for the rest`() async throws {
        let bench = try Bench()
        var browser = Walker(bench: bench)
        let landed = try await browser.walk(bench.authorizePath("repo gist"), as: "alice", only: ["gist", "admin:org"])
        let code = try #require(Form(parsing: URLParts(landed)?.query ?? "")["code"])
        #expect(await bench.token(["code": code]).json?["scope"] == "gist")
        #expect(await browser.open(bench.authorizePath("gist")).status == 302)
        #expect(Walker.offered(await browser.open(bench.authorizePath("repo gist"))) == ["repo", "gist"])
    }

    @Test
    func `without scope the grants of the user count together`() async throws {
        let bench = try Bench()
        var browser = Walker(bench: bench)
        _ = try await browser.walk(bench.authorizePath("repo"), as: "alice")
        _ = try await browser.walk(bench.authorizePath("gist"), as: "alice")
        let landed = try await browser.walk(bench.authorizePath(nil), as: "alice")
        let code = try #require(Form(parsing: URLParts(landed)?.query ?? "")["code"])
        #expect(await bench.token(["code": code]).json?["scope"] == "repo,gist")
    }

    @Test
    func `a form sent twice gives the same code, and a new one when that is used`() async throws {
        let bench = try Bench()
        var browser = Walker(bench: bench)
        let page = try await browser.signIn(from: await browser.open(bench.authorizePath()), as: "alice")
        let form = Walker.consent(page, decision: "approve")
        let first = await browser.submit("/login/oauth/authorize", form)
        let second = await browser.submit("/login/oauth/authorize", form)
        #expect(first == second)
        let code = try #require(Form(parsing: URLParts(first.header(.location) ?? "")?.query ?? "")["code"])
        _ = await bench.token(["code": code])
        let third = await browser.submit("/login/oauth/authorize", form)
        #expect(third.header(.location)?.hasPrefix("https://github.test/login/oauth/authorize?") == true)
    }

    @Test
    func `a form without the page's token is refused`() async throws {
        for off in [[], ["consent-page-csrf"]] as [Set<String>] {
            let bench = try Bench(off: off)
            var browser = Walker(bench: bench)
            let page = try await browser.signIn(from: await browser.open(bench.authorizePath()), as: "alice")
            var form = Walker.consent(page, decision: "approve")
            form.pairs.removeAll { $0.name == "authenticity_token" }
            let forged = await browser.submit("/login/oauth/authorize", form)
            #expect(forged.status == (off.isEmpty ? 422 : 302))
            #expect(bench.notes == (off.isEmpty ? ["consent-page-csrf"] : []))
        }
    }

    @Test
    func `a token of one page does not approve another request`() async throws {
        let bench = try Bench()
        var browser = Walker(bench: bench)
        let page = try await browser.signIn(from: await browser.open(bench.authorizePath("gist")), as: "alice")
        var form = Walker.consent(page, decision: "approve", only: ["repo"])
        form.pairs = form.pairs.map { pair in
            pair.name == "request" ? .init("request", pair.value.replacing("gist", by: "repo")) : pair
        }
        #expect(await browser.submit("/login/oauth/authorize", form).status == 422)
        // Nor does another browser's token.
        var mallory = Walker(bench: bench)
        _ = try await mallory.signIn(from: await mallory.open(bench.authorizePath("gist")), as: "mallory")
        #expect(await mallory.submit("/login/oauth/authorize", Walker.consent(page, decision: "approve")).status == 422)
    }

    @Test
    func `a wrong password shows the page again, and sign-in leads nowhere else`() async throws {
        let bench = try Bench()
        var browser = Walker(bench: bench)
        for target in ["//evil.test/", "https://evil.test/", "/\\evil.test", "evil"] {
            let form: Form = ["return_to": target]
            var sent = Walker.hidden(await browser.open("/login?\(form.encoded)"))
            sent.append("username", "alice")
            sent.append("password", "wrong")
            #expect(await browser.submit("/login", sent).status == 422)
            sent.pairs.removeLast()
            sent.append("password", "alice")
            let answer = await browser.submit("/login", sent)
            #expect(answer.header(.location) == "https://github.test/")
            browser.cookie = nil
        }
    }

    @Test
    func `select_account shows the picker once`() async throws {
        let bench = try Bench()
        var browser = Walker(bench: bench)
        _ = try await browser.walk(bench.authorizePath(), as: "alice")
        let picked = await browser.open(bench.authorizePath("repo", ["prompt": "select_account"]))
        #expect(picked.header(.location)?.contains("prompt=select_account") == true)
        let page = try await browser.signIn(from: picked, as: "mallory")
        #expect(page.bodyText.contains("mallory-gh"))
    }

    @Test
    func `a grant can be ended on its page`() async throws {
        let bench = try Bench()
        let token = try #require(try await bench.accessToken()["access_token"]?.string)
        #expect(await bench.user(token).status == 200)
        var browser = Walker(bench: bench)
        let path = "/settings/connections/applications/\(Bench.client)"
        let page = try await browser.signIn(from: await browser.open(path), as: "alice")
        #expect(page.bodyText.contains("Revoke access"))
        #expect(await browser.submit(path, ["revoke": "yes"]).status == 422)
        #expect(await browser.submit(path, Walker.hidden(page)).status == 303)
        #expect(await bench.user(token).status == 401)
        #expect(await browser.open(bench.authorizePath()).status == 200)
    }
}
