import Synchronization

/// One collection of the store: records by id, by key, and in the order of their first save.
///
/// It knows its records only as such. A table of its own for every type would be compiled without knowing that type,
/// in the store's module, and cost more than the one cast when a record leaves.
final class Table: Sendable {
    /// A record and its place in the order of first saves, from 1.
    struct Row: Sendable {
        let order: Int
        let record: any Record
        /// Those of the record, which it makes anew whenever it is asked.
        let keys: [RecordKey]

        init(order: Int, record: any Record) {
            self.order = order
            self.record = record
            keys = record.keys
        }
    }
    /// Ids of the records with one key. Mostly there is one.
    fileprivate enum Holders: Sendable {
        case one(String)
        case several(Set<String>)
    }
    fileprivate struct Rows: Sendable {
        var byID: [String: Row] = [:]
        var byKey: [RecordKey: Holders] = [:]
        var saved = 0
    }
    private let rows: Mutex<Rows>
    let collection: String

    init(_ collection: String) {
        self.collection = collection
        rows = Mutex(Rows())
    }
    private init(_ collection: String, _ rows: Rows) {
        self.collection = collection
        self.rows = Mutex(rows)
    }

    /// Shares storage until one side writes, so that a snapshot costs nothing.
    func copy() -> Table { Table(collection, rows.withLock { $0 }) }

    var count: Int { rows.withLock { $0.byID.count } }

    /// Every record as a change: what a fresh archive has to keep.
    var changes: [Change] {
        all().map { Change(collection: collection, id: $0.record.textID, record: $0.record) }
    }

    func find(_ id: String) -> (any Record)? { rows.withLock { $0.byID[id]?.record } }

    func find(where key: RecordKey) -> [Row] {
        rows.withLock { rows in
            switch rows.byKey[key] {
            case nil: return []
            case .one(let id)?: return rows.byID[id].map { [$0] } ?? []
            case .several(let ids)?: return ids.compactMap { rows.byID[$0] }.sorted { $0.order < $1.order }
            }
        }
    }

    func all() -> [Row] { rows.withLock { $0.byID.values.sorted { $0.order < $1.order } } }

    /// Puts or removes (nil) and returns what was there.
    func replace(_ id: String, by record: (any Record)?) -> Row? {
        rows.withLock { rows in
            let old = rows.byID[id]
            if old == nil, record != nil { rows.saved += 1 }
            rows.put(id, record.map { Row(order: old?.order ?? rows.saved, record: $0) }, over: old)
            return old
        }
    }

    /// Takes a `replace` back.
    func restore(_ id: String, to row: Row?) { rows.withLock { $0.put(id, row, over: $0.byID[id]) } }
}

extension Table.Rows {
    fileprivate mutating func put(_ id: String, _ new: Table.Row?, over old: Table.Row?) {
        let (oldKeys, newKeys) = (old?.keys ?? [], new?.keys ?? [])
        // Most changes leave the keys alone.
        if oldKeys != newKeys {
            for key in oldKeys { byKey[key] = Self.without(id, byKey.removeValue(forKey: key)) }
            for key in newKeys { byKey[key] = Self.with(id, byKey.removeValue(forKey: key)) }
        }
        byID[id] = new
    }
}

extension Table.Rows {
    // Both own what they are given, so that a large set is changed where it lies.
    private static func with(_ id: String, _ holders: consuming Table.Holders?) -> Table.Holders {
        switch consume holders {
        case nil: return .one(id)
        case .one(let other)?: return other == id ? .one(id) : .several([other, id])
        case .several(var ids)?:
            ids.insert(id)
            return .several(ids)
        }
    }

    private static func without(_ id: String, _ holders: consuming Table.Holders?) -> Table.Holders? {
        switch consume holders {
        case nil: return nil
        case .one(let other)?: return other == id ? nil : .one(other)
        case .several(var ids)?:
            ids.remove(id)
            return ids.isEmpty ? nil : .several(ids)
        }
    }
}

extension Record {
    var textID: String { id.rawValue }
}
