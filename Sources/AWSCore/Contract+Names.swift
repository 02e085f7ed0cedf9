package import Kernel

// CloudFormation writes the members of the API with a capital first letter and numbers as texts; how else a name
// differs is case too (`OAuth2…`, `Oauth2…`).
extension Contract {
    /// Members of an operation's input, from values that are named without regard to case.
    ///
    /// - Returns: the input as the API has it, and the paths that no member of the model has.
    package func input(
        of operation: String, named values: JSONObject
    ) -> (members: JSONObject, unknown: [String]) {
        guard let input = self.operation(named: operation)?.input else { return (values, values.names) }
        var unknown: [String] = []
        let value = apiValue(.object(values), input, "", &unknown)
        return (value.object ?? [:], unknown)
    }

    private func apiValue(
        _ value: JSONValue, _ reference: Shape.Reference, _ path: String, _ unknown: inout [String]
    ) -> JSONValue {
        switch (shapes[reference].kind, value) {
        case (.structure(let members, _), .object(let object)):
            var result = JSONObject()
            for entry in object.members {
                let place = path.isEmpty ? entry.name : "\(path)/\(entry.name)"
                guard let member = members.first(where: { Self.isSame($0.name, entry.name) }) else {
                    unknown.append(place)
                    continue
                }
                result.append(member.name, apiValue(entry.value, member.shape, place, &unknown))
            }
            return .object(result)
        case (.list(let item), .array(let values)):
            return .array(values.map { apiValue($0, item, path, &unknown) })
        case (.map(_, let item), .object(let object)):
            return .object(
                JSONObject(object.members.map { .init($0.name, apiValue($0.value, item, path, &unknown)) }))
        case (.integer, .string(let text)): return Int64(text).map { .int($0) } ?? value
        case (.number, .string(let text)): return Double(text).map { .double($0) } ?? value
        case (.boolean, .string("true")): return true
        case (.boolean, .string("false")): return false
        case (.string, .int), (.string, .double), (.string, .bool): return .string(value.text)
        default: return value
        }
    }

    private static func isSame(_ left: String, _ right: String) -> Bool {
        left == right || left.lowercased() == right.lowercased()
    }
}
