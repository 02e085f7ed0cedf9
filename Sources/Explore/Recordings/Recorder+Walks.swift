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
            // The end of a way need not be a page.
            guard follows(next, last) else {
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
        if let decision = Self.decision(of: way) { step.member("decide", .string(decision)) }
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

    private static func decision(of way: [RecordedMessage]) -> String? {
        let decisions = way.compactMap { $0.form?["decision"] }
        if decisions.contains("deny") { return "deny" }
        if decisions.count > 1 { return "double-click" }
        if decisions.contains("approve") { return "approve" }
        // A page with a question was the last that was seen.
        let last = way.last.map { URLText($0.url).path } ?? ""
        return last.hasSuffix("/authorize") && (way.last?.status ?? 0) == 200 ? "abandon" : nil
    }
}
