import Kernel
import OAuthCore

// A person's way through pages becomes one step: the robot signs in and decides as the person did.
extension Recorder {
    /// Messages of one walk, by their places; the first is the first of `messages`.
    func places(of messages: ArraySlice<RecordedMessage>) -> [Int] {
        guard let first = messages.first else { return [] }
        var (places, last) = ([messages.startIndex], first)
        for index in messages.indices.dropFirst().prefix(60) {
            let next = messages[index]
            guard next.sender == first.sender else { continue }
            // The end of a way need not be a page. Who presses the button once more is still on it.
            guard follows(next, last) || places.contains(where: { next.isPressed(like: messages[$0]) }) else {
                if next.isOfPages { break }
                continue
            }
            places.append(index)
            last = next
        }
        return places
    }

    private func follows(_ next: RecordedMessage, _ last: RecordedMessage) -> Bool {
        if let location = last.location, (300..<400).contains(last.status ?? 0) {
            return addresses.named(next.url) == addresses.named(Self.resolved(location, last.url))
        }
        let (from, to) = (URLText(last.url), URLText(next.url))
        guard next.isOfPages, last.answerType.contains("html"), from.origin == to.origin else { return false }
        return next.method == "POST" || next.fields["referer"].map { URLText($0).path == from.path } ?? false
    }

    private static func resolved(_ location: String, _ base: String) -> String {
        guard !location.contains("://") else { return location }
        let origin = URLText(base).origin
        return location.hasPrefix("/") ? origin + location : "\(origin)/\(location)"
    }

    /// One `browser:` step.
    mutating func walk(_ messages: ArraySlice<RecordedMessage>, at places: [Int]) {
        guard let firstPlace = places.first, let lastPlace = places.last else { return }
        let (first, last, way) = (messages[firstPlace], messages[lastPlace], places.map { messages[$0] })
        let user = visitor(of: way)
        lastUser = user
        expectLink(way, user)
        var step = RecordedStep("browser", start(of: way))
        step.member("as", .string(user))
        if let decision = decision(of: way) { step.member("decide", .string(decision)) }
        let landed: String
        if let location = last.location, (300..<400).contains(last.status ?? 0) {
            landed = addresses.named(Self.resolved(location, last.url))
        } else {
            landed = addresses.named(last.url)
            step.expect.append(("status", .int(Int64(last.status ?? 0))))
        }
        let end = URLText(landed)
        // Up to what is another one each time.
        let parts = landed.prefix { $0 != "?" }.split(separator: "/", omittingEmptySubsequences: false)
        let front = parts.prefix { $0.utf8.count < 20 }.joined(separator: "/")
        step.expect.append(("landed", ["starts-with": .string(front)]))
        for pair in end.query?.pairs ?? [] {
            if let own = chosen.first(where: { $0.recorded == pair.value }) {
                step.expect.append(("query.\(pair.name)", .string("${\(own.name)}")))
            } else if pair.name == "error" {
                step.expect.append(("query.error", .string(pair.value)))
            } else if pair.value.utf8.count >= 8 {
                step.bring(pair.value, "query.\(pair.name)", pair.name == "session_id" ? "session" : pair.name)
            }
        }
        let isCompleted = messages.dropFirst(lastPlace - firstPlace).contains {
            $0.url.hasSuffix("/identities/CompleteResourceTokenAuth")
        }
        if isCompleted, end.query?["session_id"] != nil { step.member("complete", false) }
        step.said = URLText(addresses.named(first.url)).query?.pairs.map(\.value) ?? []
        steps.append(step)
    }

    /// Where the robot begins: an authorization request of a client has a state, a nonce and a challenge of its own.
    private mutating func start(of way: [RecordedMessage]) -> String {
        let named = addresses.named(way[0].url)
        let url = URLText(named)
        guard let query = url.query else { return named }
        var pairs: [(name: String, value: String)] = []
        for pair in query.pairs {
            switch pair.name {
            case "state", "nonce":
                pairs.append((pair.name, wasBrought(pair.value) ? pair.value : choose(pair.name, pair.value)))
            case "code_challenge":
                _ = choose("verifier", Self.verifier, recorded: Self.verifier)
                let name = choose("challenge", PKCE.challenge(for: Self.verifier), recorded: "challenge")
                pairs.append((pair.name, name))
            default: pairs.append((pair.name, safeText(pair.name, pair.value, of: way[0])))
            }
        }
        return "\(named.prefix { $0 != "?" })?\(RecordedAddresses.encoded(pairs))"
    }

    /// A name for a value that the client made up.
    mutating func choose(_ name: String, _ value: String, recorded: String? = nil) -> String {
        if let known = chosen.first(where: { $0.recorded == recorded ?? value }) { return "${\(known.name)}" }
        let free = free(name)
        chosen.append((free, recorded == nil ? "recorded-\(free)" : value, recorded ?? value))
        return "${\(free)}"
    }

    /// A link that the recording does not show being given: the lab makes one by a tool call.
    private mutating func expectLink(_ way: [RecordedMessage], _ user: String) {
        guard let first = way.first else { return }
        let url = URLText(addresses.named(first.url))
        let isOurs = url.path.hasSuffix("/identities/oauth2/authorize")
        let session = isOurs ? url.query?["request_uri"] : nil
        let atProvider = way.first { URLText($0.url).path.hasSuffix("/login/oauth/authorize") }
        let isBehindOurs = url.query?["redirect_uri"]?.contains("/identities/oauth2/callback/") == true
        guard isOurs || isBehindOurs, !wasBrought(addresses.named(first.url)), session.map(wasBrought) != true else {
            return
        }
        needed.links.append(first.url)
        if let query = atProvider.flatMap({ URLText($0.url).query }) {
            needed.clientID = needed.clientID ?? query["client_id"]
            if needed.scopes.isEmpty { needed.scopes = ScopeSet(parsing: query["scope"] ?? "").names }
        }
        var call = RecordedStep("mcp", "tools/call")
        call.member("as", .string(user))
        call.member("with", ["name": .string(needed.tools.first ?? "github___get_me")])
        call.expect.append(("error.code", -32042))
        let path = "error.data.elicitations[0].url"
        call.brought.append(.init(path: path, text: start(of: way), name: "consent"))
        if let session { call.brought.append(.init(path: "\(path)?request_uri", text: session, name: "session")) }
        steps.append(call)
        signedIn.insert(user)
    }

    // MARK: - What the person did

    private mutating func visitor(of way: [RecordedMessage]) -> String {
        for message in way {
            let form = message.form
            if let name = form?["username"] ?? form?["login"], !name.isEmpty { return player(of: name) }
        }
        if let sender = way.first?.sender, let cut = sender.range(of: "'s ") {
            return player(of: String(sender[..<cut.lowerBound]))
        }
        return lastUser.isEmpty ? "alice" : lastUser
    }

    private mutating func decision(of way: [RecordedMessage]) -> String? {
        let presses = way.indices.filter { way[$0].form?["decision"] != nil }
        guard let press = presses.first, let decision = way[press].form?["decision"] else {
            // A page with a question was the last that was seen.
            let last = way.last.map { URLText($0.url).path } ?? ""
            return last.hasSuffix("/authorize") && (way.last?.status ?? 0) == 200 ? "abandon" : nil
        }
        if decision == "deny" { return decision }
        guard decision == "approve" else { return nil }
        var found: [String] = []
        if presses.count > 1 { found.append(presses[1] == press + 1 ? "double-click" : "back") }
        if press > 0, way[press].moment - way[press - 1].moment >= Self.tooLong { found.append("expire") }
        let given = way[press].form?.all("scope") ?? []
        let asked = Self.boxes(of: way[..<press]) ?? (given.isEmpty ? [] : Self.asked(by: way[..<press]))
        if asked.count > 1, given == [asked[0]] {
            found.append("narrow-scopes")
        } else if !asked.isEmpty, given != asked {
            let ticked = given.isEmpty ? "nothing" : given.joined(separator: ", ")
            leaveOut(
                "that of the scopes \(asked.joined(separator: ", ")) \(ticked) stayed ticked: a robot unticks all but "
                    + "the first, or none")
        }
        for other in found.dropFirst() { leaveOut("decide: \(other), beside \(found[0]): a robot does one of them") }
        return found.first ?? decision
    }

    /// Longer than any page, code or session lives, in milliseconds.
    private static let tooLong: Int64 = 600_000

    /// The scopes of the request, of each of which a page has a box.
    private static func asked(by way: ArraySlice<RecordedMessage>) -> [String] {
        let scopes = way.last { URLText($0.url).query?["scope"] != nil }.flatMap { URLText($0.url).query?["scope"] }
        return scopes.map { ScopeSet(parsing: $0).names } ?? []
    }

    /// The scopes that the page before the button had boxes for; nil for one of which a journal has the words alone.
    private static func boxes(of way: ArraySlice<RecordedMessage>) -> [String]? {
        guard let page = way.last(where: { $0.answerType.contains("html") }), page.answer.contains("<input ") else {
            return nil
        }
        return page.answer.split(separator: "<").filter { $0.hasPrefix("input ") }.compactMap { tag in
            let tag = String(tag.prefix { $0 != ">" })
            guard tag.contains("name=\"scope\""), tag.contains("type=\"checkbox\""),
                let start = tag.range(of: "value=\"")
            else { return nil }
            return String(tag[start.upperBound...].prefix { $0 != "\"" }).replacing("&amp;", by: "&")
        }
    }
}

extension RecordedMessage {
    /// Whether both are the same button of the same page.
    fileprivate func isPressed(like other: RecordedMessage) -> Bool {
        guard method == "POST", method == other.method, url == other.url, let decision = form?["decision"] else {
            return false
        }
        return decision == other.form?["decision"]
    }
}
