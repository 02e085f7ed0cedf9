import Harness
import Kernel

/// One schedule as it is played: what people hold, what came of each move, and the file that tells it.
package struct Play {
    let stage: Stage
    var lab: Lab { stage.lab }
    private var auditor: Auditor
    private var read = 0
    var links: [String: [Link]] = [:]
    private var signIns: [String: SignInResult] = [:]
    private var lines: [String] = []
    private var message: Int64 = 0
    private var attacks = 0
    package private(set) var violations: [Violation] = []
    var edges: Set<Edge> { auditor.edges }
    var exchanges: Int { lab.store.journal().count { if case .exchange = $0.event { true } else { false } } }

    /// An authorization URL that somebody was given.
    struct Link {
        let url: String
        let name: String
        /// Who came back from it, and the address by which the code came.
        var visitor: String?
        var callback: String?
        var session: String { Form(parsing: URLParts(url)?.query ?? "")["request_uri"] ?? "" }
    }

    package init(on stage: Stage) throws {
        self.stage = stage
        try stage.rewind()
        auditor = Auditor(lab: stage.lab)
        _ = audit()
    }

    /// Does one move after the other, up to the first that breaks something; how many were done.
    package mutating func perform(_ moves: [Move]) async -> Int {
        await takePendingConsent()
        for (index, move) in moves.enumerated() {
            var found: [Violation] = []
            var step: Told?
            if case .attack(let attack, let user) = move {
                found = await perform(attack, user)
            } else {
                await lab.advance(by: .seconds(1))
                step = await perform(move) ?? Self.nothing
            }
            found += audit()
            guard !found.isEmpty else {
                if let step { lines += step.lines(expecting: step.observed) }
                continue
            }
            violations = found
            if let step { lines += step.lines(expecting: step.safe(from: found)) }
            return index + 1
        }
        return moves.count
    }

    /// What found nothing to work on took its second all the same, as each step of a file does.
    private static let nothing = Told(head: ["clock: {advance: 0s}"], observed: "", safe: "")

    /// An attack tells itself, refusal and all: what it expects is right either way.
    private mutating func perform(_ attack: Attack, _ user: String) async -> [Violation] {
        attacks += 1
        var played = AttackPlay(on: stage, user: user, number: attacks)
        await played.play(attack)
        lines += played.lines
        guard let served = played.served else { return [] }
        return [
            Violation(invariant: .misuseRefused, sequence: read, text: "\(served) was served")
        ]
    }

    mutating func audit() -> [Violation] {
        let entries = lab.store.journal(after: read)
        read = entries.last?.sequence ?? read
        return auditor.read(entries)
    }

    /// The file of what was played.
    package func scenario(_ title: String, about: String, in name: String, rulesOff: [String]) -> String {
        var text = [
            "scenario: \(JSONValue.string(title).text)", "about: >-", "  \(about)", "tags: [explored]",
            "spec: [RFC 9700 section 2]",
        ]
        let rules = rulesOff.isEmpty ? "" : ", rules: {\(rulesOff.map { "\($0): off" }.joined(separator: ", "))}"
        if name != "default" || !rules.isEmpty { text.append("lab: {use: \(name)\(rules)}") }
        text.append("given: \(stage.kind.given)")
        text.append("steps:")
        return (text + lines.filter { !isUnused($0) }).joined(separator: "\n") + "\n"
    }

    /// Whether a line saves what no later line asks for.
    private func isUnused(_ line: String) -> Bool {
        let start = "    save: {"
        guard line.hasPrefix(start) else { return false }
        let name = line.dropFirst(start.count).prefix { $0 != ":" }
        return !lines.contains { $0.contains("${\(name)}") || $0.contains("${\(name)?") }
    }

    /// What an application may do is ended on the vendor's own page.
    private func revoke(_ user: String) async -> Told {
        let page = "/settings/connections/applications/\(stage.kind.client)"
        let url = "\(lab.addresses.origin(of: .github))\(page)"
        let walk = await lab.consent(url: url, user: user, decision: .revoke, complete: false)
        return Told(
            head: ["browser: ${lab.github}\(page)", "as: \(user)", "decide: revoke", "complete: false"],
            observed: Self.observed(walk), safe: "status: 200")
    }

    // MARK: - Moves

    /// A step as a file has it.
    struct Told {
        let head: [String]
        var save: String?
        /// What came, and what should have come if this broke something.
        let observed: String
        let safe: String
        /// What should have come instead, where that depends on what was broken.
        var safeFrom: [Invariant: String] = [:]

        func safe(from found: [Violation]) -> String {
            found.lazy.compactMap { safeFrom[$0.invariant] }.first ?? safe
        }

        func lines(expecting expected: String) -> [String] {
            var lines = head.enumerated().map { $0.offset == 0 ? "  - \($0.element)" : "    \($0.element)" }
            if !expected.isEmpty { lines.append("    expect: {\(expected)}") }
            if let save, expected == observed { lines.append("    save: {\(save)}") }
            return lines
        }
    }

    private mutating func perform(_ move: Move) async -> Told? {
        switch move {
        case .list(let user): return await mcp("tools/list", user)
        case .call(let user): return await mcp("tools/call", user)
        case .open(let user, let owner, let older, let decision): return await open(user, owner, older, decision)
        case .complete(let owner, let older): return await complete(owner, older)
        case .replay(let user, let owner): return await replay(user, owner)
        case .steal(let owner): return await steal(owner)
        case .refresh(let user):
            guard await signIn(user) else { return nil }
            return Told(head: ["sign-in: \(user)", "fresh: true"], observed: "", safe: "")
        case .renew(let user): return await renew(user)
        case .poll: return await poll("GetGatewayTarget", Self.target)
        case .update(let givesTools): return await update(givesTools)
        case .synchronize:
            let path = "body.targets[0].authorizationData.oauth2.authorizationUrl"
            return await change("SynchronizeGatewayTargets", Self.targets, path: path)
        case .delete: return await change("DeleteGatewayTarget", Self.target)
        case .pollGateway: return await poll("GetGateway", Self.gateway)
        case .updateGateway(let letsUsersIn): return await updateGateway(letsUsersIn)
        case .deleteGateway: return await change("DeleteGateway", Self.gateway)
        case .revoke(let user): return await revoke(user)
        case .consent(let decision):
            guard let link = links["admin"]?.last else { return nil }
            let walk = await lab.consent(url: link.url, user: "admin", decision: decision)
            return Told(
                head: ["browser: ${\(link.name)}", "as: admin", "decide: \(decision.rawValue)"],
                observed: Self.observed(walk), safe: "status: {at-least: 400}, decided: present")
        case .wait(let span):
            await lab.advance(by: span)
            return Told(head: ["clock: {advance: \(span.milliseconds / 1000)s}"], observed: "", safe: "")
        case .attack: return nil
        case .fault(let trouble):
            guard let fault = try? Fault(json: trouble.json) else { return nil }
            lab.network.faults.put(fault)
            return Told(head: ["fault: \(JSONValue.object(trouble.json).text)"], observed: "", safe: "")
        }
    }

    private mutating func signIn(_ user: String) async -> Bool {
        guard let result = try? await lab.signIn(user: user, client: "web") else { return false }
        signIns[user] = result
        return true
    }

    /// The gateway tells a token that its vendor ended as a tool's error; where no gateway is, nothing speaks MCP.
    private static let refusals: [Invariant: String] = [
        .revokedServesNothing: "result.isError: true", .deletedServesNothing: "status: 404, result: absent",
    ]

    private mutating func mcp(_ method: String, _ user: String) async -> Told? {
        if signIns[user] == nil { guard await signIn(user) else { return nil } }
        message += 1
        let client = AgentClient(user: user, lab: lab)
        let params: JSONObject = method == "tools/call" ? ["name": "github___get_me"] : [:]
        guard
            let answer = try? await client.send(
                method, params, to: stage.gatewayURL, token: signIns[user]?.accessToken)
        else { return nil }
        var head = ["mcp: \(method)", "as: \(user)"]
        if method == "tools/call" { head.append("with: {name: github___get_me}") }
        let code = answer.message?["error"]?["code"]?.int
        let said = code.map { ", error.code: \($0)" } ?? (answer.message?["result"] == nil ? "" : ", result: present")
        var told = Told(
            head: head, observed: "status: \(answer.status)\(said)",
            safe: "result: absent, error: present", safeFrom: Self.refusals)
        if let url = answer.message?["error"]?["data"]?["elicitations"]?[0]?["url"]?.string {
            told.save = "\(keep(url, of: user)): \"error.data.elicitations[0].url\""
        }
        return told
    }

    /// Gives a link its name.
    mutating func keep(_ url: String, of owner: String) -> String {
        let name = "\(owner)Link\((links[owner]?.count ?? 0) + 1)"
        links[owner, default: []].append(Link(url: url, name: name))
        return name
    }

    private func place(_ owner: String, _ older: Bool) -> Int? {
        guard let count = links[owner]?.count, count > 0 else { return nil }
        return older && count > 1 ? count - 2 : count - 1
    }

    private mutating func open(_ user: String, _ owner: String, _ older: Bool, _ decision: Decision) async -> Told? {
        guard let place = place(owner, older), let link = links[owner]?[place] else { return nil }
        let walk = await lab.consent(url: link.url, user: user, decision: decision, complete: false)
        if walk.landed.range(of: "/callback?session_id=") != nil { links[owner]?[place].visitor = user }
        if let callback = walk.hops.first(where: { $0.url.range(of: "/identities/oauth2/callback/") != nil })?.url {
            links[owner]?[place].callback = callback
        }
        var told = Told(
            head: ["browser: ${\(link.name)}", "as: \(user)", "decide: \(decision.rawValue)", "complete: false"],
            observed: Self.observed(walk), safe: "status: 400, decided: present")
        if let hop = walk.hops.firstIndex(where: { $0.url.range(of: "/identities/oauth2/callback/") != nil }) {
            told.save = "\(link.name)Callback: \"hops[\(hop)].url\""
        }
        return told
    }

    private static func observed(_ walk: ConsentWalk) -> String {
        walk.status.map { "status: \($0), decided: \(walk.decided)" } ?? "decided: \(walk.decided)"
    }

    /// Of a request, 0 where no answer came.
    static func observed(_ status: Int) -> String { status == 0 ? "failure: present" : "status: \(status)" }

    private mutating func complete(_ owner: String, _ older: Bool) async -> Told? {
        guard let place = place(owner, older), let link = links[owner]?[place], let visitor = link.visitor else {
            return nil
        }
        // Somebody who never signed in is nobody to the application.
        guard let token = signIns[visitor]?.accessToken else { return nil }
        let (session, bearer) = ("\(link.name)?request_uri", "\(visitor).accessToken")
        let input: JSONObject = [
            "sessionUri": .string("${\(session)}"), "userIdentifier": ["userToken": .string("${\(bearer)}")],
        ]
        var names = stage.names
        (names[session], names[bearer]) = (link.session, token)
        let (status, _) = await lab.call("CompleteResourceTokenAuth", names.filled(input), as: visitor)
        return Told(
            head: ["aws: CompleteResourceTokenAuth", "as: \(visitor)"] + YAMLText.lines("with", .object(input)),
            observed: Self.observed(status), safe: "status: 403")
    }

    private mutating func replay(_ user: String, _ owner: String) async -> Told? {
        guard let link = links[owner]?.last, let callback = link.callback else { return nil }
        let walk = await lab.consent(url: callback, user: user, complete: false)
        // Whoever opens it lands where its owner would have.
        if walk.landed.range(of: "/callback?session_id=") != nil, let last = links[owner]?.indices.last {
            links[owner]?[last].visitor = user
        }
        return Told(
            head: ["browser: ${\(link.name)Callback}", "as: \(user)", "complete: false"],
            observed: Self.observed(walk), safe: "status: 400")
    }

    private func steal(_ owner: String) async -> Told? {
        guard let link = links[owner]?.last, let callback = link.callback,
            let code = Form(parsing: URLParts(callback)?.query ?? "")["code"]
        else { return nil }
        let redirect = String(callback.prefix { $0 != "?" })
        let ask = Ask(
            line: "POST ${lab.github}/login/oauth/access_token",
            form: [
                "grant_type": "authorization_code", "code": "${\(link.name)Callback?code}",
                "redirect_uri": redirect.replacing(lab.addresses.origin(of: .aws), by: "${lab.aws}"),
                "client_id": stage.kind.client, "client_secret": Stage.secret,
            ], headers: ["accept": "application/json"])
        var names = stage.names
        names["\(link.name)Callback?code"] = code
        let answer = try? await lab.network.send(ask.request(names), from: Party("attacker"))
        let error = answer?.json?["error"]?.string
        return Told(
            head: ask.told(as: "attacker"),
            observed: error.map { "status: present, body.error: \($0)" } ?? Self.observed(answer?.status ?? 0),
            safe: "status: present, body.access_token: absent")
    }

    /// RFC 6749 section 6: the sign-in's refresh token gives a new access token.
    private func renew(_ user: String) async -> Told? {
        guard let held = signIns[user], let refresh = held.refreshToken else { return nil }
        let ask = Ask(
            line: "POST ${lab.idp}/oauth2/token",
            form: [
                "grant_type": "refresh_token", "refresh_token": "${\(user).refreshToken}", "client_id": "web",
            ])
        var names = stage.names
        names["\(user).refreshToken"] = refresh
        let answer = try? await lab.network.send(ask.request(names), from: Party("\(user)'s MCP client"))
        return Told(
            head: ask.told(as: user), observed: Self.observed(answer?.status ?? 0), safe: "status: 400")
    }
}
