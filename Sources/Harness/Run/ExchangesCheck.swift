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
                status: members["status"].map { Predicate(of: .status, $0, &reading) },
                headers: predicate("headers", &reading), sends: predicate("sends", &reading),
                gets: predicate("gets", &reading),
                times: members["times"].map { Predicate(of: .count("times"), $0, &reading) })
        }
    }

    /// Reports letters that no exchange is told in: methods are in capitals (RFC 9110 section 9.1), and fields stand in
    /// the journal in small letters.
    private static func expectSpelling(_ members: Members, _ reading: inout Reading) {
        if let method = members["method"], let name = method.scalarText, !method.namesAVariable {
            reading.expectMethod(name, at: method.place)
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
            var misfit: String?
            let address = try Address(line, evidence.variables)
            for exchange in exchanges where address.fits(exchange) {
                near.append(exchange)
                if try Self.isMet(exchange, by: line, evidence.variables, &misfit) { hits.append(exchange) }
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
                if hits.isEmpty, let misfit { failures.append(Self.unseen(line, misfit, near, evidence)) }
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
        let known: (paths: [String], isOpen: Bool)?
        do {
            known = try await evidence.pathsInsteadOf(path, of: party.map(PartyName.Meaning.init))
        } catch {
            throw Diagnostic(template.place, "whether \(path) is a path cannot be asked: \(error)")
        }
        guard let known else { return nil }
        // Where anything may be, only a slip of the pen is a mistake.
        let near =
            path.place(of: "*") != nil
            ? Self.folder(like: path, among: known.paths)
            : known.isOpen
                ? Suggestion.slip(path, among: known.paths) : Suggestion.nearest(to: path, among: known.paths)
        guard near != nil || !known.isOpen else { return nil }
        return Failure(
            template.place, "exchanges", expected: "a path that \(party ?? "somebody") is asked for",
            actual: "nobody was, and it is no path of \(party ?? "a party")",
            hint: near.map { "did you mean \"\($0)\"?" } ?? "it would hold whatever happened")
    }

    /// The beginning of a path from which a pattern's differs by a letter or two: `/login/oauth` for `/login/oath/*`.
    private static func folder(like pattern: String, among paths: [String]) -> String? {
        let parts = pattern.pieces(by: "/")
        let fixed = parts.prefix { $0.place(of: "*") == nil }
        guard !fixed.isEmpty else { return nil }
        let folders = paths.map { path in
            path.pieces(by: "/").prefix(fixed.count).map { "/\($0)" }.joined()
        }
        let rest = parts.dropFirst(fixed.count).map { "/\($0)" }.joined()
        let near = Suggestion.slip(fixed.map { "/\($0)" }.joined(), among: folders)
        return near.map { "\($0)\(rest)" }
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

    /// That nothing was like it, as far as anybody could look: a text is not looked for in an object.
    private static func unseen(
        _ line: Line, _ misfit: String, _ near: [Exchange], _ evidence: Evidence
    ) -> Failure {
        Failure(
            line.place, "exchanges", expected: misfit, actual: "something that the test cannot be made of",
            hint: "it would hold whatever was sent",
            exchange: near.prefix(5).map { evidence.trace.short($0) }.joined(separator: "\n"))
    }

    /// What an exchange has that a test cannot be made of goes to `misfit`.
    private static func isMet(
        _ exchange: Exchange, by line: Line, _ variables: Variables, _ misfit: inout String?
    ) throws(Diagnostic) -> Bool {
        func holds(_ predicate: Predicate?, _ value: @autoclosure () -> JSONValue?) throws(Diagnostic) -> Bool {
            guard let predicate else { return true }
            guard let finding = try predicate.finding(of: value(), variables) else { return true }
            if let found = finding.misfit { misfit = found }
            return false
        }
        guard try holds(line.status, exchange.status.map { JSONValue.int(Int64($0)) }) else { return false }
        guard try holds(line.headers, .fields(exchange.request.head.headerFields)) else { return false }
        guard try holds(line.sends, sent(exchange.request)) else { return false }
        return try holds(line.gets, got(exchange))
    }

    /// Query parameters, and the members of a form or of a JSON object in the body. What stands in both was sent twice.
    private static func sent(_ request: Request) -> JSONValue {
        var query = request.parameters
        if request.mediaType == Form.mediaType {
            query.pairs += request.form.pairs
        } else if let object = (try? request.json())?.object {
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
        guard case .answered(let response) = exchange.outcome, !response.content.isEmpty else { return nil }
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

    /// Whether there is a text that fits both: a pattern, and a path in which `{…}` stands for any characters.
    static func meets(_ pattern: String, _ template: String) -> Bool {
        var inBraces = false
        var other: [UInt8] = []
        for byte in template.utf8 {
            if byte == UInt8(ascii: "{") { inBraces = true }
            if !inBraces { other.append(byte) }
            if byte == UInt8(ascii: "}") {
                inBraces = false
                other.append(UInt8(ascii: "*"))
            }
        }
        return meets(Array(pattern.utf8)[...], other[...])
    }

    private static func meets(_ left: ArraySlice<UInt8>, _ right: ArraySlice<UInt8>) -> Bool {
        let any = UInt8(ascii: "*")
        switch (left.first, right.first) {
        case (nil, nil): return true
        case (any?, _): return meets(left.dropFirst(), right) || !right.isEmpty && meets(left, right.dropFirst())
        case (_, any?): return meets(left, right.dropFirst()) || !left.isEmpty && meets(left.dropFirst(), right)
        case (let one?, let other?): return one == other && meets(left.dropFirst(), right.dropFirst())
        default: return false
        }
    }
}
