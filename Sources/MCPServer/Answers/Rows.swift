import Kernel
import MCPCore

enum RowsTag {}

/// Rows of a collection since the first change; before that the catalogue's own count.
struct RowsRecord: Record {
    static let collection = "mcp-rows"
    let id: Identifier<RowsTag>
    var rows: [JSONValue]
}

/// A call went wrong in the tool's own words, or in the protocol's.
struct CallFailure: Error, Hashable {
    let text: String
    let error: JSONRPCError?
    init(text: String) { (self.text, error) = (text, nil) }
    init(_ error: JSONRPCError) { (text, self.error) = (error.message, error) }
}

/// Reads and writes collections within a transaction.
struct RowWork {
    let catalogue: ToolCatalogue
    let entropy: any Entropy

    private func rows(_ name: String, _ transaction: inout Transaction) -> [JSONValue] {
        transaction.find(RowsRecord.self, Identifier(name))?.rows ?? catalogue.rows[name]?.array ?? []
    }

    /// Does a step and says what its fact is now.
    func run(
        _ step: RowStep, _ facts: JSONObject, _ transaction: inout Transaction
    ) throws(CallFailure) -> JSONValue? {
        let filler = AnswerFiller(facts: facts)
        if case .draw(let digits) = step.form {
            return .string(String(Hex.encode(entropy.bytes((digits + 1) / 2, for: "mcp.draw")).prefix(digits)))
        }
        var all = rows(step.collection, &transaction)
        let condition = RowCondition(filler: filler)
        let places = all.indices.filter { condition.holds(step.conditions, for: all[$0]) }
        func failed() throws(CallFailure) {
            if let text = step.otherwise { throw CallFailure(text: filler.text(text)) }
        }
        switch step.form {
        case .draw: return nil
        case .find:
            guard let place = places.first else {
                try failed()
                return nil
            }
            return all[place]
        case .list(let listing): return try listed(places.map { all[$0] }, listing, filler)
        case .add(let row, let next):
            guard step.otherwise == nil || places.isEmpty else {
                try failed()
                return nil
            }
            var object = filler.filled(row)?.object ?? [:]
            for counter in next {
                let numbers = counter.collections.flatMap { rows($0, &transaction) }
                    .filter { condition.holds(step.conditions, for: $0) }.compactMap { $0[counter.member]?.int }
                object[counter.member] = .int((numbers.max() ?? 0) &+ 1)
            }
            all.append(.object(object))
            transaction.save(RowsRecord(id: Identifier(step.collection), rows: all))
            return .object(object)
        case .change(let set, let increase):
            guard let first = places.first else {
                try failed()
                return nil
            }
            for place in places {
                var inner = facts
                inner[step.fact] = all[place]
                let given = AnswerFiller(facts: inner).filled(set)?.object ?? [:]
                var object = (all[place].object ?? [:]).merging(given)
                for member in increase.members {
                    object[member.name] = .int((object[member.name]?.int ?? 0) &+ (member.value.int ?? 0))
                }
                all[place] = .object(object)
            }
            transaction.save(RowsRecord(id: Identifier(step.collection), rows: all))
            return all[first]
        case .remove:
            guard let first = places.first else {
                try failed()
                return nil
            }
            let removed = all[first]
            transaction.save(
                RowsRecord(
                    id: Identifier(step.collection), rows: all.indices.filter { !places.contains($0) }.map { all[$0] }))
            return removed
        }
    }

    /// `{items, total, hasNextPage, hasPreviousPage, startCursor, endCursor}`.
    private func listed(
        _ rows: [JSONValue], _ listing: RowStep.Listing, _ filler: AnswerFiller
    ) throws(CallFailure) -> JSONValue {
        var rows = listing.search?.filter(rows, filler) ?? rows
        if let sort = listing.sort.map(filler.text), !sort.isEmpty {
            let isDescending = listing.direction.map { filler.text($0).lowercased() } == "desc"
            // Equal ones keep their order, whichever way the others go.
            let keyed = rows.enumerated().map { (place: $0.offset, row: $0.element) }
            rows = keyed.sorted { left, right in
                let order = Self.order(
                    RowCondition.value(at: sort, of: left.row), RowCondition.value(at: sort, of: right.row))
                if order == 0 { return left.place < right.place }
                return isDescending ? order > 0 : order < 0
            }.map(\.row)
        }
        let size = max(1, min(100, Int(Self.number(listing.size, filler) ?? 30)))
        let start: Int
        if let after = listing.after.flatMap(filler.filled)?.string, !after.isEmpty {
            guard let bytes = Base64.decode(after),
                let offset = Int(String(decoding: bytes, as: UTF8.self).dropFirst(7)),
                (0...rows.count).contains(offset)
            else { throw CallFailure(text: "`\(after)` does not appear to be a valid cursor.") }
            start = offset
        } else {
            let number = max(1, min(1_000_000, Self.number(listing.page, filler) ?? 1))
            start = min(rows.count, (Int(number) - 1) * size)
        }
        let page = Array(rows[start..<min(rows.count, start + size)])
        let end = start + page.count
        return [
            "items": .array(page), "total": .int(Int64(rows.count)), "hasNextPage": .bool(end < rows.count),
            "hasPreviousPage": .bool(start > 0), "startCursor": .string(page.isEmpty ? "" : Self.cursor(start)),
            "endCursor": .string(page.isEmpty ? "" : Self.cursor(end)),
        ]
    }

    private static func cursor(_ offset: Int) -> String { Base64.encode(Array("cursor:\(offset)".utf8)) }

    private static func number(_ template: JSONValue?, _ filler: AnswerFiller) -> Int64? {
        guard let value = template.flatMap(filler.filled) else { return nil }
        return value.int ?? value.string.flatMap { Int64($0) }
    }

    private static func order(_ left: JSONValue?, _ right: JSONValue?) -> Int {
        if let left = left?.double, let right = right?.double { return left < right ? -1 : left > right ? 1 : 0 }
        let (left, right) = (RowCondition.text(left), RowCondition.text(right))
        return left < right ? -1 : left > right ? 1 : 0
    }
}
