import Kernel

/// Puts names in the place of what earlier answers brought.
///
/// A name is only given to what is used, so texts first hold a mark for each value.
struct Substitution {
    let values: [(text: String, name: String?)]
    private(set) var used: Set<Int> = []
    /// Whole values before parts, long ones before short ones.
    private let order: [Int]

    init(values: [(text: String, name: String?)]) {
        self.values = values
        order = values.indices.sorted { (values[$0].text.utf8.count, $1) > (values[$1].text.utf8.count, $0) }
    }

    mutating func apply(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): return .string(apply(text))
        case .array(let items):
            var result: [JSONValue] = []
            for item in items { result.append(apply(item)) }
            return .array(result)
        case .object(let object):
            var result = JSONObject()
            for member in object.members { result.append(member.name, apply(member.value)) }
            return .object(result)
        default: return value
        }
    }

    private mutating func apply(_ text: String) -> String {
        if let place = values.firstIndex(where: { $0.text == text }) { return mark(place) }
        // Of an address each parameter for itself: there it may be written in another notation.
        let end = text.firstIndex(of: "#") ?? text.endIndex
        if let cut = text[..<end].firstIndex(of: "?"), text.hasPrefix("${lab.") || text.contains("://") {
            let front = parts(String(text[..<cut]))
            let pairs = Form(parsing: String(text[text.index(after: cut)..<end])).pairs.map { ($0.name, $0.value) }
            var query: [(name: String, value: String)] = []
            for (name, value) in pairs { query.append((name, apply(value))) }
            return "\(front)?\(RecordedAddresses.encoded(query))\(text[end...])"
        }
        return parts(text)
    }

    private mutating func parts(_ text: String) -> String {
        var text = text
        for place in order where text.contains(values[place].text) {
            text = text.replacing(values[place].text, by: mark(place))
        }
        return text
    }

    /// Looks like a template already, so that it is not percent-encoded.
    private mutating func mark(_ place: Int) -> String {
        used.insert(place)
        return "${\u{1}\(place)\u{1}}"
    }

    /// Names for marks.
    func finished(_ step: RecordedStep, names: [String]) -> RecordedStep {
        var step = step
        step.value = named(step.value, names)
        for number in step.members.indices { step.members[number].value = named(step.members[number].value, names) }
        for number in step.expect.indices { step.expect[number].value = named(step.expect[number].value, names) }
        return step
    }

    private func named(_ value: JSONValue, _ names: [String]) -> JSONValue {
        switch value {
        case .string(var text):
            for place in used { text = text.replacing("\u{1}\(place)\u{1}", by: names[place]) }
            return .string(text)
        case .array(let items): return .array(items.map { named($0, names) })
        case .object(let object):
            return .object(JSONObject(object.members.map { .init($0.name, named($0.value, names)) }))
        default: return value
        }
    }
}
