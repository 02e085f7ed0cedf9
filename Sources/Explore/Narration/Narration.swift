package import Harness
package import Kernel
package import Scenario

/// A run told line by line: who speaks to whom, why, and what moved. Messages inside a message stand inside it, though
/// the journal has them in the order in which they ended.
package struct Narration: Sendable {
    package let lines: [Line]

    package struct Line: Sendable, Hashable {
        package enum Kind: Sendable, Hashable { case title, step, message, why, move, answer }
        package let kind: Kind
        package let text: String
        /// Where the line begins a message.
        package var message: Message?
    }

    /// A request on its way, as a line tells it.
    package struct Message: Sendable, Hashable {
        package let exchange: Exchange
        /// `gateway => mcp  POST /mcp  tools/call get_me`
        package let head: String
        package let remark: Remark?
    }

    /// What is said of a kind of message.
    package struct Remark: Sendable, Hashable {
        let to: String
        let from: String?
        let method: String?
        let path: String
        let body: String?
        package let say: String
        package let section: String

        package func fits(_ exchange: Exchange) -> Bool {
            guard exchange.to.rawValue == to, exchange.request.path.hasPrefix(path) else { return false }
            if let method, "\(exchange.request.method)" != method { return false }
            if let from, !exchange.from.rawValue.hasSuffix(from) { return false }
            guard let body else { return true }
            return String(decoding: exchange.request.body, as: UTF8.self).contains(body)
        }
    }

    /// `width` is how many columns an explanation may take.
    package init(_ result: ScenarioResult, remarks: [Remark], width: Int = 100) {
        let mask = SecretMask(result.journal, secrets: result.secrets)
        var teller = Teller(mask: mask, remarks: remarks, width: width)
        teller.say(.title, result.file.scenario)
        if let about = result.file.about { teller.say(.why, about) }
        for happening in result.happenings(toDepth: 0) { teller.tell(happening, 0) }
        for failure in result.failures {
            teller.say(.answer, "NOT HELD: \(clipped(failure.sentence))")
        }
        lines = teller.lines
    }
}

private struct Teller {
    let mask: SecretMask
    let remarks: [Narration.Remark]
    let width: Int
    var lines: [Narration.Line] = []
    private var told: Set<Int> = []

    init(mask: SecretMask, remarks: [Narration.Remark], width: Int) {
        self.mask = mask
        self.remarks = remarks
        self.width = width
    }

    mutating func say(_ kind: Narration.Line.Kind, _ text: String) { lines.append(.init(kind: kind, text: text)) }

    mutating func tell(_ happening: Happening, _ depth: Int) {
        switch happening.event {
        case .step(let record): say(.step, record.title)
        case .entry(let entry): tell(entry, happening.inner, depth)
        }
    }

    private mutating func tell(_ entry: JournalEntry, _ inner: [Happening], _ depth: Int) {
        let space = String(repeating: "   ", count: depth)
        // Below the time of day.
        let gap = String(repeating: " ", count: 10 + 3 * depth)
        switch entry.event {
        case .exchange(let exchange): tell(exchange, entry.at, inner, depth, space)
        case .transition(let move):
            let from = move.from.map { "\($0) -> " } ?? ""
            say(.move, "\(gap)* \(short(mask.text(move.subject))): \(from)\(move.to)  (\(mask.text(move.cause)))")
        case .token(.issued(let birth)):
            let user = birth.user.map { " for \(short($0))" } ?? ""
            say(.move, "\(gap)+ \(birth.issuer) issues a new \(birth.kind.replacing("_", by: " "))\(user)")
        case .token(.held(_, let holder)): say(.move, "\(gap)+ the \(holder) keeps the token")
        case .note(let note):
            let rule = note.rule.map { " [\($0)]" } ?? ""
            say(.move, "\(gap)! \(note.party): \(mask.text(note.text))\(rule)")
        case .fault(let name, let party): say(.move, "\(gap)! at \(party) the fault \(name) strikes")
        case .alarm, .streamed, .token: break
        }
    }

    private mutating func tell(
        _ exchange: Exchange, _ at: Instant, _ inner: [Happening], _ depth: Int, _ space: String
    ) {
        let clock = at.iso8601.dropFirst(11).prefix(8)
        let target = short(mask.target(exchange.request).prefix { $0 != "?" }.description)
        let subject = Self.subject(of: exchange.request)
        let head = "\(exchange.from) => \(exchange.to)  \(exchange.request.method) \(target)\(subject)"
        let answer: String
        switch exchange.outcome {
        case .answered(let response): answer = "\(response.status)\(Self.gist(of: response))"
        case .failed(let failure): answer = failure.reason.rawValue
        }
        let isLeaf = !inner.contains(where: \.isMessage)
        let place = remarks.firstIndex { $0.fits(exchange) }
        let message = Narration.Message(exchange: exchange, head: head, remark: place.map { remarks[$0] })
        let text = "\(clock)  \(space)\(head)\(isLeaf ? "  \(answer)" : "")"
        lines.append(.init(kind: .message, text: text, message: message))
        if let place, told.insert(place).inserted {
            let remark = remarks[place]
            for line in Narration.wrapped("\(remark.say) [\(remark.section)]", width - 10 - space.utf8.count) {
                say(.why, "          \(space)\(line)")
            }
        }
        for happening in inner { tell(happening, depth + 1) }
        if !isLeaf { say(.answer, "          \(space)\(exchange.from) <= \(exchange.to)  \(answer)") }
    }

    /// What a JSON-RPC request asks for: its path says nothing of it.
    private static func subject(of request: Request) -> String {
        guard "\(request.method)" == "POST", let json = try? request.json(), json["jsonrpc"] != nil,
            let method = json["method"]?.string
        else { return "" }
        let name = json["params"]?["name"]?.string.map { " \($0)" } ?? ""
        return "  \(method)\(name)"
    }

    /// What is worth knowing of an answer beside its status.
    private static func gist(of response: Response) -> String {
        if let code = response.json?["error"]?["code"]?.int { return ", error \(code)" }
        if let error = response.json?["error"]?.string { return ", \(error)" }
        if let status = response.json?["status"]?.string { return ", \(status)" }
        return ""
    }

    /// Ids and URNs by their beginning.
    private func short(_ text: String) -> String {
        text.split(separator: "/", omittingEmptySubsequences: false).map { part in
            let words = part.split(separator: " ", omittingEmptySubsequences: false).map { word -> String in
                let bare = word.hasPrefix("urn:") ? word.split(separator: ":").last ?? word : word
                return bare.utf8.count > 30 ? "\(bare.prefix(10))…" : String(bare)
            }
            return words.joined(separator: " ")
        }.joined(separator: "/")
    }
}

extension Narration {
    /// Reads what is said of messages.
    ///
    /// - Throws: `Diagnostic` for YAML that cannot be read, else for the first member that is missing, unknown or of
    ///   the wrong kind.
    package static func remarks(_ source: Source) throws(Diagnostic) -> [Remark] {
        var reading = Reading(Vocabulary())
        let file = TextPart(try DocumentNode.parse(source), "the narration", ["messages"], &reading)
        var remarks: [Remark] = []
        for (index, node) in file.items("messages", &reading).enumerated() {
            let known = ["to", "from", "method", "path", "body", "say", "section"]
            remarks.append(Remark(TextPart(node, "message \(index + 1)", known, &reading), &reading))
        }
        if let mistake = reading.diagnostics.first { throw mistake }
        return remarks
    }
}

extension Narration.Remark {
    init(_ part: TextPart, _ reading: inout Reading) {
        self.init(
            to: part.text("to", &reading), from: part.optional("from", &reading),
            method: part.optional("method", &reading), path: part.text("path", &reading),
            body: part.optional("body", &reading), say: part.text("say", &reading),
            section: part.text("section", &reading))
    }
}

/// A whole page is no word.
private func clipped(_ text: String) -> String { text.utf8.count > 160 ? "\(text.prefix(160))…" : text }

extension Narration {
    /// A text in lines of at most `width` columns.
    static func wrapped(_ text: String, _ width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + word.count < width {
                lines[lines.count - 1] = "\(last) \(word)"
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }
}

// As a film.
extension Narration {
    /// Seconds before a line appears: a reader needs time for a sentence, and none for what goes with it.
    package static func pause(before line: Line) -> Double {
        switch line.kind {
        case .title, .step: 1.2
        case .message: 0.6
        case .why: 0.2 + Double(line.text.utf8.count) / 60
        case .move, .answer: 0.4
        }
    }

    /// An asciicast, version 2: a head and one line for each piece of output.
    package func cast(_ shown: (Line) -> String) -> String {
        var time = 0.0
        let title = lines.first?.text ?? ""
        let head: JSONValue = ["version": 2, "width": 120, "height": 40, "title": .string(title)]
        var rows = [head.text]
        for line in lines {
            time += Self.pause(before: line)
            let stamp = (time * 1000).rounded() / 1000
            rows.append(JSONValue.array([.double(stamp), "o", .string("\(shown(line))\r\n")]).text)
        }
        return rows.joined(separator: "\n") + "\n"
    }
}
