import HTTPTypes
package import Kernel
import MCPCore

/// How well an MCP client behaves towards a gateway that asks for consent, read from the journal alone: each rule with
/// the exchanges that prove it. What happens inside a client, such as asking its user, cannot be seen from here.
package struct ClientScore: Sendable {
    package let rows: [Row]

    package struct Row: Sendable, Hashable {
        package let rule: String
        package let verdict: Verdict
        /// Sequence numbers of the exchanges that show it.
        package let proof: [Int]
        package let about: String
    }

    package enum Verdict: String, Sendable {
        case kept
        case broken
        /// Nothing happened that could keep or break it.
        case notSeen = "not seen"
    }

    /// More of the same request than this without a consent in between is a loop.
    private static let mostRepeats = 3

    /// `opened` are the links that the client gave to a browser; nil where nobody looked.
    package init(of entries: [JournalEntry], opened: [String]? = nil) {
        let reader = Reader(entries: entries, messages: entries.compactMap(Message.init), opened: opened)
        rows = [
            reader.versionHeader, reader.cursor, reader.resourceMetadata, reader.tokensInURLs, reader.errorData,
            reader.webAlone, reader.browser, reader.patience, reader.repetition, reader.loop(most: Self.mostRepeats),
        ]
        let proofs = Set(rows.flatMap(\.proof))
        lines = entries.reduce(into: [:]) { lines, entry in
            guard proofs.contains(entry.sequence), case .exchange(let exchange) = entry.event else { return }
            let method = (try? exchange.request.json())?["method"]?.string
            let status = exchange.status.map(String.init) ?? "no answer"
            let words =
                ["\(exchange.request.method.rawValue) \(exchange.request.path)", status] + [method].compactMap(\.self)
            lines[entry.sequence] = "\(exchange.from) -> \(exchange.to) \(words.joined(separator: " "))"
        }
    }

    /// How the exchanges read that prove something, by their sequence numbers.
    private let lines: [Int: String]

    /// The exchanges that show what a row says.
    package func proof(of row: Row) -> [String] { row.proof.compactMap { lines[$0] } }

    package var json: JSONValue {
        .array(
            rows.map { row in
                [
                    "rule": .string(row.rule), "verdict": .string(row.verdict.rawValue),
                    "proof": .array(row.proof.map { .int(Int64($0)) }), "about": .string(row.about),
                    "exchanges": .strings(row.proof.compactMap { lines[$0] }),
                ]
            })
    }

    /// One JSON-RPC request of a client, and what it was answered.
    struct Message: Sendable {
        let sequence: Int
        let method: String
        let params: JSONValue
        let hasVersion: Bool
        /// How the client calls itself.
        let agent: String?
        let response: Response
        let answer: JSONValue?

        init?(_ entry: JournalEntry) {
            guard case .exchange(let exchange) = entry.event, ClientScore.isClient(exchange.from),
                exchange.request.method.rawValue == "POST", exchange.request.path.hasSuffix("/mcp"),
                case .answered(let response) = exchange.outcome,
                let json = try? exchange.request.json(), let method = json["method"]?.string
            else { return nil }
            sequence = entry.sequence
            self.method = method
            params = json["params"] ?? [:]
            let version = exchange.request.header(MCPName.versionHeader)
            hasVersion = version != nil
            agent = exchange.request.header(.userAgent)
            self.response = response
            answer =
                response.json ?? ServerSentEvents.data(in: response.body).last.flatMap { try? JSONValue(parsing: $0) }
        }

        /// Name and arguments: what makes two calls the same.
        var call: JSONValue? {
            method == "tools/call" ? ["name": params["name"] ?? .null, "arguments": params["arguments"] ?? [:]] : nil
        }
        /// The link that a person has to open: of a -32042, or of an `input_required` result.
        var link: String? { questions.lazy.compactMap(\.url).first { ClientScore.isWeb($0) } }

        /// What a client was asked by URL, and under which key its answer comes.
        var questions: [(key: String, url: String)] {
            if answer?["error"]?["code"] == -32042 {
                let asked = answer?["error"]?["data"]?["elicitations"]?.array ?? []
                return asked.compactMap { one in one["url"]?.string.map { ("", $0) } }
            }
            let asked = answer?["result"]?["inputRequests"]?.object?.members ?? []
            return asked.compactMap { one in one.value["params"]?["url"]?.string.map { (one.name, $0) } }
        }
    }

    /// Whether a browser may be given it (MCP 2025-11-25, elicitation, URL mode, security).
    static func isWeb(_ link: String) -> Bool {
        ["http", "https"].contains(link.prefix { $0 != ":" }.lowercased())
    }

    static func isClient(_ party: Party) -> Bool { party == .outside || party.rawValue.hasSuffix("'s MCP client") }
}

/// Reads the rules one by one.
private struct Reader {
    let entries: [JournalEntry]
    let messages: [ClientScore.Message]
    let opened: [String]?
    /// Where somebody completed a consent, in order.
    private let completions: [Int]
    /// Everything that somebody opened at an address that a client was given, by path and query, in order.
    private let requests: [String: [(sequence: Int, agent: String?)]]

    init(entries: [JournalEntry], messages: [ClientScore.Message], opened: [String]?) {
        (self.entries, self.messages, self.opened) = (entries, messages, opened)
        completions = Self.completions(in: entries)
        let targets = Set(messages.compactMap { $0.link.flatMap { URLParts($0)?.target } })
        var requests: [String: [(sequence: Int, agent: String?)]] = [:]
        for entry in entries where !targets.isEmpty {
            guard case .exchange(let exchange) = entry.event, let path = exchange.request.head.path,
                targets.contains(path)
            else { continue }
            requests[path, default: []].append((entry.sequence, exchange.request.header(.userAgent)))
        }
        self.requests = requests
    }

    private func row(_ rule: String, _ about: String, kept: [Int], broken: [Int]) -> ClientScore.Row {
        let verdict: ClientScore.Verdict = !broken.isEmpty ? .broken : kept.isEmpty ? .notSeen : .kept
        return ClientScore.Row(
            rule: rule, verdict: verdict, proof: Array((broken.isEmpty ? kept : broken).prefix(5)), about: about)
    }

    var versionHeader: ClientScore.Row {
        let bound = messages.filter { !["initialize", "server/discover"].contains($0.method) }
        return row(
            "sends the version header", "Every request after initialize carries MCP-Protocol-Version.",
            kept: bound.filter(\.hasVersion).map(\.sequence), broken: bound.filter { !$0.hasVersion }.map(\.sequence))
    }

    var cursor: ClientScore.Row {
        var (kept, broken): ([Int], [Int]) = ([], [])
        for message in messages {
            guard let next = message.answer?["result"]?["nextCursor"]?.string else { continue }
            let follows = messages.first { $0.sequence > message.sequence && $0.params["cursor"]?.string == next }
            if let follows { kept.append(follows.sequence) } else { broken.append(message.sequence) }
        }
        return row(
            "walks the cursor", "A list with nextCursor is asked for again with it, until there is none.", kept: kept,
            broken: broken)
    }

    var resourceMetadata: ClientScore.Row {
        var (kept, broken): ([Int], [Int]) = ([], [])
        for message in messages where message.response.status == 401 {
            guard let header = message.response.header(.wwwAuthenticate),
                let mark = header.range(of: "resource_metadata=\"")
            else { continue }
            let url = header[mark.upperBound...].prefix { $0 != "\"" }
            // A challenge that names no place cannot be followed.
            guard let path = URLParts(String(url))?.path, !path.isEmpty else { continue }
            let found = entries.first { entry in
                guard entry.sequence > message.sequence, case .exchange(let exchange) = entry.event else {
                    return false
                }
                return ClientScore.isClient(exchange.from) && exchange.request.path.hasSuffix(path)
            }
            if let found { kept.append(found.sequence) } else { broken.append(message.sequence) }
        }
        return row(
            "uses resource_metadata", "After a 401 the metadata is fetched where the challenge says it lies.",
            kept: kept, broken: kept.isEmpty ? broken : [])
    }

    var tokensInURLs: ClientScore.Row {
        let tokens = SecretScan(
            TokenLineage.births(in: entries).filter { $0.kind.hasSuffix("_token") }.map { ($0.value.exposed, $0.id) })
        var (kept, broken): ([Int], [Int]) = ([], [])
        for entry in entries {
            guard case .exchange(let exchange) = entry.event, ClientScore.isClient(exchange.from),
                let target = exchange.request.head.path
            else { continue }
            let query = Form(parsing: exchange.request.query)
            if query.pairs.contains(where: { $0.name == "access_token" }) || !tokens.names(in: target).isEmpty {
                broken.append(entry.sequence)
            } else if exchange.request.header(.authorization) != nil {
                kept.append(entry.sequence)
            }
        }
        return row("puts no token in a URL", "Tokens travel in the Authorization header.", kept: kept, broken: broken)
    }

    var errorData: ClientScore.Row {
        var (kept, broken): ([Int], [Int]) = ([], [])
        for message in messages {
            guard let link = message.link, let target = URLParts(link)?.target else { continue }
            let opened = requests[target]?.first { $0.sequence > message.sequence }
            if let opened { kept.append(opened.sequence) } else { broken.append(message.sequence) }
        }
        // A newer link takes the place of an older one, so one that was opened is enough.
        return row(
            "keeps error.data", "The link of a -32042 reaches a browser.", kept: kept,
            broken: kept.isEmpty ? broken : [])
    }

    /// A link that is no web page is neither opened nor agreed to.
    var webAlone: ClientScore.Row {
        var (kept, broken): ([Int], [Int]) = ([], [])
        for link in links {
            let isOpened = opened?.contains(link.url) == true
            if ClientScore.isWeb(link.url) {
                if isOpened { kept.append(link.sequence) }
            } else if isOpened || link.agreed != nil {
                broken.append(link.agreed ?? link.sequence)
            } else {
                kept.append(link.sequence)
            }
        }
        return row(
            "opens only http(s)", "No other link is given to a browser, and none is agreed to.", kept: kept,
            broken: broken)
    }

    /// Every link that a client was asked to have opened, with the exchange in which it agreed.
    private var links: [(sequence: Int, url: String, agreed: Int?)] {
        var links: [(sequence: Int, url: String, agreed: Int?)] = []
        let replies = messages.filter { $0.params["inputResponses"] != nil }
        for message in messages {
            for question in message.questions {
                let agreed = replies.first {
                    $0.sequence > message.sequence
                        && $0.params["inputResponses"]?[question.key]?["action"] == "accept"
                }
                links.append((message.sequence, question.url, agreed?.sequence))
            }
        }
        let asked = asides.filter { $0.1["method"] == "elicitation/create" }
        let agreements = asked.isEmpty ? [] : agreements
        for (sequence, request) in asked {
            guard let url = request["params"]?["url"]?.string else { continue }
            let agreed = agreements.first { $0.sequence > sequence && $0.id == request["id"] }
            links.append((sequence, url, agreed?.sequence))
        }
        return links
    }

    /// What a server said to a client on a stream.
    private var asides: [(Int, JSONValue)] {
        entries.flatMap { entry -> [(Int, JSONValue)] in
            let data: [[UInt8]]
            switch entry.event {
            case .streamed(let streamed) where ClientScore.isClient(streamed.to):
                data = [streamed.event.data].compactMap(\.self)
            case .exchange(let exchange) where ClientScore.isClient(exchange.from):
                guard case .answered(let response) = exchange.outcome, response.json == nil else { return [] }
                data = ServerSentEvents.data(in: response.body)
            default: return []
            }
            return data.compactMap { try? JSONValue(parsing: $0) }.map { (entry.sequence, $0) }
        }
    }

    /// Answers of clients that agree to what a server asked.
    private var agreements: [(sequence: Int, id: JSONValue?)] {
        entries.compactMap { entry in
            guard case .exchange(let exchange) = entry.event, ClientScore.isClient(exchange.from),
                let json = try? exchange.request.json(), json["result"]?["action"] == "accept"
            else { return nil }
            return (entry.sequence, json["id"])
        }
    }

    /// MCP 2025-11-25, elicitation, URL mode: a client must not fetch the link itself.
    var browser: ClientScore.Row {
        var (kept, broken): ([Int], [Int]) = ([], [])
        for message in messages {
            guard let target = message.link.flatMap({ URLParts($0) })?.target else { continue }
            for request in requests[target] ?? [] where request.sequence > message.sequence {
                if request.agent != nil, request.agent == message.agent {
                    broken.append(request.sequence)
                } else {
                    kept.append(request.sequence)
                }
            }
        }
        return row(
            "leaves the link to a browser",
            "The client itself, by its User-Agent, does not fetch what a person is to open.",
            kept: kept, broken: broken)
    }

    private static func completions(in entries: [JournalEntry]) -> [Int] {
        entries.compactMap { entry in
            guard case .exchange(let exchange) = entry.event, exchange.to == .aws, exchange.status == 200,
                exchange.request.path.hasSuffix("/CompleteResourceTokenAuth")
            else { return nil }
            return entry.sequence
        }
    }

    /// Each call that was asked for a consent, with the identical ones after it.
    private var asked: [(first: ClientScore.Message, later: ArraySlice<ClientScore.Message>)] {
        let calls = Dictionary(grouping: messages, by: \.call)
        var passed: [JSONValue?: Int] = [:]
        return messages.compactMap { message in
            let place = passed[message.call, default: 0]
            passed[message.call] = place + 1
            guard message.link != nil, let alike = calls[message.call] else { return nil }
            return (message, alike[(place + 1)...])
        }
    }

    var patience: ClientScore.Row {
        var (kept, broken): ([Int], [Int]) = ([], [])
        for (first, later) in asked {
            guard let next = later.first else { continue }
            let isDone = completions.contains { (first.sequence..<next.sequence).contains($0) }
            if isDone { kept.append(next.sequence) } else { broken.append(next.sequence) }
        }
        return row(
            "waits for completion", "The call is repeated after the consent was completed, not before.", kept: kept,
            broken: broken)
    }

    var repetition: ClientScore.Row {
        var (kept, broken): ([Int], [Int]) = ([], [])
        for (first, later) in asked {
            guard let done = completions.first(where: { $0 > first.sequence }) else { continue }
            let after = later.first { $0.sequence > done }
            if let after { kept.append(after.sequence) } else { broken.append(first.sequence) }
        }
        return row(
            "repeats the identical call", "After the consent the same call is made again: nobody queued it.",
            kept: kept, broken: broken)
    }

    func loop(most: Int) -> ClientScore.Row {
        var (kept, broken): ([Int], [Int]) = ([], [])
        for (first, later) in asked {
            let end = completions.first { $0 > first.sequence } ?? Int.max
            // They are in order: this one is before the end, or none behind it is.
            let next = later.dropFirst(most).first.flatMap { $0.sequence < end ? $0.sequence : nil }
            if let next { broken.append(next) } else { kept.append(first.sequence) }
        }
        return row(
            "does not loop", "A call that needs a consent is not made again and again without one.", kept: kept,
            broken: broken)
    }
}
