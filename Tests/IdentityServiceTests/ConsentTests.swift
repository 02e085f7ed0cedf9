import AWSCore
import HTTPTypes
import IdentityService
import Kernel
import OAuthCore
import Synchronization
import TestSupport
import Testing

@Suite struct ConsentTests {
    @Test func theWholeFlow() async throws {
        let lab = try Fixture()
        let token = try await lab.workloadToken()
        #expect(token.hasPrefix("AgV4"))
        let answer = try await lab.ask(token, scopes: ["repo", "workflow"], ["customState": "mine"])
        let uri = try #require(answer.json?["sessionUri"]?.string)
        #expect(uri.hasPrefix(Fixture.session) && uri.utf8.count == Fixture.session.utf8.count + 88)
        #expect(answer.json?["sessionStatus"] == "IN_PROGRESS")
        let url = try #require(answer.json?["authorizationUrl"]?.string)
        #expect(url.hasSuffix("/identities/oauth2/authorize?request_uri=" + percentEncoded(uri)))

        let sent = try await lab.openURL(of: answer)
        #expect(
            sent.pairs.map(\.name) == [
                "client_id", "redirect_uri", "response_type", "scope", "state", "code_challenge",
                "code_challenge_method",
            ])
        #expect(sent["scope"] == "repo workflow")
        #expect(sent["redirect_uri"]?.hasSuffix("/identities/oauth2/callback/cb-github") == true)

        lab.github.answers { _ in .json(200, ["access_token": "gho_one", "scope": "repo,workflow"]) }
        let back = try await lab.callback([
            "code": "code-1", "state": sent["state"] ?? "", "iss": "https://github.com/login/oauth",
        ])
        #expect(back.status == 302)
        #expect(
            back.header(.location) == "\(Fixture.returnURL)?session_id=\(percentEncoded(uri))&state=mine")
        // No token before somebody says whose session it is.
        #expect(lab.github.received.isEmpty)

        let done = try await lab.complete(uri)
        #expect(done.status == 200 && done.bodyText == "{}")
        let form = try #require(lab.github.tokenForms.first)
        #expect(form["code"] == "code-1" && form["client_secret"] == "s3cret")
        #expect(PKCE.matches(verifier: form["code_verifier"] ?? "", challenge: sent["code_challenge"] ?? ""))
        #expect(lab.github.received.first?.header(.accept) == "application/json")

        #expect(try await lab.ask(token, scopes: ["workflow"]).json == ["accessToken": "gho_one"])
        #expect(try await lab.ask(token, ["sessionUri": .string(uri)]).json == ["accessToken": "gho_one"])
        #expect(lab.transitions(of: uri) == ["ISSUED", "AT_PROVIDER", "CODE_RECEIVED", "BOUND"])
    }

    @Test func theGatewayIsTold() async throws {
        let lab = try Fixture()
        let target = TargetAddress(gateway: GatewayID("gw-abcdefghij"), target: TargetID("T4RG3T0001"))
        let token = try await lab.workloadToken("gw-abcdefghij", user: "admin")
        let answer = try await lab.ask(token, byService: true, notify: target)
        let uri = try #require(answer.json?["sessionUri"]?.string)
        let sent = try await lab.openURL(of: answer)
        _ = try await lab.callback(["code": "c", "state": sent["state"] ?? ""])
        _ = try await lab.complete(uri, user: "admin")
        let alarms = await lab.advance(.milliseconds(100))
        #expect(alarms.map(\.label) == [GatewayAlarm.consentCompleted(target, sessionURI: uri).label])
    }

    /// A process may end right after a commit: what is to follow has to be kept with it.
    @Test func whatFollowsIsKeptWithTheSession() async throws {
        let archive = ListeningArchive()
        let lab = try Fixture(store: Store(archive: archive))
        let clock = lab.clock
        let kept = Mutex<[String]>([])
        archive.listen { collections in
            guard collections.contains("authorization-session") else { return }
            kept.withLock { $0 = clock.pendingAlarms.map(\.label) }
        }
        let target = TargetAddress(gateway: GatewayID("gw-abcdefghij"), target: TargetID("T4RG3T0001"))
        let token = try await lab.workloadToken("gw-abcdefghij", user: "admin")
        let answer = try await lab.ask(token, byService: true, notify: target)
        let uri = try #require(answer.json?["sessionUri"]?.string)
        let lapse = "identity session-expired \(uri)"
        #expect(kept.withLock { $0.contains(lapse) })
        let sent = try await lab.openURL(of: answer)
        _ = try await lab.callback(["code": "c", "state": sent["state"] ?? ""])
        _ = try await lab.complete(uri, user: "admin")
        let completed = GatewayAlarm.consentCompleted(target, sessionURI: uri).label
        #expect(kept.withLock { $0.contains(completed) })
    }

    @Test func aDenialEndsTheSession() async throws {
        let lab = try Fixture()
        let target = TargetAddress(gateway: GatewayID("gw-abcdefghij"), target: TargetID("T4RG3T0001"))
        let token = try await lab.workloadToken("gw-abcdefghij", user: "admin")
        let answer = try await lab.ask(token, byService: true, notify: target)
        let sent = try await lab.openURL(of: answer)
        let back = try await lab.callback(["error": "access_denied", "state": sent["state"] ?? ""])
        #expect(back.status == 400)
        #expect(
            back.message
                == "1 validation error detected: Value at 'authorizationCode' failed to satisfy constraint: "
                + "Member must not be null"
        )
        let uri = try #require(answer.json?["sessionUri"]?.string)
        #expect(lab.transitions(of: uri).last == "FAILED")
        let poll = try await lab.ask(token, ["sessionUri": .string(uri)], byService: true)
        #expect(poll.json == ["sessionUri": .string(uri), "sessionStatus": "FAILED"])
        let alarms = await lab.advance(.milliseconds(100))
        #expect(alarms.first?.label.hasPrefix("consent-failed \(target.text) \(uri)") == true)
    }

    @Test func aDenialMayRedirect() async throws {
        let lab = try Fixture(chosen: ["deny.redirect": "on"])
        let sent = try await lab.openURL(of: lab.ask(lab.workloadToken()))
        let back = try await lab.callback(["error": "access_denied", "state": sent["state"] ?? ""])
        #expect(back.header(.location)?.hasSuffix("&error=access_denied") == true)
    }

    @Test func aCallbackWithoutItsParameters() async throws {
        let lab = try Fixture()
        let both = try await lab.callback([:])
        #expect(both.status == 400)
        #expect(
            both.json == [
                "message": """
                2 validation errors detected: Value at 'authorizationCode' failed to satisfy constraint: Member must \
                not be null; Value at 'state' failed to satisfy constraint: Member must not be null
                """
            ])
        #expect(
            try await lab.callback(["code": "x"]).message?.contains("1 validation error detected: Value at 'state'")
                == true)
        #expect(try await lab.callback(["code": "x", "state": "unknown"]).status == 400)
    }

    @Test func aCallbackServesOnce() async throws {
        let lab = try Fixture()
        let answer = try await lab.ask(lab.workloadToken())
        let sent = try await lab.openURL(of: answer)
        let back: Form = ["code": "c", "state": sent["state"] ?? ""]
        #expect(try await lab.callback(back, at: "cb-custom").status == 400)
        #expect(try await lab.callback(back).status == 302)
        #expect(try await lab.callback(back).status == 400)
        #expect(lab.brokenRules == ["callback-provider-binding", "state-single-use"])
        let twice = try await lab.open(answer.json?["authorizationUrl"]?.string ?? "")
        #expect(twice.status == 400 && twice.bodyText.contains("<html"))
    }

    @Test func anotherIssuerIsRefused() async throws {
        let lab = try Fixture()
        let answer = try await lab.ask(lab.workloadToken(), provider: "custom")
        let sent = try await lab.openURL(of: answer)
        let back: Form = ["code": "c", "state": sent["state"] ?? "", "iss": "https://evil.test"]
        #expect(try await lab.callback(back, at: "cb-custom").status == 400)
        let uri = try #require(answer.json?["sessionUri"]?.string)
        #expect(lab.transitions(of: uri).last == "FAILED")
        #expect(lab.custom.tokenForms.isEmpty)
    }

    @Test func aPromisedIssuerIsMissed() async throws {
        let lab = try Fixture()
        let sent = try await lab.openURL(of: lab.ask(lab.workloadToken(), provider: "custom"))
        #expect(try await lab.callback(["code": "c", "state": sent["state"] ?? ""], at: "cb-custom").status == 400)
        #expect(lab.brokenRules == ["issuer-identification"])
    }

    @Test func customParametersComeLast() async throws {
        let lab = try Fixture()
        let custom: JSONValue = [
            "prompt": "consent", "redirect_uri": "https://evil.test", "state": "x", "request_uri": "urn:x",
        ]
        let sent = try await lab.openURL(
            of: lab.ask(lab.workloadToken(), provider: "custom", ["customParameters": custom]))
        #expect(sent["prompt"] == "consent" && sent["tenant"] == "1" && sent["request_uri"] == nil)
        #expect(sent.all("redirect_uri").count == 1 && sent.all("state").count == 1)
        #expect(sent["redirect_uri"] != "https://evil.test")
        #expect(lab.brokenRules == ["custom-parameters-never-override"])
    }

    @Test func aWrongDiscoveryURL() async throws {
        let lab = try Fixture()
        lab.custom.answers { _ in .json(200, ["issuer": "https://other.test"]) }
        let answer = try await lab.ask(lab.workloadToken(), provider: "custom")
        let page = try await lab.open(answer.json?["authorizationUrl"]?.string ?? "")
        #expect(page.status == 400)
        #expect(
            page.message?.hasSuffix("'authorizationCode' failed to satisfy constraint: Member must not be null") == true
        )
    }
}
