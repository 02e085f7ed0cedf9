import HTTPTypes
import Kernel
package import Scenario

/// `exchanges: [{to: github, path: /login/oauth/access_token, times: 1}]`: who sent what to whom, and how often.
package struct ExchangesCheck: JournalCheck {
    package static let keyword = "exchanges"
    package static let about = "Who asked whom, how often, with what and to what answer."
    private static let members: [ShapeMember] = [
        ShapeMember("from", .text, "Who sent it: alice means every program of hers."),
        ShapeMember("to", .name(.parties), "Who was asked."), ShapeMember("method", .text, "In capitals: POST."),
        ShapeMember("path", .text, "May have * for any characters; with ? the query counts too."),
        ShapeMember("status", .predicate, "Of the answer; absent where none came."),
        ShapeMember("headers", .predicate, "Header fields of the request, by their names in small letters."),
        ShapeMember("sends", .predicate, "Query and body together; what was sent twice is a list."),
        ShapeMember("gets", .predicate, "The answer's body."),
        ShapeMember("times", .predicate, "How often; at least once if it is not said."),
    ]
    package static let shape = Shape.list(.mapping(members))
    private let lines: [Line]

    private struct Line: Sendable {
        let place: Place
        let from: Template?
        let to: Template?
        let method: Template?
        /// May have `*` for any characters.
        let path: Template?
        let status: Predicate?
        /// Predicates over query and body together, and over the answer's body.
        let headers: Predicate?
        let sends: Predicate?
        let gets: Predicate?
        /// At least once, if the file does not say.
        let times: Predicate?
    }

    package init?(_ node: DocumentNode, _ reading: inout Reading) {
        guard let items = node.items else {
            reading.report(node.place, "exchanges must be a list, this is \(node.typeName)")
            return nil
        }
        Self.expectSomething(items.isEmpty, at: node.place, &reading)
        let known = Self.members.map(\.name)
        lines = items.compactMap { item in
            guard let members = item.members("an exchange", known: known, &reading) else { return nil }
            if let to = members["to"], let name = to.scalarText {
                reading.expectName(name, of: "party", among: reading.vocabulary.parties, at: to.place)
            }
            if item.members.isEmpty {
                reading.report(item.place, "any exchange is so: say who asked, whom, or for what")
            }
            if let from = members["from"] { reading.expectNoSlip(from) }
            if let path = members["path"] { reading.expectNoSlip(ofPath: path, party: members["to"]) }
            Self.expectSpelling(members, &reading)
            func predicate(_ name: String, _ reading: inout Reading) -> Predicate? {
                members[name].map { Predicate($0, &reading) }
            }
            func template(_ name: String, _ reading: inout Reading) -> Template? {
                members[name].map { Template($0, &reading) }
            }
            return Line(
                place: item.place, from: template("from", &reading), to: template("to", &reading),
                method: template("method", &reading), path: template("path", &reading),
                status: predicate("status", &reading), headers: predicate("headers", &reading),
                sends: predicate("sends", &reading),
                gets: predicate("gets", &reading),
                times: members["times"].map { Predicate(ofCount: $0, as: "times", &reading) })
        }
    }

    /// Reports letters that no exchange is told in: methods are in capitals (RFC 9110 section 9.1), and fields stand in
    /// the journal in small letters.
    private static func expectSpelling(_ members: Members, _ reading: inout Reading) {
        if let method = members["method"], let name = method.scalarText, !method.namesAVariable,
            name != name.uppercased()
        {
            reading.report(method.place, "no method is called \"\(name)\"", hint: "\(name.uppercased()) is one")
        }
        for test in members["headers"]?.members ?? [] where ["at", "contains"].contains(test.name) {
            for field in test.value.members where !field.name.contains("${") && field.name != field.name.lowercased() {
                reading.report(
                    field.key.place, "fields are told in small letters", hint: "\"\(field.name.lowercased())\"")
            }
        }
    }

    package func judge(_ evidence: Evidence) async throws(Diagnostic) -> [Failure] {
        var failures: [Failure] = []
        let exchanges = evidence.exchanges
        for line in lines {
            var near: [Exchange] = []
            var hits: [Exchange] = []
            let address = try Address(line, evidence.variables)
            for exchange in exchanges where address.fits(exchange) {
                near.append(exchange)
                if try Self.isMet(exchange, by: line, evidence.variables) { hits.append(exchange) }
            }
            let count = JSONValue.int(Int64(hits.count))
            let expected: String?
            if let times = line.times {
                expected = try times.refusal(of: count, evidence.variables).map { "\($0) such exchanges" }
            } else {
                expected = hits.isEmpty ? "at least one such exchange" : nil
            }
            guard let expected else {
                if near.isEmpty, let slip = try await Self.slip(line, evidence) { failures.append(slip) }
                continue
            }
            let shown = (hits.isEmpty ? near : hits).prefix(5).map { evidence.trace.short($0) }
            failures.append(
                Failure(
                    line.place, "exchanges", expected: expected, actual: "\(hits.count)",
                    hint: shown.isEmpty ? "nothing of the kind was sent" : nil,
                    exchange: shown.isEmpty ? nil : shown.joined(separator: "\n")))
        }
        return failures
    }

    /// A line that nothing was like because it names somebody whom there is not, or a path that nobody has.
    private static func slip(_ line: Line, _ evidence: Evidence) async throws(Diagnostic) -> Failure? {
        for template in [line.from, line.to].compactMap(\.self) {
            let name = try template.text(evidence.variables)
            if !evidence.isSomebody(name) { return evidence.nobody(name, template.place, "exchanges") }
        }
        guard let template = line.path else { return nil }
        let path = String(try template.text(evidence.variables).prefix { $0 != "?" })
        let party = try line.to?.text(evidence.variables)
        guard path.place(of: "*") == nil else { return nil }
        let known: (paths: [String], isOpen: Bool)?
        do {
            known = try await evidence.pathsInsteadOf(path, of: party.map(PartyName.Meaning.init))
        } catch {
            throw Diagnostic(template.place, "whether \(path) is a path cannot be asked: \(error)")
        }
        guard let known else { return nil }
        // Where anything may be, only a slip of the pen is a mistake.
        let near =
            known.isOpen
            ? Suggestion.slip(path, among: known.paths) : Suggestion.nearest(to: path, among: known.paths)
        guard near != nil || !known.isOpen else { return nil }
        return Failure(
            template.place, "exchanges", expected: "a path that \(party ?? "somebody") is asked for",
            actual: "nobody was, and it is no path of \(party ?? "a party")",
            hint: near.map { "did you mean \"\($0)\"?" } ?? "it would hold whatever happened")
    }

    /// Who, to whom and where, filled in once for all exchanges.
    private struct Address {
        private let from: PartyName.Meaning?
        private let to: PartyName.Meaning?
        private let method: String?
        private let path: String?
        private let hasQuery: Bool

        init(_ line: Line, _ variables: Variables) throws(Diagnostic) {
            func text(_ template: Template?) throws(Diagnostic) -> String? { try template?.text(variables) }
            from = try text(line.from).map(PartyName.Meaning.init)
            to = try text(line.to).map(PartyName.Meaning.init)
            method = try text(line.method)
            path = try text(line.path)
            hasQuery = path?.place(of: "?") != nil
        }

        func fits(_ exchange: Exchange) -> Bool {
            if let from, !from.includes(exchange.from) { return false }
            if let to, !to.includes(exchange.to) { return false }
            if let method, method != exchange.request.method.rawValue { return false }
            guard let path else { return true }
            return Glob.matches(path, hasQuery ? exchange.request.head.path ?? "" : exchange.request.path)
        }
    }

    private static func isMet(_ exchange: Exchange, by line: Line, _ variables: Variables) throws(Diagnostic) -> Bool {
        if let status = line.status {
            let value = exchange.status.map { JSONValue.int(Int64($0)) }
            if try status.refusal(of: value, variables) != nil { return false }
        }
        if let headers = line.headers,
            try headers.refusal(of: .fields(exchange.request.head.headerFields), variables) != nil
        {
            return false
        }
        if let sends = line.sends, try sends.refusal(of: sent(exchange.request), variables) != nil { return false }
        if let gets = line.gets, try gets.refusal(of: got(exchange), variables) != nil { return false }
        return true
    }

    /// Query parameters, and the members of a form or of a JSON object in the body. What stands in both was sent twice.
    private static func sent(_ request: Request) -> JSONValue {
        var query = request.parameters
        if request.mediaType == Form.mediaType {
            query.pairs += request.form.pairs
        } else if let object = (try? JSONValue(parsing: request.body))?.object {
            var members = query.values
            for member in object.members {
                let before = query.all(member.name).map(JSONValue.string)
                members[member.name] = before.isEmpty ? member.value : .array(before + [member.value])
            }
            return .object(members)
        }
        return .object(query.values)
    }

    private static func got(_ exchange: Exchange) -> JSONValue? {
        guard case .answered(let response) = exchange.outcome, !response.body.isEmpty else { return nil }
        return response.json ?? .string(response.bodyText)
    }
}

/// A text in which `*` stands for any characters.
enum Glob {
    static func matches(_ pattern: String, _ text: String) -> Bool {
        guard pattern.place(of: "*") != nil else { return pattern == text }
        let parts = pattern.pieces(by: "*", keepingEmpty: true)
        guard parts.count > 1, let first = parts.first, let last = parts.last else { return pattern == text }
        guard text.hasPrefix(first), text.hasSuffix(last), text.count >= first.count + last.count else { return false }
        var rest = text.dropFirst(first.count).dropLast(last.count)
        for part in parts.dropFirst().dropLast() where !part.isEmpty {
            guard let hit = rest.range(of: String(part)) else { return false }
            rest = rest[hit.upperBound...]
        }
        return true
    }
}
