import Synchronization

/// One collection of the store whatever its record type.
package protocol AnyTable: Sendable {
    func copy() -> any AnyTable
    var count: Int { get }
    /// Every record as a change: what a fresh archive has to keep.
    var changes: [Change] { get }
}

/// Records of one type: by id, by key, and in the order of their first save.
final class Table<R: Record>: AnyTable {
    private struct Rows {
        var byID: [R.ID: (order: Int, record: R)] = [:]
        var byKey: [RecordKey: Set<R.ID>] = [:]
        var saved = 0
    }
    private let rows: Mutex<Rows>

    init() { rows = Mutex(Rows()) }
    private init(_ copied: sending Rows) { rows = Mutex(copied) }

    /// Shares storage until one side writes, so that a snapshot costs nothing.
    func copy() -> any AnyTable {
        let (byID, byKey, saved) = rows.withLock { ($0.byID, $0.byKey, $0.saved) }
        return Table<R>(Rows(byID: byID, byKey: byKey, saved: saved))
    }

    var count: Int { rows.withLock { $0.byID.count } }

    var changes: [Change] { all().map { Change(collection: R.collection, id: $0.id.rawValue, record: $0) } }

    func find(_ id: R.ID) -> R? { rows.withLock { $0.byID[id]?.record } }

    func find(where key: RecordKey) -> [R] {
        rows.withLock { rows in
            guard let ids = rows.byKey[key] else { return [] }
            return ids.compactMap { rows.byID[$0] }.sorted { $0.order < $1.order }.map(\.record)
        }
    }

    func all() -> [R] { rows.withLock { $0.byID.values.sorted { $0.order < $1.order }.map(\.record) } }

    /// Puts or removes (nil) and returns what was there.
    func replace(_ id: R.ID, by record: R?) -> R? {
        rows.withLock { rows in
            let old = rows.byID[id]
            for key in old?.record.keys ?? [] {
                rows.byKey[key]?.remove(id)
                if rows.byKey[key]?.isEmpty == true { rows.byKey[key] = nil }
            }
            guard let record else {
                rows.byID[id] = nil
                return old?.record
            }
            if old == nil { rows.saved += 1 }
            rows.byID[id] = (old?.order ?? rows.saved, record)
            for key in record.keys { rows.byKey[key, default: []].insert(id) }
            return old?.record
        }
    }
}
