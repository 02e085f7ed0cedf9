import Kernel

/// Fills the holes of an answer, and repeats what stands under `each`.
///
/// `{each: issues, as: issue, give: {number: "${issue.number}"}}` is a list with one `give` for each item of `issues`;
/// `only` names the members to keep. What is filled in is never looked at again.
struct AnswerFiller {
    let facts: JSONObject

    func text(_ template: String) -> String { ValueTemplate(facts: .object(facts)).text(template) }

    /// What stands at a path such as `issue.user.login`.
    func value(at path: String) -> JSONValue? { ValueTemplate(facts: .object(facts)).value(at: path) }

    func holds(_ condition: JSONValue, at path: String) -> Bool {
        ValueTemplate(facts: .object(facts)).holds(filled(condition) ?? .null, at: path)
    }

    /// nil where the template is one hole and nothing fills it: the member is left out.
    func filled(_ template: JSONValue) -> JSONValue? {
        switch template {
        case .object(let object):
            if object["each"] != nil, object["give"] != nil { return repeated(object) }
            return .object(object.compactMapValues(filled))
        case .array(let items): return .array(items.compactMap { filled($0) })
        default: return ValueTemplate(facts: .object(facts)).filled(template)
        }
    }

    private func repeated(_ object: JSONObject) -> JSONValue {
        let items = (object["each"]?.string).flatMap(value(at:))?.array ?? []
        let name = object["as"]?.string ?? "item"
        let only = object["only"].flatMap(filled)?.strings.flatMap { $0.isEmpty ? nil : $0 }
        return .array(
            items.compactMap { item in
                var inner = facts
                inner[name] = item
                guard let given = AnswerFiller(facts: inner).filled(object["give"] ?? .null) else { return nil }
                guard let only, let whole = given.object else { return given }
                return .object(JSONObject(whole.members.filter { only.contains($0.name) }))
            })
    }
}
