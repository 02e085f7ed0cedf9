import Kernel
import Scenario

/// A step that is being made from a recording.
struct RecordedStep {
    /// Keyword and its value: `aws`, `CreateGateway`.
    var keyword: String
    var value: JSONValue
    var members: [(name: String, value: JSONValue)] = []
    var expect: [(name: String, value: JSONValue)] = []
    var saves: [(name: String, path: String)] = []
    /// What an answer brought that nobody had said before: a path in the outcome, the text, a name for it.
    var brought: [Brought] = []
    /// World time that passed before it.
    var pause: Int64 = 0
    /// Repeated until its answer was this.
    var isAwaited = false
    /// Everything that the sender said, to know what an answer only repeats.
    var said: [String] = []

    struct Brought {
        let path: String
        let text: String
        let name: String
    }

    init(_ keyword: String, _ value: String) {
        self.keyword = keyword
        self.value = .string(value)
    }

    mutating func member(_ name: String, _ value: JSONValue) { members.append((name, value)) }

    /// Everything in an answer that may be asked for again.
    mutating func bring(_ value: JSONValue?, under root: String) {
        guard let value else { return }
        for (path, text) in Leaves.of(value) where text.utf8.count >= 8 && text.utf8.count <= 4096 {
            let whole = path.isEmpty ? root : path.hasPrefix("[") ? "\(root)\(path)" : "\(root).\(path)"
            let last = String((path.split(separator: ".").last ?? "value").prefix { $0 != "[" })
            bring(text, whole, Self.name(last, text))
        }
    }

    /// Of an address also its parameters.
    mutating func bring(_ text: String, _ path: String, _ name: String) {
        brought.append(Brought(path: path, text: text, name: name))
        guard text.hasPrefix("${lab.") || text.contains("://"), let query = URLText(text).query else { return }
        for pair in query.pairs where pair.value.utf8.count >= 8 {
            brought.append(
                Brought(path: "\(path)?\(pair.name)", text: pair.value, name: Self.name(pair.name, pair.value)))
        }
    }

    private static let names = [
        "gatewayId": "gateway", "targetId": "target", "credentialProviderArn": "provider", "sessionUri": "session",
        "authorizationUrl": "consent", "url": "consent", "session_id": "session", "request_uri": "session",
        "mcp-session-id": "mcpSession",
    ]

    private static func name(_ member: String, _ text: String) -> String {
        if let name = names[member] { return name }
        let words = member.split { !($0.isLetter || $0.isNumber) }.map(String.init)
        guard let first = words.first, first.first?.isLetter == true else { return "value" }
        return words.dropFirst().reduce(first.prefix(1).lowercased() + first.dropFirst()) {
            $0 + $1.prefix(1).uppercased() + $1.dropFirst()
        }
    }
}

// As a file has it.
extension RecordedStep {
    func lines(indent: String) -> [String] {
        var lines: [String] = []
        if pause > 0 { lines.append("\(indent)- clock: {advance: \(pause)s}") }
        var body = value.string == nil ? YAMLText.lines(keyword, value) : ["\(keyword): \(YAMLText.scalar(value))"]
        for member in members { body += YAMLText.lines(member.name, member.value) }
        if !expect.isEmpty {
            body += YAMLText.lines("expect", .object(JSONObject(expect.map { .init($0.name, $0.value) })))
        }
        if !saves.isEmpty {
            body += YAMLText.lines("save", .object(JSONObject(saves.map { .init($0.name, .string($0.path)) })))
        }
        if isAwaited {
            body = ["wait:", "  until:"] + body.map { "    \($0)" }
        }
        return lines + body.enumerated().map { "\(indent)\($0.offset == 0 ? "- " : "  ")\($0.element)" }
    }
}

/// YAML as people write it: short things in one line, long ones in blocks.
enum YAMLText {
    static func lines(_ name: String, _ value: JSONValue) -> [String] {
        let key = scalar(.string(name))
        let flow = "\(key): \(flow(value))"
        if flow.utf8.count <= 100 { return [flow] }
        switch value {
        case .object(let object) where !object.isEmpty:
            return ["\(key):"] + object.members.flatMap { lines($0.name, $0.value) }.map { "  \($0)" }
        case .array(let items) where !items.isEmpty:
            return ["\(key):"] + items.flatMap(item).map { "  \($0)" }
        default: return ["\(key): \(scalar(value))"]
        }
    }

    private static func item(_ value: JSONValue) -> [String] {
        guard case .object(let object) = value, !object.isEmpty, flow(value).utf8.count > 100 else {
            return ["- \(flow(value))"]
        }
        return object.members.flatMap { lines($0.name, $0.value) }.enumerated().map {
            "\($0.offset == 0 ? "- " : "  ")\($0.element)"
        }
    }

    private static func flow(_ value: JSONValue) -> String {
        switch value {
        case .array(let items): "[\(items.map(flow).joined(separator: ", "))]"
        case .object(let object):
            "{\(object.members.map { "\(flowScalar($0.name)): \(flow($0.value))" }.joined(separator: ", "))}"
        case .string(let text): flowScalar(text)
        default: value.text.escapingControls
        }
    }

    static func scalar(_ value: JSONValue) -> String {
        guard case .string(let text) = value else { return value.text }
        return isPlain(text, letters: "-_./$@+{}:?=&%,") && !text.hasPrefix("{") && !text.hasSuffix(":")
            ? text : quoted(text)
    }

    /// In quotes, whatever letters it has, and in the log of GitHub Actions no order to it.
    static func quoted(_ text: String) -> String { JSONValue.string(text).text.escapingControls.escapingOrders }

    private static func flowScalar(_ text: String) -> String {
        isPlain(text, letters: "-_./$@+") && !text.contains("${") ? text : quoted(text)
    }

    private static func isPlain(_ text: String, letters: String) -> Bool {
        guard let first = text.unicodeScalars.first, first.properties.isAlphabetic || first == "$" || first == "/",
            first.isASCII, !["true", "false", "null", "yes", "no", "on", "off", "y", "n"].contains(text.lowercased())
        else { return false }
        return text.unicodeScalars.allSatisfy { letter in
            letter.isASCII && (letter.properties.isAlphabetic || ("0"..."9").contains(letter))
                || letters.unicodeScalars.contains(letter)
        }
    }
}
