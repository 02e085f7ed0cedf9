import Kernel

/// A request and its answer as a recording has them, whoever made it.
package struct RecordedMessage: Sendable, Hashable {
    /// Who sent it, where the recording knows: `alice's browser`.
    var sender = ""
    /// Milliseconds since some beginning.
    var moment: Int64 = 0
    var method = "GET"
    /// With scheme and authority, as it was sent.
    var url = ""
    /// Names in lower case.
    var fields: [String: String] = [:]
    var body = ""
    /// nil if no answer came.
    var status: Int?
    var answerFields: [String: String] = [:]
    var answer = ""

    var json: JSONValue? { Self.json(body) }
    /// Of an event stream the last message.
    var answerJSON: JSONValue? {
        guard answerType.hasPrefix("text/event-stream") else { return Self.json(answer) }
        return answer.split(separator: "\n").last { $0.hasPrefix("data:") }.flatMap {
            Self.json(String($0.dropFirst(5)))
        }
    }
    var type: String { (fields["content-type"] ?? "").lowercased() }
    var answerType: String { (answerFields["content-type"] ?? "").lowercased() }
    var location: String? { answerFields["location"] }

    /// The parameters of a form that was sent.
    var form: Form? { type.hasPrefix(Form.mediaType) ? Form(parsing: body) : nil }

    /// Whether it is a step of a person's way through pages: a page, or a way to the next.
    var isOfPages: Bool {
        guard method == "GET" || method == "POST", !url.contains("/.well-known/") else { return false }
        guard method == "GET" || form != nil else { return false }
        return answerType.contains("html") || (300..<400).contains(status ?? 0) && location != nil
    }

    /// A HAR has a status of 0 where none came.
    var isAnswered: Bool { status ?? 0 != 0 }

    /// What a browser loads by itself, and what asks whether something may be asked.
    var isNoise: Bool {
        if method == "OPTIONS" { return true }
        let path = URLText(url).path.lowercased()
        let endings = [".css", ".js", ".png", ".ico", ".svg", ".woff", ".woff2", ".jpg", ".gif", ".map"]
        return endings.contains { path.hasSuffix($0) }
    }

    private static func json(_ text: String) -> JSONValue? {
        guard let first = text.utf8.first(where: { $0 > 32 }), first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
        else { return nil }
        return try? JSONValue(parsing: Array(text.utf8))
    }
}

/// A URL taken apart without judging it: recordings with secrets taken out hold what no URL may.
struct URLText: Hashable {
    /// Scheme, host and port in lower case; empty for a path.
    let origin: String
    let path: String
    let query: Form?

    init(_ text: String) {
        let whole = text.prefix { $0 != "#" }
        let cut = whole.firstIndex(of: "?")
        let front = cut.map { whole[..<$0] } ?? whole
        query = cut.map { Form(parsing: String(whole[whole.index(after: $0)...])) }
        guard let scheme = String(front).range(of: "://"), front.hasPrefix("http") else {
            (origin, path) = ("", String(front))
            return
        }
        let rest = String(String(front)[scheme.upperBound...])
        let authority = rest.prefix { $0 != "/" }
        // Who asks is part of no origin, and a password least of all (RFC 3986 section 3.2.1).
        let host = authority.split(separator: "@", omittingEmptySubsequences: false).last ?? authority
        origin = "\(String(front)[..<scheme.upperBound])\(host)".lowercased()
        path = String(rest.dropFirst(authority.count))
    }
}

/// Why a text is no recording.
package struct RecordingMistake: Error, Hashable, CustomStringConvertible {
    package let description: String
}

/// A whole recording.
package struct Recording: Sendable {
    package private(set) var messages: [RecordedMessage] = []
    /// Requests that no answer came to, of which no step can be made.
    private(set) var unanswered: [RecordedMessage] = []
    /// Where parties are reached, as far as the recording itself shows it.
    var origins: [String: Party] = [:]
    /// States that subjects went through, in order.
    var transitions: [(subject: String, states: [String])] = []
    /// What was seen of which no step can be made, in words.
    var unmade: [String] = []
    /// Applications that came to GitHub, of a journal.
    var clients: [String] = []
    /// How often GitHub's token endpoint was asked.
    var redemptions = 0
    /// The user behind a token that is shown by its name.
    var owners: [String: String] = [:]

    mutating func add(_ message: RecordedMessage) {
        guard !message.isNoise else { return }
        if message.isAnswered { messages.append(message) } else { unanswered.append(message) }
    }

    /// Whether what `given` fragments would make is made by the recording itself.
    var makesGateways: Bool { messages.contains { $0.method == "POST" && $0.url.hasSuffix("/gateways/") } }

    /// Reads a HAR (http://www.softwareishard.com/blog/har-12-spec/) or what `GET /_local/journal` answered.
    package init(_ text: String) throws(RecordingMistake) {
        let root: JSONValue
        do {
            root = try JSONValue(parsing: Array(text.utf8))
        } catch {
            throw RecordingMistake(description: "this is no JSON: \(error)")
        }
        if let entries = root["log"]?["entries"]?.array {
            readHAR(entries)
        } else if let entries = root["entries"]?.array {
            readJournal(entries)
        } else {
            throw RecordingMistake(
                description: "this is neither a HAR (log.entries) nor a journal (entries, as /_local/journal answers)")
        }
        guard !messages.isEmpty else {
            throw RecordingMistake(description: "the recording has no request that anybody outside the lab sent")
        }
    }
}
