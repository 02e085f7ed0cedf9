import Kernel

/// Something that must not work: a forged, foreign, stale or used-up credential, or a way round a check. Each is told
/// as the requests that a scenario file would have, and the last of them must be refused.
package struct Attack: Hashable, Sendable {
    package let name: String
    let deeds: [Deed]

    /// One request or visit. `#` in a name stands for the number of the attack, so that names do not meet.
    struct Deed: Hashable, Sendable {
        var act: Act
        /// Names and what they are read from; an attack ends early where one is missing.
        var saves: [String: String] = [:]
        var refusal: Refusal?
    }

    enum Act: Hashable, Sendable {
        /// A user opens an address, is signed in, and approves what is asked.
        case visit(String)
        case ask(Ask)
        case wait(minutes: Int)
    }

    /// How a refusal looks.
    enum Refusal: Hashable, Sendable {
        case status
        case noToken
        case noCode
        /// The same, and the user sees an error.
        case errorPage
        /// The browser does not get back to the application.
        case noReturn
        /// The vault gives nothing.
        case noGrant

        func holds(_ outcome: JSONValue) -> Bool {
            switch self {
            case .status: (outcome["status"]?.int ?? 500) >= 400
            case .noToken: outcome["body"]?["access_token"] == nil
            case .noCode, .errorPage: outcome["landed"]?.string?.contains("code=") != true
            case .noReturn: outcome["landed"]?.string?.contains("session_id=") != true
            case .noGrant: outcome["body"]?["accessToken"] == nil
            }
        }

        /// As a file says it.
        var expected: String {
            switch self {
            case .status: "status: {at-least: 400}"
            case .noToken: "status: present, body.access_token: absent"
            case .noCode: "landed: {not: {contains: \"code=\"}}"
            case .errorPage: "landed: {not: {contains: \"code=\"}}, status: {at-least: 400}"
            case .noReturn: "landed: {not: {contains: \"session_id=\"}}, status: present"
            case .noGrant: "status: present, body.accessToken: absent"
            }
        }
    }
}

// The catalogue.
extension Attack {
    package static let all: [Attack] =
        atGitHub + atTheProvider + atTheGateway + atTheIdentityService + atTheControlPlane

    private static let challenge =
        "code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
    private static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    private static let oauthApp = "Ov23liagentcorelocal"
    private static let githubApp = "Iv23liagentcorelocal"
    private static let callback = "${lab.aws}/identities/oauth2/callback/00000000-0000-4000-8000-000000000000"
    private static let loopback = "http://127.0.0.1:33418/callback"

    private static func read(_ client: String) -> Deed {
        let url =
            "${lab.github}/login/oauth/authorize?client_id=\(client)&redirect_uri=\(callback)&state=s&\(challenge)"
        return Deed(act: .visit(url), saves: ["code#": "query.code"])
    }

    private static func redeem(_ changes: [String: String] = [:], _ client: String = oauthApp) -> Ask {
        let form = [
            "grant_type": "authorization_code", "client_id": client, "client_secret": Stage.secret, "code": "${code#}",
            "redirect_uri": callback, "code_verifier": verifier,
        ]
        return Ask(
            line: "POST ${lab.github}/login/oauth/access_token", form: form.merging(changes) { $1 },
            headers: ["Accept": "application/json"])
    }

    private static func renew(_ token: String, _ client: String = githubApp) -> Ask {
        let form = [
            "grant_type": "refresh_token", "client_id": client, "client_secret": Stage.secret, "refresh_token": token,
        ]
        return Ask(
            line: "POST ${lab.github}/login/oauth/access_token", form: form, headers: ["Accept": "application/json"])
    }

    static func refused(_ ask: Ask, _ refusal: Refusal = .noToken) -> Deed {
        Deed(act: .ask(ask), refusal: refusal)
    }

    static func done(_ ask: Ask, _ saves: [String: String] = [:]) -> Deed {
        Deed(act: .ask(ask), saves: saves)
    }

    private static let atGitHub: [Attack] = [
        Attack(
            name: "a code without the client's secret",
            deeds: [read(oauthApp), refused(redeem(["client_secret": "guessed-secret"]))]),
        Attack(
            name: "a code without its verifier",
            deeds: [
                read(oauthApp),
                refused(redeem(["code_verifier": "another-verifier-another-verifier-another-verifier"])),
            ]),
        Attack(
            name: "a code of another client",
            deeds: [read(oauthApp), refused(redeem([:], githubApp))]),
        Attack(
            name: "a code after its time",
            deeds: [read(oauthApp), Deed(act: .wait(minutes: 11)), refused(redeem())]),
        Attack(
            name: "a code for the second time",
            deeds: [read(oauthApp), done(redeem(), ["token#": "body.access_token"]), refused(redeem())]),
        Attack(
            name: "a challenge in plain text",
            deeds: [
                Deed(
                    act: .visit(
                        "${lab.github}/login/oauth/authorize?client_id=\(oauthApp)&redirect_uri=\(callback)&state=s"
                            + "&code_challenge=\(verifier)&code_challenge_method=plain"), refusal: .errorPage)
            ]),
        Attack(
            name: "a return to somebody else",
            deeds: [
                Deed(
                    act: .visit(
                        "${lab.github}/login/oauth/authorize?client_id=\(oauthApp)"
                            + "&redirect_uri=https://evil.example/callback&state=s&\(challenge)"), refusal: .errorPage)
            ]),
        Attack(
            name: "a token that was revoked",
            deeds: [
                read(oauthApp), done(redeem(), ["token#": "body.access_token"]),
                done(
                    Ask(
                        line: "DELETE ${lab.github}/applications/\(oauthApp)/token", basic: [oauthApp, Stage.secret],
                        json: "{\"access_token\": \"${token#}\"}")),
                refused(Ask(line: "GET ${lab.github}/user", token: "${token#}"), .status),
            ]),
        Attack(
            name: "a token after its time",
            deeds: [
                read(githubApp), done(redeem([:], githubApp), ["token#": "body.access_token"]),
                Deed(act: .wait(minutes: 540)),
                refused(Ask(line: "GET ${lab.github}/user", token: "${token#}"), .status),
            ]),
        Attack(
            name: "a refresh token for the second time",
            deeds: [
                read(githubApp), done(redeem([:], githubApp), ["refresh#": "body.refresh_token"]),
                done(renew("${refresh#}"), ["token#": "body.access_token"]), refused(renew("${refresh#}")),
            ]),
        Attack(
            name: "a refresh token of another client",
            deeds: [
                read(githubApp), done(redeem([:], githubApp), ["refresh#": "body.refresh_token"]),
                refused(renew("${refresh#}", oauthApp)),
            ]),
    ]

    private static func signIn(_ redirect: String, _ rest: String) -> String {
        "${lab.idp}/oauth2/authorize?response_type=code&client_id=web&redirect_uri=\(redirect)"
            + "&scope=openid&state=s\(rest)"
    }

    static func exchange(_ changes: [String: String] = [:]) -> Ask {
        let form = [
            "grant_type": "authorization_code", "client_id": "web", "code": "${code#}", "redirect_uri": loopback,
            "code_verifier": verifier,
        ]
        return Ask(line: "POST ${lab.idp}/oauth2/token", form: form.merging(changes) { $1 })
    }

    private static let again = Ask(
        line: "POST ${lab.idp}/oauth2/token",
        form: ["grant_type": "refresh_token", "client_id": "web", "refresh_token": "${refresh#}"])
    static let signedIn = Deed(
        act: .visit(signIn(loopback, "&\(challenge)")), saves: ["code#": "query.code"])

    private static let atTheProvider: [Attack] = [
        Attack(
            name: "a sign-in for more than its client may ask",
            deeds: [
                Deed(
                    act: .visit(
                        signIn(loopback, "&\(challenge)").replacing("scope=openid", by: "scope=openid+gw/admin")),
                    refusal: .noCode)
            ]),
        Attack(
            name: "an ID token at UserInfo",
            deeds: [
                signedIn, done(exchange(), ["token#": "body.id_token"]),
                refused(Ask(line: "GET ${lab.idp}/oauth2/userInfo", token: "${token#}"), .status),
            ]),
        Attack(
            name: "a sign-in that returns to somebody else",
            deeds: [
                Deed(act: .visit(signIn("https://evil.example/callback", "&\(challenge)")), refusal: .errorPage)
            ]),
        Attack(
            name: "a sign-in without a challenge",
            deeds: [Deed(act: .visit(signIn(loopback, "")), refusal: .noCode)]),
        Attack(
            name: "a sign-in's code without its verifier",
            deeds: [
                signedIn,
                refused(exchange(["code_verifier": "another-verifier-another-verifier-another-verifier"])),
            ]),
        Attack(
            name: "a sign-in's code for the second time",
            deeds: [signedIn, done(exchange(), ["token#": "body.access_token"]), refused(exchange())]),
        Attack(
            name: "a sign-in's refresh token for the second time",
            deeds: [
                signedIn, done(exchange(), ["refresh#": "body.refresh_token"]),
                done(again, ["token#": "body.access_token"]), refused(again),
            ]),
        Attack(
            name: "a client with a guessed secret",
            deeds: [
                refused(
                    Ask(
                        line: "POST ${lab.idp}/oauth2/token", basic: ["service", "guessed-secret"],
                        form: ["grant_type": "client_credentials"]))
            ]),
    ]

    private static func call(_ token: String, _ headers: [String: String] = [:]) -> Ask {
        let standard = ["Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25"]
        return Ask(
            line: "POST ${gatewayUrl}", token: token,
            json: "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\"}",
            headers: standard.merging(headers) { $1 })
    }

    private static let atTheGateway: [Attack] = [
        Attack(
            name: "a token whose signature is another's",
            deeds: [
                signedIn, done(exchange(), ["token#": "body.access_token"]), refused(call("${token#}AAAA"), .status),
            ]),
        Attack(
            name: "an ID token",
            deeds: [signedIn, done(exchange(), ["token#": "body.id_token"]), refused(call("${token#}"), .status)]),
        Attack(
            name: "a token of a client that is not let in",
            deeds: [
                done(
                    Ask(
                        line: "POST ${lab.idp}/oauth2/token", basic: ["service", Stage.secret],
                        form: ["grant_type": "client_credentials"]), ["token#": "body.access_token"]),
                refused(call("${token#}"), .status),
            ]),
        Attack(
            name: "a token after its time",
            deeds: [
                signedIn, done(exchange(), ["token#": "body.access_token"]), Deed(act: .wait(minutes: 63)),
                refused(call("${token#}"), .status),
            ]),
        Attack(
            name: "a page of another origin",
            deeds: [
                signedIn, done(exchange(), ["token#": "body.access_token"]),
                refused(call("${token#}", ["Origin": "https://evil.example"]), .status),
            ]),
        Attack(
            name: "a token that the MCP server does not know",
            deeds: [
                refused(
                    Ask(
                        line: "POST ${lab.mcp}/mcp", token: "gho_nobodyeverissuedthistoken000000000000",
                        json: "{\"jsonrpc\": \"2.0\", \"id\": 1, \"method\": \"tools/list\"}",
                        headers: [
                            "Accept": "application/json, text/event-stream", "MCP-Protocol-Version": "2025-11-25",
                        ]), .status)
            ]),
    ]
}
