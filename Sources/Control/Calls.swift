import HTTPTypes
import Harness
import Kernel

/// One call of the control API.
struct Call: Sendable {
    let method: HTTPRequest.Method
    let path: String
    /// What the index page says about it.
    let about: String
    /// Names of the parameters that it takes; any other is refused.
    let query: [String]
    let answer: @Sendable (CallContext) async throws -> Response

    init(
        _ method: HTTPRequest.Method, _ path: String, _ about: String, query: [String] = [],
        _ answer: @escaping @Sendable (CallContext) async throws -> Response
    ) {
        self.method = method
        self.path = path
        self.about = about
        self.query = query
        self.answer = answer
    }
}

extension ControlOrigin {
    static let index: @Sendable (CallContext) async throws -> Response = {
        .html(200, IndexPage(lab: $0.lab).html)
    }

    /// The whole control API, in the order of the index page.
    static let calls: [Call] = [
        Call(.get, "/api", "This page.", index),
        Call(.get, "/_local/health", "200 as long as the lab answers.") { _ in Health.response(party: .console) },
        Call(.get, "/_local/ready", "200 when every party answers; 503 while the data file takes no changes.") {
            Health.readiness(of: $0.lab, party: .console)
        },
        Call(.get, "/_local/info", "Origins, account, users, clients, switches.") { $0.info() },
        Call(.post, "/_local/reset", "Back to the lab's first state.") { try $0.reset() },
        Call(.get, "/_local/clock", "World time, skews, alarms that wait.") { .json(200, $0.clock) },
        Call(.post, "/_local/clock", #"{"advance":"11m","skew":{"github":"-90s"}}"#) { try await $0.moveClock() },
        Call(.get, "/_local/faults", "Faults that are set.") { $0.faults() },
        Call(.put, "/_local/faults", #"{"name","party","operation","answer","first"} sets a fault."#) {
            try $0.putFault()
        },
        Call(.delete, "/_local/faults", "Removes all faults, or ?name=N.", query: ["name"]) {
            try $0.removeFaults()
        },
        Call(.post, "/_local/sign-in", #"{"user":"alice","client":"web"} gives that sign-in's tokens."#) {
            try await $0.signIn()
        },
        Call(.post, "/_local/consent", #"{"url","user","decision","complete"} lets a robot decide."#) {
            try await $0.consent()
        },
        Call(.get, "/_local/journal", "What happened, ?after=SEQ; secrets masked.", query: ["after"]) {
            try $0.journal()
        },
        Call(.get, "/_local/transitions", "Every step of every state machine.") { $0.transitions() },
        Call(.get, "/_local/tokens", "Every token, its parents and who saw it.") { $0.tokens() },
        Call(.get, "/_local/score", "How the MCP clients behaved, rule by rule with proof.") { $0.score() },
        Call(.post, "/_local/snapshots", "Keeps the lab as it is.") { $0.takeSnapshot() },
        Call(.post, "/_local/snapshots/{id}/restore", "Goes back to a snapshot.") { try $0.restoreSnapshot() },
        Call(.put, "/_local/applications/{clientId}", "Makes or changes an application at GitHub.") {
            try $0.putApplication()
        },
        Call(.get, "/_local/access", "Whether IAM counts, and the least policy of each principal.") {
            .json(200, $0.lab.accessReport)
        },
        Call(.post, "/_local/deployments", #"{"template","parameters","rollback","check"} deploys CloudFormation."#) {
            try await $0.deploy()
        },
    ]
}

// Time and state.
extension CallContext {
    func reset() throws -> Response {
        try lab.reset()
        return .json(200, clock)
    }

    var clock: JSONValue {
        let skews = lab.clock.skews.sorted { $0.key < $1.key }.filter { $0.value != .zero }
        return [
            "now": .string(lab.clock.now.iso8601),
            "offset": .string("\(lab.clock.offset.milliseconds)ms"),
            "skew": .object(
                JSONObject(skews.map { .init($0.key.rawValue, .string("\($0.value.milliseconds)ms")) })),
            "alarms": .array(
                lab.clock.unfinishedAlarms.map(\.alarm).sorted { $0.due < $1.due }.map { alarm in
                    ["due": .string(alarm.due.iso8601), "party": .string(alarm.party.rawValue)]
                }),
        ]
    }

    /// Everything is checked before anything moves.
    func moveClock() async throws -> Response {
        let body = try body("advance", "skew")
        guard !body.isEmpty else { throw ControlError(400, "Say \"advance\" or \"skew\".") }
        let advance = try body.span("advance")
        if let advance, advance < .zero { throw ControlError(400, "Time never runs backwards; use a snapshot.") }
        let skews = try skews(body["skew"])
        for (party, skew) in skews { lab.clock.setSkew(skew, of: party) }
        if let advance { await lab.advance(by: advance) }
        return .json(200, clock)
    }

    private func skews(_ value: JSONValue?) throws(ControlError) -> [(Party, Span)] {
        guard let value else { return [] }
        guard let object = value.object else {
            throw ControlError(400, "\"skew\" must be an object of parties and durations.")
        }
        var result: [(Party, Span)] = []
        for name in object.names {
            guard let span = try object.span(name) else { continue }
            result.append((try party(name), span))
        }
        return result
    }

    func party(_ name: String) throws(ControlError) -> Party {
        if let party = Party.served.first(where: { $0.rawValue == name }) { return party }
        let names = Party.served.map(\.rawValue).joined(separator: ", ")
        throw ControlError(400, "There is no party \"\(name)\"; there are \(names).")
    }

    func takeSnapshot() -> Response { .json(200, ["id": .string(lab.keepSnapshot())]) }

    func restoreSnapshot() throws -> Response {
        let id = parameters["id"]
        guard let snapshot = lab.keptSnapshot(id) else { throw ControlError(404, "There is no snapshot \"\(id)\".") }
        try lab.restore(snapshot)
        return .json(200, ["id": .string(id), "now": .string(lab.clock.now.iso8601)])
    }
}

// Faults.
extension CallContext {
    func faults() -> Response { .json(200, .array(lab.network.faults.all.map(\.json))) }

    func putFault() throws -> Response {
        let body = try body(
            "name", "party", "operation", "first", "answer", "throttle", "delay", "drop", "duplicate", "truncate")
        do throws(FaultMistake) {
            let fault = try Fault(json: body, lab.switches)
            lab.network.faults.put(fault)
            return .json(200, fault.json)
        } catch {
            throw ControlError(400, error.description)
        }
    }

    func removeFaults() throws -> Response {
        let name = request.parameters["name"]
        if let name, !lab.network.faults.all.contains(where: { $0.name == name }) {
            throw ControlError(404, "There is no fault \"\(name)\".")
        }
        lab.network.faults.remove(name)
        return faults()
    }
}

// People.
extension CallContext {
    func signIn() async throws -> Response {
        let body = try body("user", "client")
        let client = try body.text("client") ?? "web"
        let isForUser = lab.definition.clients.first { $0.id == client }?.isForUsers ?? true
        let user = try isForUser ? body.requiredText("user") : body.text("user") ?? client
        guard isForUser || user == client else {
            throw ControlError(
                400, "The client \"\(client)\" signs in for itself and nobody else; leave out \"user\".")
        }
        do {
            return try await walks.go(user) { .json(200, try await lab.signIn(user: user, client: client).json) }
        } catch let failure as SignInFailure {
            throw ControlError(400, failure.description)
        } catch let failure as NetworkFailure {
            throw ControlError(400, "The inbound provider did not answer (\(failure.reason.rawValue)).")
        }
    }

    func consent() async throws -> Response {
        let body = try body("url", "user", "decision", "complete")
        let url = try body.requiredText("url")
        let user = try body.requiredText("user")
        guard URLParts(url) != nil else { throw ControlError(400, "\"url\" is no absolute URL.") }
        guard lab.definition.userNames.contains(user) else {
            let names = lab.definition.userNames.joined(separator: ", ")
            throw ControlError(400, "There is no user \"\(user)\"; there are \(names).")
        }
        let word = try body.text("decision") ?? "approve"
        guard let decision = Decision(rawValue: word) else {
            let words = Decision.allCases.map(\.rawValue).joined(separator: ", ")
            throw ControlError(400, "There is no decision \"\(word)\"; there are \(words).")
        }
        let complete = try body.flag("complete") ?? true
        let walk = await walks.go(user) {
            await lab.consent(url: url, user: user, decision: decision, complete: complete)
        }
        let hint = hint(walk, from: url)
        try expectMade(decision, walk, isExplained: hint != nil)
        guard let hint, let members = walk.json.object else { return .json(200, walk.json) }
        return .json(200, .object(members.merging(["hint": .string(hint)])))
    }

    /// A decision against something that nobody asked about is refused, not passed over: above all where a code was
    /// sent to a program outside the lab, as if somebody had agreed. A page that refuses shows itself in the walk's
    /// status, and a way out of the lab before anybody was asked in the hint.
    private func expectMade(_ decision: Decision, _ walk: ConsentWalk, isExplained: Bool) throws(ControlError) {
        let isAtAnEnd = walk.status.map { $0 < 400 } ?? !isExplained
        guard isAtAnEnd, walk.missed(decision, isSaid: false) else { return }
        let place = walk.landed.prefix { $0 != "?" && $0 != "#" }
        throw ControlError(
            409,
            "Nobody asked: there was no page on which to \(decision.rawValue); the walk ended at \(place)"
                + ending(walk))
    }

    /// With what a walk ended on which nobody asked.
    private func ending(_ walk: ConsentWalk) -> String {
        if walk.status == nil, let error = URLParts(walk.landed)?.query.flatMap({ Form(parsing: $0)["error"] }) {
            return " with the error \(error)."
        }
        guard walk.status != nil || walk.hasAnswer("code") else { return "." }
        return "\(walk.status == nil ? " with a code" : ""). Who has agreed before is not asked again."
    }

    /// Why a walk went no further, where a slip is likely.
    private func hint(_ walk: ConsentWalk, from url: String) -> String? {
        if walk.status == nil, walk.hops.count == 1 {
            let reason = lab.whyUnopened(url)
            return "The link was not opened: \(reason)\(reason.hasSuffix("?") ? "" : ".")"
        }
        return lab.strangeHost(endOf: walk).map { host in
            "The way led to \(host), outside the lab, before anybody was asked; `serve --map \(host)=PARTY` lets a "
                + "party stand for it."
        }
    }

    func putApplication() throws -> Response {
        guard let body = request.content.isEmpty ? [:] : try? request.json().object else {
            throw ControlError(400, "The body must be a JSON object.")
        }
        do {
            return .json(200, try lab.putApplication(parameters["clientId"], body))
        } catch let failure as StoreFailure {
            throw failure
        } catch {
            throw ControlError(400, "\(error)")
        }
    }
}

extension ConsentWalk {
    /// As `/_local/consent` answers.
    var json: JSONValue {
        [
            "hops": .array(
                hops.map { hop in
                    [
                        "method": .string(hop.method), "url": .string(hop.url),
                        "status": hop.status.map { .int(Int64($0)) } ?? .null,
                    ]
                }),
            "landed": .string(landed), "status": status.map { .int(Int64($0)) } ?? .null,
        ]
    }
}
