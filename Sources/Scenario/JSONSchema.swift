package import Kernel

/// A JSON Schema as an expectation has it: the assertions of draft 2020-12, read strictly. A keyword that it does not
/// know is a mistake of the author, since nothing would be checked by it.
package struct JSONSchema: Sendable {
    private let root: JSONValue
    /// Enough for any answer; only a reference to itself goes deeper.
    private static let deepest = 64

    package init(_ root: JSONValue) { self.root = root }

    private static let keywords: Set<String> = [
        "type", "enum", "const", "properties", "required", "additionalProperties", "patternProperties",
        "propertyNames", "minProperties", "maxProperties", "items", "prefixItems", "contains", "minContains",
        "maxContains", "minItems", "maxItems", "uniqueItems", "minimum", "maximum", "exclusiveMinimum",
        "exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "allOf", "anyOf", "oneOf", "not", "if",
        "then", "else", "$ref", "$defs", "definitions", "dependentRequired",
    ]
    /// Of Draft 2020-12 too, and told as what is not built.
    private static let unread: Set<String> = [
        "unevaluatedProperties", "unevaluatedItems", "$dynamicRef", "$dynamicAnchor", "$vocabulary", "contentEncoding",
        "contentMediaType", "contentSchema",
    ]
    /// They say nothing about a value.
    private static let remarks: Set<String> = [
        "$schema", "$id", "$comment", "$anchor", "title", "description", "default", "examples", "deprecated",
        "readOnly", "writeOnly",
    ]

    /// Whether it asks for nothing: true, or an object without an assertion.
    package var isOpen: Bool {
        if let allowed = root.bool { return allowed }
        let silent = Self.remarks.union(["$defs", "definitions"])
        return root.object?.names.allSatisfy { silent.contains($0) } ?? false
    }

    /// What is wrong with the schema itself.
    package var mistakes: [String] {
        var found: [String] = []
        Self.look(root, "the schema", &found, depth: 0)
        var references: [String] = []
        Self.collect(root, &references)
        for reference in references {
            guard let target = target(of: reference) else {
                found.append("$ref \(reference) leads nowhere")
                continue
            }
            if comesBack(target, [reference]) {
                found.append("$ref \(reference) asks the same of the same value again")
            }
        }
        return found
    }

    private static func collect(_ schema: JSONValue, _ references: inout [String]) {
        for item in schema.array ?? [] { collect(item, &references) }
        for member in schema.object?.members ?? [] where !["const", "enum", "default"].contains(member.name) {
            if member.name == "$ref", let reference = member.value.string {
                if !references.contains(reference) { references.append(reference) }
            } else if !remarks.contains(member.name) {
                collect(member.value, &references)
            }
        }
    }

    /// Whether one of the references on the way stands again in what is asked of the same value: it would be asked
    /// without end.
    private func comesBack(_ schema: JSONValue, _ way: [String]) -> Bool {
        (schema.object?.members ?? []).contains { member in
            switch member.name {
            case "$ref":
                guard let reference = member.value.string else { return false }
                if way.contains(reference) { return true }
                return target(of: reference).map { comesBack($0, way + [reference]) } ?? false
            case "allOf", "anyOf", "oneOf": return (member.value.array ?? []).contains { comesBack($0, way) }
            case "not", "if", "then", "else": return comesBack(member.value, way)
            default: return false
            }
        }
    }

    private static func look(_ schema: JSONValue, _ place: String, _ found: inout [String], depth: Int) {
        guard depth < deepest else { return found.append("\(place) is nested too deep") }
        if schema.bool != nil { return }
        guard let object = schema.object else { return found.append("\(place) must be an object or a yes or no") }
        for member in object.members {
            guard keywords.contains(member.name) else {
                // Draft 2020-12 makes it a remark unless somebody asks (section 7.2.1): nobody would look.
                if member.name == "format" {
                    found.append("format of \(place) is never looked at: say pattern")
                    continue
                }
                if unread.contains(member.name) {
                    found.append("\(member.name) of \(place) is not supported here")
                } else if !remarks.contains(member.name) {
                    found.append("\(place) has a keyword \"\(member.name)\"")
                }
                continue
            }
            let inner = "\(member.name) of \(place)"
            if let wanted = kind(of: member.name), !isKind(wanted, member.value) {
                found.append("\(inner) must be \(wanted.rawValue)")
                continue
            }
            switch member.name {
            case "properties", "patternProperties", "$defs", "definitions":
                for entry in member.value.object?.members ?? [] {
                    if member.name == "patternProperties", (try? Regex(entry.name)) == nil {
                        found.append("\"\(entry.name)\" in \(inner) is no regular expression")
                    }
                    look(entry.value, "\"\(entry.name)\" in \(inner)", &found, depth: depth + 1)
                }
            case "allOf", "anyOf", "oneOf", "prefixItems":
                for item in member.value.array ?? [] { look(item, inner, &found, depth: depth + 1) }
            case "additionalProperties", "propertyNames", "items", "contains", "not", "if", "then", "else":
                look(member.value, inner, &found, depth: depth + 1)
            case "type":
                for name in types(member.value) where !Predicate.types.contains(name) {
                    found.append("\(inner) knows no \"\(name)\"")
                }
            case "pattern":
                if (try? Regex(member.value.string ?? "(")) == nil { found.append("\(inner) is no regular expression") }
            default: break
            }
        }
    }

    /// What a keyword takes: one of another kind would be passed over, and nothing checked.
    private enum Kind: String {
        case mapping = "a mapping"
        case list = "a list of at least one"
        case names = "a list of names"
        case count = "a whole number from 0 up"
        case number = "a number"
        case flag = "true or false"
        case text = "a text"
    }

    private static func kind(of keyword: String) -> Kind? {
        switch keyword {
        case "properties", "patternProperties", "$defs", "definitions", "dependentRequired": .mapping
        case "enum", "allOf", "anyOf", "oneOf", "prefixItems": .list
        case "required": .names
        case "minProperties", "maxProperties", "minContains", "maxContains", "minItems", "maxItems", "minLength",
            "maxLength":
            .count
        case "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf": .number
        case "uniqueItems": .flag
        case "pattern", "$ref": .text
        default: nil
        }
    }

    private static func isKind(_ kind: Kind, _ value: JSONValue) -> Bool {
        switch kind {
        case .mapping: value.object != nil
        case .list: value.array?.isEmpty == false
        case .names: value.strings != nil
        case .count: value.int.map { $0 >= 0 } ?? false
        case .number: value.double != nil
        case .flag: value.bool != nil
        case .text: value.string != nil
        }
    }

    /// Every place at which a value is not as the schema says: `body.items[0]: a string, not 3`.
    package func violations(of value: JSONValue) -> [String] {
        var found: [String] = []
        check(value, root, "it", &found, depth: 0)
        return found
    }

    private func holds(_ value: JSONValue, _ schema: JSONValue, depth: Int) -> Bool {
        var found: [String] = []
        check(value, schema, "", &found, depth: depth)
        return found.isEmpty
    }

    private func check(_ value: JSONValue, _ schema: JSONValue, _ path: String, _ found: inout [String], depth: Int) {
        guard depth < Self.deepest else { return found.append("\(path): a schema that ends") }
        if let allowed = schema.bool {
            if !allowed { found.append("\(path): nothing at all") }
            return
        }
        guard let object = schema.object else { return }
        for member in object.members {
            checkAny(value, member, object, path, &found, depth)
            switch value {
            case .object(let members): check(members, member, object, path, &found, depth)
            case .array(let items): check(items, member, object, path, &found, depth)
            case .string(let text): Self.check(text, member, path, &found)
            case .int, .double: Self.check(value, member, path, &found)
            default: break
            }
        }
    }

    private func checkAny(
        _ value: JSONValue, _ keyword: JSONObject.Member, _ schema: JSONObject, _ path: String,
        _ found: inout [String], _ depth: Int
    ) {
        let given = keyword.value
        func holding(_ schemas: JSONValue) -> Int {
            (schemas.array ?? []).count { holds(value, $0, depth: depth + 1) }
        }
        switch keyword.name {
        case "type":
            let types = Self.types(given)
            if !types.contains(where: { Self.isType($0, value) }) {
                found.append("\(path): \(types.joined(separator: " or ")), not \(Self.shown(value))")
            }
        case "enum":
            if given.array?.contains(where: { Likeness.same($0, value) }) != true {
                found.append("\(path): one of \(given.text), not \(Self.shown(value))")
            }
        case "const":
            if !Likeness.same(given, value) { found.append("\(path): \(given.text), not \(Self.shown(value))") }
        case "$ref":
            guard let target = target(of: given.string ?? "") else {
                return found.append("\(path): a schema at \(given.text)")
            }
            check(value, target, path, &found, depth: depth + 1)
        case "allOf": for schema in given.array ?? [] { check(value, schema, path, &found, depth: depth + 1) }
        case "anyOf": if holding(given) == 0 { found.append("\(path): any of \(given.array?.count ?? 0) schemas") }
        case "oneOf":
            let count = holding(given)
            if count != 1 { found.append("\(path): exactly one of \(given.array?.count ?? 0) schemas, not \(count)") }
        case "not": if holds(value, given, depth: depth + 1) { found.append("\(path): not as \(given.text)") }
        case "if":
            let branch = holds(value, given, depth: depth + 1) ? schema["then"] : schema["else"]
            if let branch { check(value, branch, path, &found, depth: depth + 1) }
        default: break
        }
    }

    /// `#/$defs/name`: a JSON Pointer into the same schema (RFC 6901).
    private func target(of reference: String) -> JSONValue? {
        guard reference.hasPrefix("#") else { return nil }
        var current: JSONValue? = root
        for part in reference.dropFirst().split(separator: "/") {
            let name = String(part).replacing("~1", by: "/").replacing("~0", by: "~")
            current = Int(name).flatMap { current?[$0] } ?? current?[name]
        }
        return current
    }

    /// In YAML `null` without quotes is nothing, and here it is a type.
    private static func types(_ given: JSONValue) -> [String] {
        (given.array ?? [given]).map { $0.isNull ? "null" : $0.string ?? $0.text }
    }

    private static func isType(_ name: String, _ value: JSONValue) -> Bool {
        name == "integer" ? value.int != nil : value.typeName == name
    }

    private static func shown(_ value: JSONValue) -> String {
        let text = value.text
        return text.utf8.count > 80 ? "\(text.prefix(80))…" : text
    }
}

// What speaks of one type of value only.
extension JSONSchema {
    private func check(
        _ members: JSONObject, _ keyword: JSONObject.Member, _ schema: JSONObject, _ path: String,
        _ found: inout [String], _ depth: Int
    ) {
        let given = keyword.value
        switch keyword.name {
        case "required":
            for name in given.strings ?? [] where members[name] == nil {
                found.append("\(path): a member \"\(name)\", which is not there")
            }
        case "dependentRequired":
            for entry in given.object?.members ?? [] where members[entry.name] != nil {
                for name in entry.value.strings ?? [] where members[name] == nil {
                    found.append("\(path): a member \"\(name)\" beside \"\(entry.name)\", which is not there")
                }
            }
        case "properties":
            for entry in given.object?.members ?? [] {
                if let value = members[entry.name] {
                    check(value, entry.value, "\(path).\(entry.name)", &found, depth: depth + 1)
                }
            }
        case "patternProperties":
            for entry in given.object?.members ?? [] {
                guard let pattern = try? Regex(entry.name) else { continue }
                for member in members.members where member.name.firstMatch(of: pattern) != nil {
                    check(member.value, entry.value, "\(path).\(member.name)", &found, depth: depth + 1)
                }
            }
        case "additionalProperties":
            let named = Set(schema["properties"]?.object?.names ?? [])
            let patterns = (schema["patternProperties"]?.object?.names ?? []).compactMap { try? Regex($0) }
            for member in members.members where !named.contains(member.name) {
                if patterns.contains(where: { member.name.firstMatch(of: $0) != nil }) { continue }
                if given == false {
                    found.append("\(path): no member \"\(member.name)\"")
                } else {
                    check(member.value, given, "\(path).\(member.name)", &found, depth: depth + 1)
                }
            }
        case "propertyNames":
            for name in members.names {
                check(.string(name), given, "the name \(name) in \(path)", &found, depth: depth + 1)
            }
        case "minProperties": Self.least(members.count, given, "members", path, &found)
        case "maxProperties": Self.most(members.count, given, "members", path, &found)
        default: break
        }
    }

    private func check(
        _ items: [JSONValue], _ keyword: JSONObject.Member, _ schema: JSONObject, _ path: String,
        _ found: inout [String], _ depth: Int
    ) {
        let given = keyword.value
        switch keyword.name {
        case "prefixItems":
            for (index, pair) in zip(items, given.array ?? []).enumerated() {
                check(pair.0, pair.1, "\(path)[\(index)]", &found, depth: depth + 1)
            }
        case "items":
            let first = schema["prefixItems"]?.array?.count ?? 0
            for (index, item) in items.enumerated().dropFirst(first) {
                check(item, given, "\(path)[\(index)]", &found, depth: depth + 1)
            }
        case "contains":
            let count = items.count { holds($0, given, depth: depth + 1) }
            let least = Int(schema["minContains"]?.int ?? 1)
            if count < least { found.append("\(path): at least \(least) items as said, not \(count)") }
            if let most = schema["maxContains"]?.int, count > most {
                found.append("\(path): at most \(most) items as said, not \(count)")
            }
        case "minItems": Self.least(items.count, given, "items", path, &found)
        case "maxItems": Self.most(items.count, given, "items", path, &found)
        case "uniqueItems":
            guard given == true else { return }
            for (index, item) in items.enumerated() where items[..<index].contains(where: { Likeness.same($0, item) }) {
                return found.append("\(path)[\(index)]: no item twice")
            }
        default: break
        }
    }

    private static func check(
        _ text: String, _ keyword: JSONObject.Member, _ path: String, _ found: inout [String]
    ) {
        switch keyword.name {
        case "minLength": least(text.unicodeScalars.count, keyword.value, "characters", path, &found)
        case "maxLength": most(text.unicodeScalars.count, keyword.value, "characters", path, &found)
        case "pattern":
            guard let pattern = try? Regex(keyword.value.string ?? "") else { return }
            if text.firstMatch(of: pattern) == nil {
                found.append("\(path): a match of \(keyword.value.string ?? ""), not \(shown(.string(text)))")
            }
        default: break
        }
    }

    private static func check(
        _ value: JSONValue, _ keyword: JSONObject.Member, _ path: String, _ found: inout [String]
    ) {
        guard let bound = keyword.value.double, let number = value.double, let order = value.order(to: keyword.value)
        else { return }
        let words: String
        switch keyword.name {
        case "minimum" where order < 0: words = "at least"
        case "maximum" where order > 0: words = "at most"
        case "exclusiveMinimum" where order <= 0: words = "more than"
        case "exclusiveMaximum" where order >= 0: words = "less than"
        case "multipleOf" where bound > 0 && (number / bound).rounded() != number / bound: words = "a multiple of"
        default: return
        }
        found.append("\(path): \(words) \(keyword.value.text), not \(value.text)")
    }

    private static func least(
        _ count: Int, _ bound: JSONValue, _ what: String, _ path: String, _ found: inout [String]
    ) {
        if let bound = bound.int, count < bound { found.append("\(path): at least \(bound) \(what), not \(count)") }
    }

    private static func most(
        _ count: Int, _ bound: JSONValue, _ what: String, _ path: String, _ found: inout [String]
    ) {
        if let bound = bound.int, count > bound { found.append("\(path): at most \(bound) \(what), not \(count)") }
    }
}
