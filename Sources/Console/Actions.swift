import HTTPTypes
import Harness
import Kernel

// What forms do. Each leads back to a page, so that reloading repeats nothing.
extension Console {
    /// nil for a path that takes no form.
    func act(_ parts: [String], _ request: Request) async -> Response? {
        if let refusal = refusal(request) { return refusal }
        let form = request.form
        guard form["form"] == formSecret else {
            return .plain(403, "This form is not the console's own, or older than the lab. Reload the page.\n")
        }
        switch parts {
        case _ where parts.count == 2 && parts[0] == "exchanges": return exchange(parts[1], revealed: true)
        case ["lab", "clock"]:
            return await call(.post, "/clock", ["advance": .string(form["advance"] ?? "")], "Time moved.", "/lab")
        case ["lab", "skew"]:
            let skew: JSONObject = [form["party"] ?? "": .string(form["span"] ?? "")]
            return await call(.post, "/clock", ["skew": .object(skew)], "The clock is set.", "/lab")
        case ["lab", "faults"]: return await call(.put, "/faults", fault(form), "The fault is set.", "/lab")
        case ["lab", "faults", "remove"]:
            let name = percentEncoded(form["name"] ?? "")
            return await call(.delete, "/faults?name=\(name)", nil, "The fault is gone.", "/lab")
        case ["lab", "snapshots"]: return await call(.post, "/snapshots", nil, "The lab is kept.", "/lab")
        case _ where parts.count == 3 && parts[..<2] == ["lab", "snapshots"]:
            return await call(.post, "/snapshots/\(parts[2])/restore", nil, "The lab is as it was.", "/")
        case ["lab", "reset"]:
            return await call(.post, "/reset", nil, "The lab is as at its start.", "/")
        case _ where parts.count == 2 && parts[0] == "fork": return fork(parts[1])
        case _ where parts.count == 3 && parts[0] == "targets":
            return await authorize(parts[1], byRobot: parts[2] == "robot")
        default: return nil
        }
    }

    /// RFC 6265bis and Fetch: a browser names the page that posts. Other ports of this machine are other origins.
    private func refusal(_ request: Request) -> Response? {
        let own = lab.addresses.origin(of: .console)
        let origin = request.header(.origin).flatMap { URLParts($0) }
        let isOwn = origin.map { $0.origin == own || $0.isLoopback && $0.effectivePort == URLParts(own)?.effectivePort }
        if isOwn == true { return nil }
        return .plain(403, "Forms of the console come from its own pages.\n")
    }

    private func fault(_ form: Form) -> JSONValue {
        var fault: JSONObject = ["name": .string(form["name"] ?? ""), "party": .string(form["party"] ?? "")]
        if let operation = form["operation"], !operation.isEmpty { fault["operation"] = .string(operation) }
        if let first = form["first"], !first.isEmpty {
            fault["first"] = Int64(first).map { .int($0) } ?? .string(first)
        }
        switch form["effect"] ?? "" {
        case "drop": fault["drop"] = true
        case "duplicate": fault["duplicate"] = true
        case "truncate": fault["truncate"] = true
        case "delay": fault["delay"] = "30s"
        case let status: fault["answer"] = ["status": .int(Int64(status) ?? 0)]
        }
        return .object(fault)
    }

    /// One call of the control API; what it answers is said on the next page.
    private func call(
        _ method: HTTPRequest.Method, _ path: String, _ body: JSONValue?, _ done: String, _ next: String
    ) async -> Response {
        let url = "\(lab.addresses.origin(of: .console))/_local\(path)"
        let answer = await control(Request(method, url, body: body?.bytes ?? []))
        let mistake = answer.json?["error"]?["message"]?.string
        memory.say(answer.status < 300 ? done : mistake ?? "That did not work: \(answer.status).")
        noticed()
        return .redirect(answer.status < 300 ? next : "/lab", status: 303)
    }

    private func fork(_ id: String) -> Response {
        let journal = lab.store.journal()
        guard let sequence = Int(id), let moment = memory.moment(before: sequence, in: journal) else {
            memory.say("That moment was not kept: moments are kept while the console is open.")
            return .redirect("/", status: 303)
        }
        do {
            let future = memory.leave(journal, after: moment, at: lab.clock.now)
            try lab.restore(moment.snapshot)
            try lab.keepState()
            memory.say("This is the moment before message \(sequence). What happened then is kept as \(future.id).")
            noticed()
            return .redirect("/compare?with=\(future.id)", status: 303)
        } catch {
            memory.say("The lab could not go back: \(error)")
            return .redirect("/", status: 303)
        }
    }

    /// The application is told who began the session, so that it completes when the browser comes back.
    private func authorize(_ id: String, byRobot: Bool) async -> Response {
        guard let target = lab.targets.first(where: { $0.id == id }), let url = target.authorizationURL,
            target.isPending
        else {
            memory.say("Nothing waits for an authorization there.")
            return .redirect("/", status: 303)
        }
        guard byRobot else {
            await lab.introduceStarter(ofSessionAt: url)
            return .redirect(url, status: 303)
        }
        let body: JSONValue = ["url": .string(url), "user": .string(lab.definition.userNames.first ?? "")]
        return await call(.post, "/consent", body, "The robot approved.", "/")
    }
}
