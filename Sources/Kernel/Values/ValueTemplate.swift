/// A JSON value with holes, as data files write canned answers: `${event.orderId}`, `${query.page|1}`.
///
/// A text that is one hole keeps the type of what fills it. What is filled in is never looked at again, so an argument
/// that holds `${…}` stays as it is.
package struct ValueTemplate: Sendable {
    private let facts: JSONValue

    package init(facts: JSONValue) { self.facts = facts }

    /// nil where the template is one hole and nothing fills it: the member is left out.
    package func filled(_ template: JSONValue) -> JSONValue? {
        switch template {
        case .string(let text):
            if let hole = Self.wholeHole(text) { return value(of: hole) }
            return .string(self.text(text))
        case .array(let items): return .array(items.compactMap { filled($0) })
        case .object(let object):
            return .object(
                JSONObject(
                    object.members.compactMap { member in filled(member.value).map { .init(member.name, $0) } }))
        default: return template
        }
    }

    package func text(_ template: String) -> String {
        var result = ""
        var rest = template[...]
        while let start = rest.range(of: "${"), let end = rest[start.upperBound...].place(of: "}") {
            result += rest[..<start.lowerBound]
            result += Self.plain(value(of: rest[start.upperBound..<end]))
            rest = rest[rest.utf8.index(after: end)...]
        }
        return result + rest
    }

    /// What the holes of a text name, without defaults.
    package static func holes(in template: String) -> [Substring] {
        var holes: [Substring] = []
        var rest = template[...]
        while let start = rest.range(of: "${"), let end = rest[start.upperBound...].place(of: "}") {
            let hole = rest[start.upperBound..<end]
            holes.append(hole.place(of: "|").map { hole[..<$0] } ?? hole)
            rest = rest[rest.utf8.index(after: end)...]
        }
        return holes
    }

    /// What stands at a path of names and numbers between dots; a text that is JSON is looked into.
    package func value(at path: String) -> JSONValue? { value(at: path[...]) }

    private func value(at path: Substring) -> JSONValue? {
        var found: JSONValue? = facts
        for name in path.pieces(by: ".") {
            if let text = found?.string { found = try? JSONValue(parsing: text) }
            found = found?.array != nil ? Int(name).flatMap { found?[$0] } : found?[String(name)]
        }
        return found
    }

    /// Whether a value is as a condition says: `present`, `absent`, `{contains: text}`, else equal.
    package func holds(_ condition: JSONValue, at path: String) -> Bool {
        let found = value(at: path)
        switch condition {
        case .string("present"): return found != nil && found?.isNull == false
        case .string("absent"): return found == nil || found?.isNull == true
        case .object(let test) where test.names == ["contains"]:
            guard let part = test["contains"]?.string, let text = found.map(Self.plain) else { return false }
            return text.range(of: part) != nil
        default: return found == condition
        }
    }

    private static func wholeHole(_ text: String) -> Substring? {
        guard text.utf8.starts(with: "${".utf8), let end = text.place(of: "}"),
            text.utf8.index(after: end) == text.endIndex
        else { return nil }
        return text[text.utf8.index(text.startIndex, offsetBy: 2)..<end]
    }

    private func value(of hole: Substring) -> JSONValue? {
        let bar = hole.place(of: "|")
        if let found = value(at: bar.map { hole[..<$0] } ?? hole), !found.isNull { return found }
        return bar.map { .string(String(hole[hole.utf8.index(after: $0)...])) }
    }

    private static func plain(_ value: JSONValue?) -> String {
        switch value {
        case nil: ""
        case .string(let text): text
        case let other?: other.text
        }
    }
}
