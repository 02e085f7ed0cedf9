import Kernel

/// A step that reads or changes the rows of a collection.
///
/// `find`, `list`, `add`, `change` and `remove` each name the fact that holds what they found; `in` names the
/// collection and `where` the members that rows must have. A condition whose hole nothing fills is not asked.
struct RowStep: Hashable, Sendable {
    static let forms = ["find", "list", "add", "change", "remove", "draw"]

    let form: Form
    /// Fact that the outcome becomes.
    let fact: String
    let collection: String
    let conditions: [JSONObject.Member]
    /// Text of the failure where nothing is found; nil where that is no failure.
    let otherwise: String?

    enum Form: Hashable, Sendable {
        case find
        case list(Listing)
        /// `next`: members that get the number after the greatest one in these collections.
        case add(row: JSONValue, next: [Counter])
        case change(set: JSONValue, increase: JSONObject)
        case remove
        /// Hexadecimal digits nobody can foretell.
        case draw(digits: Int)
    }

    struct Counter: Hashable, Sendable {
        let member: String
        let collections: [String]
    }

    struct Listing: Hashable, Sendable {
        let search: RowSearch?
        /// Member to sort by, and whether the greatest stands first; both may have holes.
        let sort: String?
        let direction: String?
        /// Page number or cursor, and size.
        let page: JSONValue?
        let after: JSONValue?
        let size: JSONValue?
    }

    init(_ node: DataNode, _ form: String, _ context: ToolCatalogue.Context) throws(DataMistake) {
        fact = try node.require(form, of: form).text()
        if form == "draw" {
            try node.expect(form, ["draw", "hex"])
            self.form = .draw(digits: try node.require("hex", of: form).whole(1...64))
            (collection, conditions, otherwise) = ("", [], nil)
            return
        }
        collection = try node.require("in", of: form).word(of: context.collections)
        conditions = try node["where"]?.object().members ?? []
        for member in try node["where"]?.members() ?? [] where member.value.json.object != nil {
            try member.value.expect("a condition", RowCondition.forms)
        }
        otherwise = try node["else"]?.text()
        let common = [form, "in", "where", "else"]
        switch form {
        case "find":
            try node.expect(form, common)
            self.form = .find
        case "remove":
            try node.expect(form, common)
            self.form = .remove
        case "list":
            try node.expect(form, common + ["search", "sort", "direction", "page", "after", "size"])
            self.form = .list(
                Listing(
                    search: try node["search"].map { search throws(DataMistake) in try RowSearch(search) },
                    sort: try node["sort"]?.text(), direction: try node["direction"]?.text(),
                    page: node["page"]?.json, after: node["after"]?.json, size: node["size"]?.json))
        case "add":
            try node.expect(form, common + ["row", "next"])
            let row = try node.require("row", of: form)
            _ = try row.object()
            let next = try (node["next"]?.members() ?? []).map { member throws(DataMistake) in
                Counter(
                    member: member.name,
                    collections: try member.value.items().map { item throws(DataMistake) in
                        try item.word(of: context.collections)
                    })
            }
            self.form = .add(row: row.json, next: next)
        default:
            try node.expect(form, common + ["set", "increase"])
            self.form = .change(
                set: .object(try node["set"]?.object() ?? [:]), increase: try node["increase"]?.object() ?? [:])
        }
    }
}

/// Whether a row is as `where` says.
struct RowCondition {
    static let forms = ["has", "not", "since", "until", "one-of", "contains"]
    let filler: AnswerFiller

    func holds(_ conditions: [JSONObject.Member], for row: JSONValue) -> Bool {
        conditions.allSatisfy { holds($0.value, Self.value(at: $0.name, of: row)) }
    }

    static func value(at path: String, of row: JSONValue) -> JSONValue? {
        var found: JSONValue? = row
        for name in path.split(separator: ".") { found = found?[String(name)] }
        return found
    }

    private func holds(_ condition: JSONValue, _ found: JSONValue?) -> Bool {
        if let test = condition.object, let form = test.members.first {
            // A hole that nothing fills asks nothing.
            guard let wanted = filler.filled(form.value), !wanted.isNull, wanted != "", wanted != [] else {
                return true
            }
            let text = Self.text(found)
            switch form.name {
            case "has": return Self.list(wanted).allSatisfy { Self.list(found).contains($0) }
            case "not": return text != Self.text(wanted)
            case "since": return text >= Self.text(wanted)
            case "until": return text <= Self.text(wanted)
            case "one-of": return Self.list(wanted).contains(text)
            default: return text.range(of: Self.text(wanted)) != nil
            }
        }
        guard let wanted = filler.filled(condition) else { return true }
        return Self.text(found) == Self.text(wanted)
    }

    /// Names at GitHub do not differ by case, and numbers may come as text.
    static func text(_ value: JSONValue?) -> String {
        switch value {
        case nil, .null?: ""
        case .string(let text)?: text.lowercased()
        case .double(let number)? where Int64(exactly: number) != nil: "\(Int64(number))"
        case let other?: other.text
        }
    }

    static func list(_ value: JSONValue?) -> [String] {
        value?.array.map { items in items.map { text($0["name"] ?? $0["login"] ?? $0) } }
            ?? (value == nil ? [] : [text(value)])
    }
}

/// Words and qualifiers of a query such as `repo:o/r is:open label:bug "first greeting"`.
struct RowSearch: Hashable, Sendable {
    let query: JSONValue
    /// Members in which each word must stand.
    let words: [String]
    /// Members that a qualifier means; one of them must have its value. Any other qualifier asks nothing.
    let qualifiers: JSONObject

    init(_ node: DataNode) throws(DataMistake) {
        try node.expect("search", ["query", "words", "qualifiers"])
        query = .string(try node.require("query", of: "search").text())
        words = try node.require("words", of: "search").texts()
        for member in try node["qualifiers"]?.members() ?? [] { _ = try member.value.texts() }
        qualifiers = try node["qualifiers"]?.object() ?? [:]
    }

    func filter(_ rows: [JSONValue], _ filler: AnswerFiller) -> [JSONValue] {
        let terms = Self.terms(filler.filled(query)?.string ?? "")
        return rows.filter { row in terms.allSatisfy { holds($0, row) } }
    }

    private func holds(_ term: String, _ row: JSONValue) -> Bool {
        let isNegated = term.hasPrefix("-")
        let term = isNegated ? String(term.dropFirst()) : term
        if let colon = term.firstIndex(of: ":"), let members = qualifiers[String(term[..<colon]).lowercased()]?.strings
        {
            let wanted = term[term.index(after: colon)...].lowercased()
            let holds = members.contains { RowCondition.list(RowCondition.value(at: $0, of: row)).contains(wanted) }
            return holds != isNegated
        }
        if term.contains(":") { return true }
        let word = term.lowercased()
        let holds = words.contains { RowCondition.text(RowCondition.value(at: $0, of: row)).range(of: word) != nil }
        return holds != isNegated
    }

    /// White space separates, but not within quotes.
    static func terms(_ query: String) -> [String] {
        var terms: [String] = []
        var term = ""
        var isQuoted = false
        for letter in query {
            if letter == "\"" {
                isQuoted.toggle()
            } else if letter.isWhitespace, !isQuoted {
                if !term.isEmpty { terms.append(term) }
                term = ""
            } else {
                term.append(letter)
            }
        }
        return term.isEmpty ? terms : terms + [term]
    }
}
