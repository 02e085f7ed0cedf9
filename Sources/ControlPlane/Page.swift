import AWSCore
import Kernel

/// One page of a list, and the token that leads to the next (ledger `pagination`).
struct Page<Item> {
    let items: [Item]
    let nextToken: String?

    /// `list` names what is listed, so that a token of another list is refused; `limit` is the most a page has.
    ///
    /// - Throws: `ValidationException` for a token that this list never gave.
    init(
        of all: [Item], list: String, token: String?, limit: Int, id: (Item) -> String
    ) throws(AWSError) {
        var start = 0
        if let token {
            guard let place = PageToken(token, list: list) else {
                throw AWSError.invalid([.init("nextToken", "Member must be a token that this list returned")])
            }
            // The item may be gone by now; its place is the second best.
            start = all.firstIndex { id($0) == place.last }.map { $0 + 1 } ?? min(place.offset, all.count)
        }
        items = Array(all[start...].prefix(max(1, limit)))
        let end = start + items.count
        nextToken = end < all.count ? items.last.map { PageToken(list: list, offset: end, last: id($0)).text } : nil
    }

    /// A page of the records with a secondary key. It costs as much as the page is long, however many there are.
    ///
    /// - Throws: `ValidationException` for a token that this list never gave.
    init(
        of type: Item.Type, where key: String, is value: String, list: String, token: String?, limit: Int,
        in transaction: inout Transaction
    ) throws(AWSError) where Item: Record {
        let place = token.flatMap { PageToken($0, list: list) }
        guard token == nil || place != nil else {
            throw AWSError.invalid([.init("nextToken", "Member must be a token that this list returned")])
        }
        let part = transaction.part(
            of: type, where: key, is: value, after: place?.last, or: place?.offset ?? 0, most: max(1, limit))
        items = part.records
        let end = part.start + items.count
        let isLast = end >= transaction.count(type, where: key, is: value)
        nextToken =
            isLast ? nil : items.last.map { PageToken(list: list, offset: end, last: $0.id.rawValue).text }
    }

    /// A page as an answer has it.
    func json(_ name: String, _ render: (Item) -> JSONValue) -> JSONValue {
        var result: JSONObject = [name: .array(items.map(render))]
        if let nextToken { result.append("nextToken", .string(nextToken)) }
        return .object(result)
    }
}

/// Where a page ended. Opaque to callers.
private struct PageToken {
    let list: String
    let offset: Int
    let last: String

    var text: String { Base64.encodeURL(Array("\(list)\n\(offset)\n\(last)".utf8)) }

    init(list: String, offset: Int, last: String) {
        self.list = list
        self.offset = offset
        self.last = last
    }

    init?(_ text: String, list: String) {
        guard let bytes = Base64.decodeURL(text), let plain = String(validating: bytes, as: UTF8.self) else {
            return nil
        }
        let parts = plain.split(separator: "\n", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[0] == list, let offset = Int(parts[1]), offset >= 0 else { return nil }
        self.init(list: list, offset: offset, last: String(parts[2]))
    }
}

extension ControlPlane {
    /// A page of the records that the caller's account has, in the order in which they were made.
    func page<Item: Record>(
        of type: Item.Type, _ call: Call, as member: String, most: Int, show: (Item) -> JSONValue
    ) throws -> JSONValue {
        try world.store.write { transaction in
            let page = try Page(
                of: type, where: "account", is: call.account, list: "\(Item.collection) \(call.account)",
                token: call.input["nextToken"]?.string, limit: pageSize(call, most: most), in: &transaction)
            return page.json(member, show)
        }
    }

    /// Items on a page: what the caller asked for, else the lab's choice, never more than the model allows.
    func pageSize(_ call: Call, most: Int) -> Int {
        min(call.input["maxResults"]?.int.map(Int.init) ?? world.switches.number(.pageSize), most)
    }
}
