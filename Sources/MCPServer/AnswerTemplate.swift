import Kernel

/// Fills the holes of a canned answer: `${arguments.owner}`, `${user.login|somebody}`.
///
/// What is filled in is never looked at again, so an argument that holds `${…}` stays as it is.
struct AnswerTemplate {
    let facts: JSONValue

    /// nil where the template is one hole and there is nothing to fill it: the member is left out.
    func filled(_ template: JSONValue) -> JSONValue? {
        switch template {
        case .string(let text):
            if let hole = wholeHole(text) { return value(of: hole) }
            return .string(self.text(text))
        case .array(let items): return .array(items.compactMap { filled($0) })
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.compactMap { member in filled(member.value).map { .init(member.name, $0) } }))
        default: return template
        }
    }

    func text(_ template: String) -> String {
        var result = ""
        var rest = template[...]
        while let start = rest.range(of: "${"), let end = rest[start.upperBound...].firstIndex(of: "}") {
            result += rest[..<start.lowerBound]
            result += Self.plain(value(of: rest[start.upperBound..<end]))
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }

    private func wholeHole(_ text: String) -> Substring? {
        guard text.hasPrefix("${"), text.firstIndex(of: "}") == text.index(text.endIndex, offsetBy: -1) else {
            return nil
        }
        return text.dropFirst(2).dropLast()
    }

    private func value(of hole: Substring) -> JSONValue? {
        let parts = hole.split(separator: "|", maxSplits: 1, omittingEmptySubsequences: false)
        var found: JSONValue? = facts
        for name in (parts.first ?? "").split(separator: ".") { found = found?[String(name)] }
        if let found, !found.isNull { return found }
        return parts.count > 1 ? .string(String(parts[1])) : nil
    }

    private static func plain(_ value: JSONValue?) -> String {
        switch value {
        case nil: ""
        case .string(let text): text
        case let other?: other.text
        }
    }
}
