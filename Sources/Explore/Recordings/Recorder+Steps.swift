import AWSCore
import HTTPTypes
import Kernel
import OAuthCore

// One message, or several that belong together, becomes a step.
extension Recorder {
    /// Whether an earlier answer brought a text, so that it can be captured.
    func wasBrought(_ text: String) -> Bool {
        presets.contains { $0.text == text } || steps.contains { step in step.brought.contains { $0.text == text } }
    }

    // MARK: - AWS

    func operation(_ message: RecordedMessage, _ path: String) -> (Contract.Operation, JSONObject)? {
        guard let method = HTTPRequest.Method(message.method) else { return nil }
        let url = URLText(message.url)
        let query = url.query.map { "?\($0.encoded)" } ?? ""
        guard
            let (operation, holes) = try? contract.operation(for: Request(method, "https://aws.invalid\(path)\(query)"))
        else { return nil }
        var input = JSONObject()
        for part in operation.uri.split(separator: "/") where part.hasPrefix("{") && part.hasSuffix("}") {
            let name = String(part.dropFirst().dropLast())
            input[name] = .string(holes[name])
        }
        for pair in url.query?.pairs ?? [] { input[pair.name] = .string(pair.value) }
        let body = contract.named(message.json?.object ?? [:], of: operation)
        for member in body.members where member.name != "clientToken" { input[member.name] = member.value }
        return (operation, input)
    }

    mutating func aws(
        _ messages: ArraySlice<RecordedMessage>, _ operation: Contract.Operation, _ input: JSONObject
    ) -> Int {
        guard let first = messages.first else { return 1 }
        var (last, used) = (first, 1)
        // Programs poll; a scenario waits.
        for next in messages.dropFirst() {
            guard next.method == "GET", next.method == first.method, next.url == first.url, next.body == first.body
            else { break }
            (last, used) = (next, used + 1)
        }
        var step = RecordedStep("aws", operation.name)
        var members = safe(.object(addresses.named(.object(input)).object ?? [:]), "", of: first).object ?? [:]
        for (member, name) in Self.identifiers {
            guard let id = members[member]?.string, !id.isEmpty, !wasBrought(id), !id.contains("${") else { continue }
            if presets.contains(where: { $0.name == name }) { continue }
            presets.append((id, name))
            needed.gateways.append(id)
        }
        if let account = Self.account(of: first) { step.member("account", .string(account)) }
        if let sent = members["clientSecret"], sent.string != nil { members["clientSecret"] = .string(Self.labSecret) }
        if !members.isEmpty { step.member("with", .object(members)) }
        step.expect.append(("status", .int(Int64(last.status ?? 0))))
        let answer = last.answerJSON.map(addresses.named)
        if used > 1, let state = answer?["status"] {
            step.expect = [("body.status", state)]
            step.isAwaited = true
        }
        step.said = Leaves.of(.object(members)).map(\.text)
        step.bring(answer, under: "body")
        steps.append(step)
        return used
    }

    /// Members that speak of what the recording may not have made.
    private static let identifiers = [("gatewayIdentifier", "gateway"), ("targetId", "target")]

    private static func account(of message: RecordedMessage) -> String? {
        guard let field = message.fields["authorization"], let start = field.range(of: "Credential=") else {
            return nil
        }
        let key = String(field[start.upperBound...].prefix { $0 != "/" })
        return key.utf8.count == 12 && key.allSatisfy(\.isNumber) && key != "000000000000" ? key : nil
    }

    // MARK: - MCP

    mutating func mcp(_ message: RecordedMessage, _ path: String) {
        let id = String(path.dropFirst("/gateways/".count).dropLast("/mcp".count))
        let json = message.json
        let method = message.method == "POST" ? json?["method"]?.string ?? "" : message.method
        guard !method.isEmpty, method != "GET" else {
            if message.method == "POST" { http(message, .gateway, path) }
            return
        }
        if !wasBrought(id), !presets.contains(where: { $0.name == "gateway" }) {
            presets.append((id, "gateway"))
            needed.gateways.append(id)
        }
        var step = RecordedStep("mcp", method)
        if let (user, token) = bearer(of: message) {
            step.member("as", .string(user))
            if wasBrought(token) { step.member("token", .string(token)) } else { signedIn.insert(user) }
            lastUser = user
        } else {
            step.member("token", "none")
        }
        if let params = json?["params"]?.object, !params.isEmpty {
            let params = safe(addresses.named(.object(params)), "", of: message)
            step.member("with", params)
            if method == "tools/call", let name = params["name"]?.string { needed.tools.append(name) }
        }
        step.member("gateway", .string(id))
        if let version = message.fields["mcp-protocol-version"], version != "2025-11-25" {
            step.member("protocol", .string(version))
        }
        if let session = message.fields["mcp-session-id"], wasBrought(session) {
            step.member("session", .string(session))
        }
        let answer = message.answerJSON.map(addresses.named)
        step.expect.append(("status", .int(Int64(message.status ?? 0))))
        if let code = answer?["error"]?["code"] { step.expect.append(("error.code", code)) }
        if let isError = answer?["result"]?["isError"] { step.expect.append(("result.isError", isError)) }
        step.said = Leaves.of(json ?? .null).map(\.text)
        if let session = message.answerFields["mcp-session-id"] {
            step.bring(session, "headers.mcp-session-id", "mcpSession")
        }
        step.bring(answer?["error"], under: "error")
        step.bring(answer?["result"], under: "result")
        steps.append(step)
    }

    // MARK: - Anything else

    mutating func http(_ message: RecordedMessage, _ party: Party, _ path: String) {
        let url = URLText(message.url)
        var line = "\(message.method) ${lab.\(party.rawValue)}\(path)"
        if let query = url.query {
            let pairs = query.pairs.map { ($0.name, safeText($0.name, addresses.named($0.value), of: message)) }
            line += "?\(RecordedAddresses.encoded(pairs))"
        }
        var step = RecordedStep("http", line)
        step.said = [url.path] + (url.query?.pairs.map(\.value) ?? [])
        tellCaller(of: message, in: &step)
        tellBody(of: message, in: &step)
        tellAnswer(to: message, in: &step)
        steps.append(step)
    }

    private mutating func tellCaller(of message: RecordedMessage, in step: inout RecordedStep) {
        if let (user, token) = bearer(of: message) {
            let known = wasBrought(token)
            if !known { signIn(user) }
            step.member("token", .string(known ? token : "${\(user).accessToken}"))
        } else if let field = message.fields["authorization"], field.lowercased().hasPrefix("basic ") {
            let pair = String(decoding: Base64.decode(String(field.dropFirst(6))) ?? [], as: UTF8.self)
            let client = percentDecoded(String(pair.prefix { $0 != ":" }), plus: true)
            step.member(
                "basic", ["user": .string(client.isEmpty ? "service" : client), "password": .string(Self.labSecret)])
        }
    }

    /// With the header fields that say how it is meant.
    private mutating func tellBody(of message: RecordedMessage, in step: inout RecordedStep) {
        var headers = JSONObject()
        for name in ["accept", "origin", "x-github-api-version", "mcp-protocol-version"] {
            if let value = message.fields[name], value != "*/*" { headers[name] = .string(addresses.named(value)) }
        }
        if let form = message.form {
            var members = JSONObject()
            for pair in form.pairs {
                let value = JSONValue.string(safeText(pair.name, addresses.named(pair.value), of: message))
                switch members[pair.name] {
                case .array(let items)?: members[pair.name] = .array(items + [value])
                case let old?: members[pair.name] = [old, value]
                case nil: members[pair.name] = value
                }
                step.said.append(addresses.named(pair.value))
            }
            if !headers.isEmpty { step.member("headers", .object(headers)) }
            step.member("form", .object(members))
        } else {
            if message.json == nil, !message.type.isEmpty { headers["content-type"] = .string(message.type) }
            if !headers.isEmpty { step.member("headers", .object(headers)) }
            if let json = message.json {
                step.member("json", safe(addresses.named(json), "", of: message))
                step.said += Leaves.of(addresses.named(json)).map(\.text)
            } else if !message.body.isEmpty {
                step.member("body", .string(addresses.named(message.body)))
            }
        }
    }

    private func tellAnswer(to message: RecordedMessage, in step: inout RecordedStep) {
        step.expect.append(("status", .int(Int64(message.status ?? 0))))
        let answer = message.answerJSON.map(addresses.named)
        if let error = answer?["error"], error.string != nil { step.expect.append(("body.error", error)) }
        step.bring(answer, under: "body")
        if message.answerType.hasPrefix(Form.mediaType) {
            for pair in Form(parsing: message.answer).pairs where pair.value.utf8.count >= 8 {
                step.bring(pair.value, "form.\(pair.name)", pair.name)
            }
        }
        if let location = message.location { step.bring(addresses.named(location), "headers.location", "location") }
    }

    /// Of one name, or of all that were set and not ended.
    private mutating func endFaults(_ name: String?) {
        var open: [String] = []
        for step in steps where step.keyword == "fault" {
            if let ended = step.value["remove"]?.string { open.removeAll { $0 == ended } }
            if let set = step.value["name"]?.string, !open.contains(set) { open.append(set) }
        }
        for ended in open where name == nil || ended == name {
            var step = RecordedStep("fault", "")
            step.value = ["remove": .string(ended)]
            steps.append(step)
        }
    }

    /// The lab's own calls, where a program of tests was recorded. One that only asks is no step.
    mutating func console(_ message: RecordedMessage, _ path: String) {
        guard (200..<300).contains(message.status ?? 0) else { return }
        let json = message.json?.object ?? [:]
        var step: RecordedStep
        switch path {
        case _ where message.method == "GET": return
        case "/_local/faults" where message.method == "DELETE":
            return endFaults(URLText(message.url).query?["name"])
        case "/_local/snapshots": step = RecordedStep("snapshot", message.answerJSON?["id"]?.string ?? "")
        case let path where path.hasPrefix("/_local/snapshots/") && path.hasSuffix("/restore"):
            let id = path.dropFirst("/_local/snapshots/".count).dropLast("/restore".count)
            step = RecordedStep("restore", String(id))
        case let path where path.hasPrefix("/_local/applications/"):
            let id = path.dropFirst("/_local/applications/".count)
            step = RecordedStep("application", percentDecoded(String(id)))
            step.member("with", safe(addresses.named(.object(json)), "", of: message))
        case "/_local/clock":
            step = RecordedStep("clock", "")
            step.value = .object(json)
        case "/_local/faults" where message.method == "PUT":
            step = RecordedStep("fault", "")
            step.value = addresses.named(.object(json))
        case "/_local/sign-in":
            let user = player(of: json["user"]?.string ?? "alice")
            step = RecordedStep("sign-in", user)
            if let client = json["client"], client.string != "web" { step.member("client", client) }
            step.member("fresh", true)
            signedIn.insert(user)
            for member in message.answerJSON?.object?.members ?? [] {
                if let text = member.value.string { step.bring(text, member.name, member.name) }
            }
        case "/_local/consent":
            step = RecordedStep("browser", addresses.named(json["url"]?.string ?? ""))
            step.member("as", .string(player(of: json["user"]?.string ?? "alice")))
            for name in ["decision", "complete"] {
                if let value = json[name] { step.member(name == "decision" ? "decide" : name, value) }
            }
            if let status = message.answerJSON?["status"], !status.isNull { step.expect.append(("status", status)) }
            let landed = addresses.named(message.answerJSON?["landed"]?.string ?? "")
            for pair in URLText(landed).query?.pairs ?? [] where pair.value.utf8.count >= 8 {
                step.bring(pair.value, "query.\(pair.name)", pair.name == "session_id" ? "session" : pair.name)
            }
        default: return leaveOut("\(message.method) \(path), which no step does")
        }
        steps.append(step)
    }
}
