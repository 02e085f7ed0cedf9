package import Kernel

// How a file sees the parameters of a query or of a form, wherever they stand.
extension Form {
    /// The value of a name, or a list of its values in their order where it was sent several times, which RFC 6749
    /// section 3.1 forbids: whoever expects one text is told of both. Nil where the name is missing.
    package func value(_ name: String) -> JSONValue? {
        let values = all(name)
        return values.count > 1 ? .strings(values) : values.first.map { .string($0) }
    }

    /// Every name in order of its first place, with its value as `value` gives it.
    package var values: JSONObject {
        var members = JSONObject()
        for pair in pairs where members[pair.name] == nil { members.append(pair.name, .string(pair.value)) }
        for name in repeatedNames { members[name] = value(name) }
        return members
    }
}
