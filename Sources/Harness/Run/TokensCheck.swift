import Kernel
package import Scenario

/// `tokens: [{issued-by: github, kind: access_token, for: alice, held-by: [vault], never-seen-by: [app, logs]}]`.
///
/// `issued-by`, `kind`, `for`, `value`, `revoked`, `made-from` and `descends-from` say which tokens are meant; `for:
/// absent` means a machine's, which no user stands behind. Of these at least one is held and seen as said
/// and has the scopes; none is ever seen by those who must not.
package struct TokensCheck: JournalCheck {
    package static let keyword = "tokens"
    package static let about =
        "How many tokens there are, who holds them, who ever saw them, what they were made from."
    private let lines: [Line]

    private struct Line: Sendable {
        let place: Place
        let issuer: Template?
        let kind: Template?
        let user: Template?
        let isMachine: Bool
        let value: Template?
        /// Kind of what it was made from, and of whatever stands before it.
        let parent: Template?
        let ancestor: Template?
        let isRevoked: Settled<Bool>?
        let holders: [Template]
        let viewers: [Template]
        let strangers: [(name: Template, place: Place)]
        let scopes: Template?
        let audience: Template?
        let count: Predicate?
    }

    private static let members: [ShapeMember] = [
        ShapeMember("issued-by", .name(.parties), "Who made it."),
        ShapeMember("kind", .text, "access_token, refresh_token, …"),
        ShapeMember("for", .text, "A user, or absent for a machine's token."),
        ShapeMember("value", .text, "This very token."),
        ShapeMember("revoked", .flag, "Whether its issuer took it back."),
        ShapeMember("made-from", .text, "Kind of the token or code it was made from; absent for none."),
        ShapeMember("descends-from", .text, "Kind of a token or code somewhere before it."),
        ShapeMember("held-by", .oneOrMore(.text), "Everybody named keeps it, or had it in a message."),
        ShapeMember("seen-by", .oneOrMore(.text), "Everybody named had it in a message."),
        ShapeMember("never-seen-by", .oneOrMore(.text), "Nobody named had it in a message; logs are the notes."),
        ShapeMember("scopes", .oneOrMore(.text), "Exactly these, in any order."),
        ShapeMember("audience", .oneOrMore(.text), "Exactly these, in any order."),
        ShapeMember("count", .predicate, "How many there are."),
    ]
    package static let shape = Shape.list(.mapping(members))

    package init?(_ node: DocumentNode, _ reading: inout Reading) {
        guard let items = node.items else {
            reading.report(node.place, "tokens must be a list, this is \(node.typeName)")
            return nil
        }
        Self.expectSomething(items.isEmpty, at: node.place, &reading)
        lines = items.compactMap { item in
            guard let members = item.members("a token", known: Self.members.map(\.name), &reading) else { return nil }
            if item.members.isEmpty {
                reading.report(item.place, "any token is so: say whose it is, of which kind, who holds it, or how many")
            }
            if let issuer = members["issued-by"], let name = issuer.scalarText {
                reading.expectName(name, of: "party", among: reading.vocabulary.parties, at: issuer.place)
            }
            for name in ["held-by", "seen-by", "never-seen-by"] {
                if let node = members[name], node.items?.isEmpty == true {
                    reading.report(node.place, "\(name) names nobody: nothing would be checked")
                }
                for node in members[name].map({ $0.items ?? [$0] }) ?? [] {
                    reading.expectSomebody(node, or: KnownNames.places)
                }
            }
            for name in ["kind", "made-from", "descends-from"] {
                guard let node = members[name], let kind = node.scalarText,
                    // Only what it was made from can be nothing.
                    name != "made-from" || !node.isWord("absent")
                else { continue }
                reading.expectName(kind, of: "kind of token", among: KnownNames.tokenKinds, at: node.place)
            }
            if let node = members["for"], let name = node.scalarText, !node.isWord("absent"),
                !reading.vocabulary.userAliases.contains(name)
            {
                reading.expectName(name, of: "user", among: reading.vocabulary.users, at: node.place)
            }
            if members["count"]?.json.int == 0 {
                for name in ["held-by", "seen-by", "never-seen-by", "scopes", "audience"] {
                    guard let more = item.members.first(where: { $0.name == name }) else { continue }
                    reading.report(
                        more.key.place, "of no token there is nothing more to say: \(name) is never looked at",
                        hint: "count is of those that the other lines mean")
                }
            }
            func templates(_ name: String, _ reading: inout Reading) -> [Template] {
                guard let node = members[name] else { return [] }
                return (node.items ?? [node]).map { Template($0, &reading) }
            }
            let strangers = templates("never-seen-by", &reading).map { ($0, $0.place) }
            return Line(
                place: item.place, issuer: members["issued-by"].map { Template($0, &reading) },
                kind: members["kind"].map { Template($0, &reading) },
                user: members["for"].flatMap { $0.isWord("absent") ? nil : Template($0, &reading) },
                isMachine: members["for"]?.isWord("absent") ?? false,
                value: members["value"].map { Template($0, &reading) },
                parent: members["made-from"].map { Template($0, &reading) },
                ancestor: members["descends-from"].map { Template($0, &reading) },
                isRevoked: members["revoked"]?.settledFlag(&reading, as: "revoked"),
                holders: templates("held-by", &reading), viewers: templates("seen-by", &reading), strangers: strangers,
                scopes: members["scopes"].map { Template($0, &reading) },
                audience: members["audience"].map { Template($0, &reading) },
                count: members["count"].map { Predicate(of: .count("count"), $0, &reading) })
        }
    }

    package func judge(_ evidence: Evidence) throws(Diagnostic) -> [Failure] {
        let table = evidence.lineage
        let byID = Dictionary(table.map { ($0.id, $0) }) { first, _ in first }
        var failures: [Failure] = []
        for line in lines {
            var rows: [TokenRow] = []
            for row in table where try Self.means(line, row, byID, evidence) { rows.append(row) }
            failures += try Self.judge(line, rows, evidence, all: table)
        }
        return failures
    }

    private static func means(
        _ line: Line, _ row: TokenRow, _ byID: [String: TokenRow], _ evidence: Evidence
    ) throws(Diagnostic) -> Bool {
        let variables = evidence.variables
        if let issuer = line.issuer, !PartyName.means(try issuer.text(variables), row.issuer) { return false }
        if let kind = line.kind, try kind.text(variables) != row.kind { return false }
        if let user = line.user, !evidence.isUser(row.user, try user.text(variables)) { return false }
        if line.isMachine, row.user != nil { return false }
        if let value = line.value, tokenID(try value.text(variables)) != row.id { return false }
        if let parent = line.parent {
            let kind = try parent.text(variables)
            if kind != row.parent.flatMap({ byID[$0] })?.kind ?? "absent" { return false }
        }
        if let ancestor = line.ancestor {
            let kind = try ancestor.text(variables)
            if !hasAncestor(row, of: kind, byID) { return false }
        }
        if let isRevoked = try line.isRevoked?.value(variables), isRevoked != row.isRevoked { return false }
        return true
    }

    private static func hasAncestor(_ row: TokenRow, of kind: String, _ byID: [String: TokenRow]) -> Bool {
        var (next, passed) = (row.parent, 0)
        // A chain never comes back to a token it passed, unless somebody's book-keeping is wrong.
        while let id = next, passed < byID.count, let token = byID[id] {
            if token.kind == kind { return true }
            (next, passed) = (token.parent, passed + 1)
        }
        return false
    }

    private static func judge(
        _ line: Line, _ rows: [TokenRow], _ evidence: Evidence, all: [TokenRow]
    ) throws(Diagnostic) -> [Failure] {
        let variables = evidence.variables
        if rows.isEmpty, let mistake = try nobody(line, evidence, all) { return [mistake] }
        if let count = line.count {
            if let expected = try count.refusal(of: .int(Int64(rows.count)), variables) {
                let actual = "\(rows.count)\(rows.isEmpty ? "" : ": \(shown(rows))")"
                return [Failure(line.place, "tokens", expected: "\(expected) such tokens", actual: actual)]
            }
            if rows.isEmpty { return [] }
        }
        guard !rows.isEmpty else {
            return [
                Failure(
                    line.place, "tokens", expected: "such a token", actual: "none was issued",
                    hint: all.isEmpty ? "no token was issued in this run" : "issued: \(shown(all))")
            ]
        }
        var failures: [Failure] = []
        var fits = false
        var reasons: [String] = []
        for row in rows {
            if let reason = try shortcoming(of: row, line, variables) {
                reasons.append("\(row.kind) \(row.id) \(reason)")
            } else {
                fits = true
            }
        }
        if !fits {
            failures.append(
                Failure(
                    line.place, "tokens", expected: "a token that is held and seen as said",
                    actual: reasons.prefix(4).joined(separator: "; ")))
        }
        for stranger in line.strangers {
            let name = try stranger.name.text(variables)
            let seeing = rows.filter { row in row.seenBy.contains { PartyName.means(name, Party($0)) } }
            if seeing.isEmpty, !evidence.isSomebody(name) {
                failures.append(evidence.nobody(name, stranger.place, "tokens"))
            }
            for row in seeing {
                failures.append(
                    Failure(
                        stranger.place, "tokens", expected: "\(row.kind) of \(row.issuer) never seen by \(name)",
                        actual: "seen by \(row.seenBy.joined(separator: ", "))"))
            }
        }
        return failures
    }

    /// A line for which there is no token because no token can be such.
    private static func nobody(
        _ line: Line, _ evidence: Evidence, _ all: [TokenRow]
    ) throws(Diagnostic) -> Failure? {
        let variables = evidence.variables
        for template in [line.kind, line.parent, line.ancestor].compactMap(\.self) {
            let kind = try template.text(variables)
            let isNone = kind == "absent" && template.place == line.parent?.place
            guard !isNone, !KnownNames.tokenKinds.contains(kind) else { continue }
            throw Diagnostic(
                template.place, "there is no kind of token \"\(kind)\"",
                hint: Suggestion.hint(for: kind, among: KnownNames.tokenKinds))
        }
        guard let user = line.user else { return nil }
        let name = try user.text(variables)
        guard !evidence.isUserName(name), !all.contains(where: { $0.user == name }) else { return nil }
        return evidence.nobody(name, user.place, "tokens")
    }

    /// What a token lacks; nil if it is as the line says.
    private static func shortcoming(of row: TokenRow, _ line: Line, _ variables: Variables) throws(Diagnostic)
        -> String?
    {
        for holder in line.holders {
            // A party that was sent a token has it in its hands; the vault says so itself.
            let name = try holder.text(variables)
            if !(row.heldBy + row.seenBy).contains(where: { PartyName.means(name, Party($0)) }) {
                return "is not held by \(name) but by \((row.heldBy + row.seenBy).joined(separator: ", "))"
            }
        }
        for viewer in line.viewers {
            let name = try viewer.text(variables)
            if !row.seenBy.contains(where: { PartyName.means(name, Party($0)) }) {
                return "was not seen by \(name) but by \(row.seenBy.joined(separator: ", "))"
            }
        }
        if let wanted = try texts(line.scopes, variables), Set(wanted) != Set(row.scopes) {
            return "has the scopes \(row.scopes.joined(separator: ", "))"
        }
        if let wanted = try texts(line.audience, variables), Set(wanted) != Set(row.audience) {
            return "is for \(row.audience.joined(separator: ", "))"
        }
        return nil
    }

    /// One text, or a list of them.
    private static func texts(_ template: Template?, _ variables: Variables) throws(Diagnostic) -> [String]? {
        guard let value = try template?.value(variables) else { return nil }
        return (value.array ?? [value]).map { $0.string ?? $0.text }
    }

    private static func shown(_ rows: [TokenRow]) -> String {
        rows.prefix(8).map { row in
            "\(row.kind) of \(row.issuer)\(row.user.map { " for \($0)" } ?? "")"
        }.joined(separator: ", ")
    }
}
