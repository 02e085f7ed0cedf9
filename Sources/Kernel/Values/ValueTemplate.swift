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
            var bytes = text
            return bytes.withUTF8 { bytes in
                Self.wholeHole(bytes).map { value(of: $0) } ?? .string(self.text(text))
            }
        case .array(let items): return .array(items.compactMap { filled($0) })
        case .object(let object): return .object(object.compactMapValues(filled))
        default: return template
        }
    }

    package func text(_ template: String) -> String {
        var result = ""
        var rest = template[...]
        while let start = rest.range(of: "${"), let end = rest[start.upperBound...].place(of: "}") {
            result += rest[..<start.lowerBound]
            var hole = rest[start.upperBound..<end]
            result += Self.plain(hole.withUTF8 { value(of: $0) })
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
    package func value(at path: String) -> JSONValue? {
        var path = path
        return path.withUTF8 { value(at: $0) }
    }

    /// Bytes of the template, because each of its names would be a text made for one look.
    private func value(at path: UnsafeBufferPointer<UInt8>) -> JSONValue? {
        var found = facts
        var start = 0
        while start < path.count {
            let end = place(of: UInt8(ascii: "."), in: path, from: start) ?? path.count
            let name = UnsafeBufferPointer(rebasing: path[start..<end])
            start = end + 1
            guard !name.isEmpty else { continue }
            guard let next = Self.part(name, of: found) else { return nil }
            found = next
        }
        return found
    }

    private static func part(_ name: UnsafeBufferPointer<UInt8>, of value: JSONValue) -> JSONValue? {
        switch value {
        case .object(let object): object.value(named: name)
        case .array: Int(String(decoding: name, as: UTF8.self)).flatMap { value[$0] }
        case .string(let text):
            switch try? JSONValue(parsing: text) {
            case .string?, nil: nil
            case let parsed?: part(name, of: parsed)
            }
        default: nil
        }
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

    private static func wholeHole(_ text: UnsafeBufferPointer<UInt8>) -> UnsafeBufferPointer<UInt8>? {
        guard text.count > 2, text[0] == UInt8(ascii: "$"), text[1] == UInt8(ascii: "{"),
            place(of: UInt8(ascii: "}"), in: text) == text.count - 1
        else { return nil }
        return UnsafeBufferPointer(rebasing: text[2..<text.count - 1])
    }

    private func value(of hole: UnsafeBufferPointer<UInt8>) -> JSONValue? {
        let bar = place(of: UInt8(ascii: "|"), in: hole)
        let path = UnsafeBufferPointer(rebasing: hole[..<(bar ?? hole.count)])
        if let found = value(at: path), !found.isNull { return found }
        return bar.map { .string(String(decoding: hole[($0 + 1)...], as: UTF8.self)) }
    }

    private static func plain(_ value: JSONValue?) -> String {
        switch value {
        case nil: ""
        case .string(let text): text
        case let other?: other.text
        }
    }
}
