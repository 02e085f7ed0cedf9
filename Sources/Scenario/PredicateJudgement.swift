package import Kernel

// Whether a value is as a predicate says, and if not, in which words.
extension Predicate {
    /// nil if the value is as it must be, else what was expected, in words.
    package func refusal(of value: JSONValue?, _ variables: Variables) throws(Diagnostic) -> String? {
        try judgement(of: value, variables)?.expected
    }

    /// The same, and beside it what a test wants to look into and this value does not have, such as a text in an
    /// object: then it neither holds nor fails.
    package func finding(
        of value: JSONValue?, _ variables: Variables
    ) throws(Diagnostic) -> (expected: String, misfit: String?)? {
        try judgement(of: value, variables).map { ($0.expected, $0.isMisfit ? $0.missing : nil) }
    }

    /// What a test has against a value.
    private struct Refusal {
        let expected: String
        /// Where nothing was there to compare with, or nothing that the test can be made of: what had to be there for
        /// `not` to say anything.
        var missing: String?
        /// Whether something else was there.
        var isMisfit = false
    }

    /// The first refusal of a value that is there and fits, else the first for want of one.
    private func judgement(of value: JSONValue?, _ variables: Variables) throws(Diagnostic) -> Refusal? {
        var missing: Refusal?
        for test in tests {
            guard let refusal = try judgement(test, value, variables) else { continue }
            if refusal.missing == nil { return refusal }
            if missing == nil { missing = refusal }
        }
        return missing
    }

    private func judgement(_ test: Test, _ value: JSONValue?, _ variables: Variables) throws(Diagnostic) -> Refusal? {
        switch test {
        case .not(let predicate):
            guard let refusal = try predicate.judgement(of: value, variables) else {
                return Refusal(expected: try Self.wish(test, variables))
            }
            // Of nothing every denial is true: it would hold of a path that is misspelt.
            return refusal.missing.map { Refusal(expected: $0, missing: $0, isMisfit: refusal.isMisfit) }
        case .at(let lines): return try Self.judgement(lines, value, variables)
        case .each, .some: return try Self.judgementOfItems(test, value, variables)
        case .absent(let wanted):
            return (value == nil) == wanted ? nil : Refusal(expected: try Self.wish(test, variables))
        default:
            guard let expected = try refusal(test, value, variables) else { return nil }
            guard let value else { return Refusal(expected: expected, missing: "a value, but not \(expected)") }
            let misfit = try Self.misfit(test, value, variables)
            return Refusal(expected: expected, missing: misfit, isMisfit: misfit != nil)
        }
    }

    private static func judgement(
        _ lines: [(path: PathTemplate, predicate: Predicate)], _ value: JSONValue?, _ variables: Variables
    ) throws(Diagnostic) -> Refusal? {
        var missing: Refusal?
        for line in lines {
            let path = try line.path.path(variables)
            let found = value.flatMap { path.value(in: $0) }
            guard let refusal = try line.predicate.judgement(of: found, variables) else { continue }
            func told(_ expected: String) -> String { "at \(path): \(expected), not \(found?.text ?? "nothing")" }
            let here = Refusal(
                expected: told(refusal.expected), missing: refusal.missing.map(told), isMisfit: refusal.isMisfit)
            if here.missing == nil { return here }
            if missing == nil { missing = here }
        }
        return missing
    }

    private func refusal(_ test: Test, _ value: JSONValue?, _ variables: Variables) throws(Diagnostic) -> String? {
        let holds: Bool
        switch test {
        case .equals(let template):
            let wanted = try template.value(variables)
            try quantity?.expectOne(wanted, from: template)
            holds = value.map { Likeness.same($0, wanted) } == true
        case .matches(let template):
            let pattern = try template.text(variables)
            guard let regex = try? Regex(pattern) else {
                throw Diagnostic(template.place, "this is no regular expression: \(pattern)")
            }
            holds = value.map { ($0.string ?? $0.text).firstMatch(of: regex) != nil } ?? false
        case .contains(let template):
            let part = try template.value(variables)
            holds = value?.contains(part) == true
        case .startsWith(let template):
            let head = try template.text(variables)
            holds = value?.string?.hasPrefix(head) == true
        case .endsWith(let template):
            let tail = try template.text(variables)
            holds = value?.string?.hasSuffix(tail) == true
        case .type("integer"): holds = value?.int != nil
        case .type(let name): holds = value?.typeName == name
        case .oneOf(let template):
            let choices = try template.value(variables)
            for choice in choices.array ?? [] { try quantity?.expectOne(choice, from: template) }
            holds = choices.array?.contains { choice in value.map { Likeness.same($0, choice) } ?? false } ?? false
        default: return try refusalOfMore(test, value, variables)
        }
        return holds ? nil : try Self.wish(test, variables)
    }

    private func refusalOfMore(_ test: Test, _ value: JSONValue?, _ variables: Variables) throws(Diagnostic)
        -> String?
    {
        switch test {
        case .compare(let comparison, let template):
            let bound = try template.value(variables)
            try quantity?.expectBound(bound, from: template)
            return Self.holds(comparison, value, bound) ? nil : try Self.wish(test, variables)
        case .range(let template):
            let (least, most) = try Self.ends(template, variables)
            let isInside = Self.holds(.atLeast, value, least) && Self.holds(.atMost, value, most)
            return isInside ? nil : try Self.wish(test, variables)
        case .length(let predicate):
            guard let length = value?.length else { return "something that has a length" }
            return try predicate.refusal(of: .int(Int64(length)), variables).map { "a length of \($0), not \(length)" }
        case .count(let predicate):
            guard let count = value?.array?.count ?? value?.object?.count else { return "something that has items" }
            return try predicate.refusal(of: .int(Int64(count)), variables).map { "\($0) items, not \(count)" }
        case .schema(let template):
            let schema = JSONSchema(try template.value(variables))
            if !template.isConstant, let mistake = schema.mistakes.first {
                throw Diagnostic(template.place, "no JSON Schema: \(mistake)")
            }
            guard let value else { return "something as the schema says" }
            let wrong = schema.violations(of: value)
            return wrong.isEmpty ? nil : "as the schema says: \(wrong.prefix(8).joined(separator: "; "))"
        case .like(let template):
            guard let value else { return "something alike" }
            let differences = Likeness.differences(try template.value(variables), value)
            return differences.isEmpty ? nil : "alike; it differs at \(differences.joined(separator: "; "))"
        default: return nil
        }
    }

    private static func ends(_ template: Template, _ variables: Variables) throws(Diagnostic) -> (
        least: JSONValue, most: JSONValue
    ) {
        let ends = try template.value(variables)
        guard let least = ends[0], let most = ends[1] else { throw Diagnostic(template.place, twoEnds) }
        return (least, most)
    }

    /// Nothing holds for each item of an empty list: it would have been checked by nobody.
    private static func judgementOfItems(_ test: Test, _ value: JSONValue?, _ variables: Variables) throws(Diagnostic)
        -> Refusal?
    {
        guard let items = value?.array, !items.isEmpty else {
            let expected = "a list with at least one item"
            // Of none it is true that not one is so.
            if case .some = test, value?.array != nil { return Refusal(expected: expected) }
            return Refusal(expected: expected, missing: expected, isMisfit: value != nil)
        }
        switch test {
        case .each(let predicate):
            var missing: Refusal?
            for (index, item) in items.enumerated() {
                guard let refusal = try predicate.judgement(of: item, variables) else { continue }
                let here = Refusal(
                    expected: "each item to be \(refusal.expected), and [\(index)] is \(item.text)",
                    missing: refusal.missing, isMisfit: refusal.isMisfit)
                if here.missing == nil { return here }
                if missing == nil { missing = here }
            }
            return missing
        case .some(let predicate):
            var last: Refusal?
            for item in items {
                guard let refusal = try predicate.judgement(of: item, variables) else { return nil }
                if last?.isMisfit == true { continue }
                // One item that is there and another is enough for `not`, but not beside one that may be so unseen.
                let isEnough = !refusal.isMisfit && last.map { $0.missing == nil } == true
                last = Refusal(
                    expected: "some item to be \(refusal.expected)", missing: isEnough ? nil : refusal.missing,
                    isMisfit: refusal.isMisfit)
            }
            return last
        default: return nil
        }
    }

    /// Numbers by value, two texts (such as two times of one form) by their characters.
    static func holds(_ comparison: Comparison, _ value: JSONValue?, _ bound: JSONValue) -> Bool {
        guard let order = value?.order(to: bound) else { return false }
        switch comparison {
        case .greater: return order > 0
        case .less: return order < 0
        case .atLeast: return order >= 0
        case .atMost: return order <= 0
        }
    }
}

// What of its kind a test needs.
extension Predicate {
    /// What had to be there for the test to say anything, in words; nil if the value is of that kind.
    private static func misfit(_ test: Test, _ value: JSONValue, _ variables: Variables) throws(Diagnostic) -> String? {
        func wanted(_ kind: String) -> String { "\(kind) to look at, not \(value.noun)" }
        switch test {
        case .contains(let template): return Self.misfit(of: value, lookedIntoFor: try template.value(variables))
        case .startsWith, .endsWith: return value.string == nil ? wanted("a text") : nil
        case .length: return value.length == nil ? wanted("a text, a list or an object") : nil
        case .count: return value.array == nil && value.object == nil ? wanted("a list or an object") : nil
        case .compare(_, let template):
            let bound = try template.value(variables)
            return value.order(to: bound) == nil ? wanted(bound.noun) : nil
        case .range(let template):
            let (least, most) = try ends(template, variables)
            return [least, most].first { value.order(to: $0) == nil }.map { wanted($0.noun) }
        default: return nil
        }
    }

    /// A text may stand anywhere below an object or a list without being one of its members or items.
    private static func misfit(of value: JSONValue, lookedIntoFor part: JSONValue) -> String? {
        switch (value, part) {
        case (.object, .object), (.string, .string), (.string, .int), (.string, .double), (.string, .bool): return nil
        case (.array(let items), .array(let parts)):
            return parts.lazy.compactMap { part in misfit(of: .array(items), lookedIntoFor: part) }.first
        case (.array(let items), .object) where items.isEmpty || items.contains { $0.object != nil }: return nil
        case (.array(let items), .string), (.array(let items), .int), (.array(let items), .double),
            (.array(let items), .bool), (.array(let items), .null):
            guard items.contains(where: { $0.object != nil || $0.array != nil }) else { return nil }
            return "items like \(part.noun) to look for it, not \(value.noun) of lists or objects: \(look)"
        case (.object, _): return "members to look for, such as {name: …}, and not \(part.noun): \(look)"
        default: return "something that \(part.noun) can be in, not \(value.noun): \(look)"
        }
    }
    private static let look = "use matches for its JSON text, or at for one of its members"
}

// What is wanted, in words.
extension Predicate {
    private func wish(_ variables: Variables) throws(Diagnostic) -> String {
        var wishes: [String] = []
        for test in tests { wishes.append(try Self.wish(test, variables)) }
        return wishes.joined(separator: " and ")
    }

    private static func wish(_ test: Test, _ variables: Variables) throws(Diagnostic) -> String {
        switch test {
        case .equals(let template): return try template.value(variables).text
        case .not(let predicate):
            if case .absent(let wanted)? = predicate.tests.first, predicate.tests.count == 1 {
                return try wish(.absent(!wanted), variables)
            }
            return "anything but \(try predicate.wish(variables))"
        case .matches(let template): return "a match of \(try template.text(variables))"
        case .contains(let template): return "something that contains \(try template.value(variables).text)"
        case .startsWith(let template): return "a text that starts with \(try template.text(variables))"
        case .endsWith(let template): return "a text that ends with \(try template.text(variables))"
        case .type("integer"): return "a whole number"
        case .type(let name): return "a value of type \(name)"
        case .length(let predicate): return "a length of \(try predicate.wish(variables))"
        case .oneOf(let template): return "one of \(try template.value(variables).text)"
        case .compare(let comparison, let template):
            return "something \(comparison.rawValue) \(try template.value(variables).text)"
        case .range(let template):
            let (least, most) = try ends(template, variables)
            return "something from \(least.text) to \(most.text)"
        case .count(let predicate): return "\(try predicate.wish(variables)) items"
        case .each(let predicate): return "items that are each \(try predicate.wish(variables))"
        case .some(let predicate): return "some item that is \(try predicate.wish(variables))"
        case .at(let lines):
            var wishes: [String] = []
            for line in lines {
                wishes.append("\(try line.predicate.wish(variables)) at \(try line.path.path(variables))")
            }
            return wishes.joined(separator: " and ")
        case .schema: return "something as the schema says"
        case .like(let template): return "something like \(try template.value(variables).text)"
        case .absent(let wanted): return wanted ? "nothing at all" : "a value, whichever"
        }
    }
}

extension JSONValue {
    /// What it is, in words.
    fileprivate var noun: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .int, .double: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
