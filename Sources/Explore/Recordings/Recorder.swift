import AWSCore
package import Harness
import Kernel
import OAuthCore

/// Makes a scenario file of a recording: what people and programs outside the lab did becomes steps, what one answer
/// gave and a later request used becomes a variable, and secrets are left behind.
///
/// Passwords, cookies, client secrets and tokens are never written: robots know the passwords, the lab's applications
/// have its own secret, and tokens are captured anew. A code verifier gives way to the one of RFC 7636 appendix B.
package struct Recorder {
    let contract: Contract
    let directory: UserDirectory
    var addresses: RecordedAddresses
    var steps: [RecordedStep] = []
    /// Values that the recorded client chose itself and the file names: `state`.
    var chosen: [(name: String, value: String, recorded: String)] = []
    /// What of the lab must be there before, as the recording does not make it itself.
    var needed = Needed()
    /// Hosts that are no party of the lab.
    package private(set) var strangers: [String] = []
    /// What was seen of which there is no step, in words.
    package private(set) var unmade: [String] = []
    /// Texts that may not be in the file.
    var secrets: Set<String> = []
    /// People of the recording and who plays them.
    var cast: [String: String] = [:]
    var lastUser = ""
    /// Ids that the recording does not show being made, and the variables that stand for them.
    var presets: [(text: String, name: String)] = []
    /// Users who have a token of a robot's sign-in.
    var signedIn: Set<String> = []
    private var variablesOfTargets: [(text: String, name: String)] = []
    private let recording: Recording
    private var variables: Set<String> = []

    /// A gateway that the recording uses and does not create.
    struct Needed {
        var gateways: [String] = []
        var links: [String] = []
        var clientID: String?
        var scopes: [String] = []
        var tools: [String] = []
        var isNeeded: Bool { !gateways.isEmpty || !links.isEmpty }
    }

    static let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    static let labSecret = "agentcore-local-secret"

    package init(_ recording: Recording, for definition: LabDefinition, addresses: RecordedAddresses) {
        self.recording = recording
        contract = definition.contract
        directory = definition.directory
        self.addresses = addresses
        self.addresses.learn(recording)
        let known = definition.applicationIDs
        unmade =
            recording.unmade
            + recording.clients.filter { !known.contains($0) }.map {
                "the application \($0), which no journal describes: make it with a step application"
            }
        // Of other servers nobody expects an answer.
        for message in recording.unanswered {
            let url = URLText(message.url)
            guard let (party, _) = self.addresses.party(of: url) else { continue }
            leaveOut("\(message.method) \(url.path) to \(party.rawValue), to which no answer came")
        }
        variables = Set(["lab", "seed"] + definition.directory.users.map(\.name))
        variables.formUnion(
            recording.makesGateways ? [] : ["gateway", "target", "provider", "gatewayUrl", "callbackUrl"])
    }

    /// The file, or why there is none.
    package mutating func scenario(titled title: String, lab: String) throws(RecordingMistake) -> String {
        readMessages()
        guard !steps.isEmpty else {
            let hosts =
                strangers.isEmpty
                ? ""
                : "; it speaks to \(strangers.joined(separator: ", ")): say whose these are with --endpoints-file, "
                    + "--port-base or --map"
            throw RecordingMistake(description: "the recording has no request to a party of the lab\(hosts)")
        }
        capture()
        return text(title, lab)
    }

    // MARK: - Messages become steps

    private mutating func readMessages() {
        let messages = recording.messages
        var (moment, done) = (Int64?.none, Set<Int>())
        for index in messages.indices where !done.contains(index) {
            let message = messages[index]
            let pause = moment.map { (message.moment - $0) / 1000 } ?? 0
            var used = [index]
            guard let (party, path) = addresses.party(of: URLText(message.url)) else {
                stranger(message.url)
                continue
            }
            noteSecrets(of: message)
            let count = steps.count
            if party == .gateway, path.hasSuffix("/mcp") {
                mcp(message, path)
            } else if party == .aws, let (operation, input) = operation(message, path) {
                used = Array(index..<(index + aws(messages[index...], operation, input)))
            } else if party == .console {
                console(message, path)
            } else if message.isOfPages {
                used = places(of: messages[index...])
                walk(messages[index...], at: used)
            } else if path.contains("/.well-known/") {
                // Clients look these up by themselves, and so they do in a lab.
            } else {
                http(message, party, path)
            }
            // A minute matters to what expires, a second does not.
            if steps.count > count, pause >= 60, pause < 31_536_000 { steps[count].pause = pause }
            for place in used { noteSecrets(of: messages[place]) }
            done.formUnion(used)
            moment = messages[used.last ?? index].moment
        }
    }

    /// Says that there is no step of something.
    mutating func leaveOut(_ what: String) { if !unmade.contains(what) { unmade.append(what) } }

    private mutating func stranger(_ url: String) {
        let origin = URLText(url).origin
        if !strangers.contains(origin) { strangers.append(origin) }
    }

    // MARK: - Who

    /// The lab's user who plays somebody: by name, by login at GitHub, by subject, or the next one who is free.
    mutating func player(of name: String) -> String {
        if let user = directory.user(name) ?? directory.user(subject: name) { return user.name }
        if let user = cast[name] { return user }
        let free = directory.users.map(\.name).filter { $0 != "admin" && $0 != "mallory" && !cast.values.contains($0) }
        let user = free.first ?? "alice"
        cast[name] = user
        return user
    }

    /// The user of a bearer token; nil without one.
    mutating func bearer(of message: RecordedMessage) -> (user: String, token: String)? {
        guard let field = message.fields["authorization"], field.lowercased().hasPrefix("bearer ") else { return nil }
        let token = String(field.dropFirst("Bearer ".count))
        if let owner = recording.owners[token] { return (player(of: owner), token) }
        if let claims = DecodedToken(token)?.claims {
            let name = claims["username"]?.string ?? claims["sub"]?.string ?? claims["email"]?.string
            if let name { return (player(of: name), token) }
        }
        return (lastUser.isEmpty ? "alice" : lastUser, token)
    }

    // MARK: - Variables

    /// What one answer brought and a later request uses is saved under a name.
    private mutating func capture() {
        var known = presets.map { preset in
            let none = RecordedStep.Brought(path: "", text: preset.text, name: preset.name)
            return (text: preset.text, step: -1, brought: none, name: String?.some(preset.name))
        }
        var said: Set<String> = []
        for index in steps.indices {
            var substitution = Substitution(values: known.map { ($0.text, $0.name) })
            steps[index].value = substitution.apply(steps[index].value)
            for number in steps[index].members.indices {
                steps[index].members[number].value = substitution.apply(steps[index].members[number].value)
            }
            for number in steps[index].expect.indices {
                steps[index].expect[number].value = substitution.apply(steps[index].expect[number].value)
            }
            for place in substitution.used.sorted() where known[place].name == nil {
                let name = free(known[place].brought.name)
                known[place].name = name
                steps[known[place].step].saves.append((name, known[place].brought.path))
            }
            steps[index] = substitution.finished(steps[index], names: known.map { $0.name ?? "" })
            said.formUnion(steps[index].said)
            for brought in steps[index].brought
            where !said.contains(brought.text) && !known.contains(where: { $0.text == brought.text }) {
                known.append((brought.text, index, brought, nil))
            }
        }
        // A target's states are told even if nobody asks for it again.
        for place in known.indices where known[place].name == nil && known[place].brought.name == "target" {
            guard recording.transitions.contains(where: { $0.subject == "target \(known[place].text)" }) else {
                continue
            }
            let name = free("target")
            known[place].name = name
            steps[known[place].step].saves.append((name, known[place].brought.path))
        }
        variablesOfTargets = known.compactMap { item in item.name.map { (item.text, $0) } }
    }

    mutating func free(_ name: String) -> String {
        var (candidate, number) = (name, 2)
        while !variables.insert(candidate).inserted {
            candidate = "\(name)\(number)"
            number += 1
        }
        return candidate
    }

    // MARK: - The file

    private func text(_ title: String, _ lab: String) -> String {
        var lines = [
            "scenario: \(YAMLText.quoted(title))",
            "about: Written by agentcore-local record. Say here what it shows, and under spec what it rests on.",
            "tags: [recorded]", "spec: [RFC 9700 section 2]",
        ]
        if lab != "default" { lines.append("lab: \(lab)") }
        if !chosen.isEmpty {
            let pairs = JSONObject(chosen.map { .init($0.name, .string($0.value)) })
            lines += YAMLText.lines("with", .object(pairs))
        }
        lines += needed.given
        lines.append("steps:")
        for step in steps { lines += step.lines(indent: "  ") }
        let traces = recording.transitions.compactMap { trace -> JSONObject.Member? in
            guard trace.subject.hasPrefix("target "),
                let name = variablesOfTargets.first(where: { trace.subject == "target \($0.text)" })?.name
            else { return nil }
            return .init("target ${\(name)}", .strings(trace.states))
        }
        var checks: [String] = []
        if !traces.isEmpty { checks += YAMLText.lines("transitions", .object(JSONObject(traces))) }
        if recording.redemptions > 0, !needed.isNeeded {
            checks.append(
                "exchanges: [{to: github, path: /login/oauth/access_token, times: \(recording.redemptions)}]")
        }
        if !checks.isEmpty { lines += ["then:"] + checks.map { "  \($0)" } }
        return Self.clean(lines, of: secrets).joined(separator: "\n") + "\n"
    }

    /// The last net: whatever is left of a secret is taken out.
    private static func clean(_ lines: [String], of secrets: Set<String>) -> [String] {
        let known = secrets.filter { $0.utf8.count >= 12 && $0 != labSecret && $0 != verifier }
            .sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
        return lines.map { line in known.reduce(line) { $0.replacing($1, by: "removed") } }
    }
}

extension Recorder.Needed {
    /// The fragments that make it, as the recording shows it.
    var given: [String] {
        guard isNeeded else { return [] }
        var provider = "github-provider"
        if let clientID, clientID.hasPrefix("Iv"), clientID != "Ov23liagentcorelocal" {
            provider = "github-provider: {clientId: Iv23liagentcorelocal}"
        }
        var values: [String] = []
        if !scopes.isEmpty {
            values.append("scopes: [\(scopes.map { YAMLText.quoted($0) }.joined(separator: ", "))]")
        }
        let named = tools.compactMap { name -> (target: String, tool: String)? in
            guard let cut = name.range(of: "___") else { return nil }
            return (String(name[..<cut.lowerBound]), String(name[cut.upperBound...]))
        }
        if let target = named.first?.target {
            if target != "github" { values.append("targetName: \(YAMLText.quoted(target))") }
            let unknown = named.filter { !["get_me", "search_repositories"].contains($0.tool) }
            if !unknown.isEmpty {
                var seen: [String] = []
                for item in named where item.target == target && !seen.contains(item.tool) { seen.append(item.tool) }
                let list = JSONValue.array(
                    seen.map { ["name": .string($0), "description": .string($0), "inputSchema": ["type": "object"]] })
                values.append("tools: \(YAMLText.quoted(JSONValue.object(["tools": list]).text))")
            }
        }
        var target = ["  - target-method-2"]
        if !values.isEmpty { target = ["  - target-method-2:"] + values.map { "      \($0)" } }
        return ["given:", "  - \(provider)", "  - gateway"] + target
    }
}
