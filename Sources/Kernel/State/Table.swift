import Synchronization

/// One collection of the store: records by id, by key, and in the order of their first save.
///
/// It knows its records only as such. A table of its own for every type would be compiled without knowing that type,
/// in the store's module, and cost more than the one cast when a record leaves.
final class Table: Sendable {
    /// A record and its place in the order of first saves, from 1. A class, because rows are handed from hand to hand.
    final class Row: Sendable {
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
    /// A record with some key.
    fileprivate struct Holder: Sendable {
        let order: Int
        let id: String
    }
    /// The records with one key, in their order. Mostly there is one; none is there only while they are changed.
    fileprivate enum Holders: Sendable {
        case none
        case one(Holder)
        case several(Queue)

        // Both take themselves apart, so that a long queue is changed where it lies.
        mutating func insert(_ new: Holder) {
            switch consume self {
            case .none: self = .one(new)
            case .one(let other) where other.order == new.order: self = .one(new)
            case .one(let other): self = .several(Queue(other.order < new.order ? [other, new] : [new, other]))
            case .several(var queue):
                queue.insert(new)
                self = .several(queue)
            }
        }

        mutating func remove(_ order: Int) {
            switch consume self {
            case .none: self = .none
            case .one(let other): self = other.order == order ? .none : .one(other)
            case .several(var queue):
                queue.remove(order)
                self = queue.count == 0 ? .none : .several(queue)
            }
        }
    }
    /// Holders in their order. The oldest go first, and often: one goes from the front without the others being moved.
    fileprivate struct Queue: Sendable {
        private(set) var places: [Holder]
        /// Where those begin that are still there; before are no more than behind.
        private(set) var start = 0

        init(_ places: [Holder]) { self.places = places }

        var count: Int { places.count - start }

        /// Where a record of this order stands among `places`, or would.
        func place(of order: Int) -> Int {
            // The newest comes and the oldest goes: what lies between is mostly far from the processor.
            guard let last = places.last, last.order >= order else { return places.count }
            guard places[start].order < order else { return start }
            var (low, high) = (start + 1, places.count)
            while low < high {
                let middle = (low + high) / 2
                if places[middle].order < order { low = middle + 1 } else { high = middle }
            }
            return low
        }

        func holds(_ order: Int, at place: Int) -> Bool { place < places.count && places[place].order == order }

        mutating func insert(_ new: Holder) {
            let place = place(of: new.order)
            if !holds(new.order, at: place) { places.insert(new, at: place) }
        }

        mutating func remove(_ order: Int) {
            let place = place(of: order)
            guard holds(order, at: place) else { return }
            guard place == start else {
                places.remove(at: place)
                return
            }
            start += 1
            if start > count {
                places.removeFirst(start)
                start = 0
            }
        }
    }
    fileprivate struct Rows: Sendable {
        var byID: [ExactText: Row] = [:]
        /// By every key but the passing ones.
        var byKey: [RecordKey: Holders] = [:]
        var passing: [RecordKey: Endings] = [:]
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

    func find(_ id: String) -> (any Record)? { rows.withLock { $0.byID[ExactText(id)]?.record } }

    func find(where key: RecordKey) -> [Row] {
        rows.withLock { rows in
            switch rows.byKey[key] {
            case nil, .none?: return []
            case .one(let holder)?: return rows.byID[ExactText(holder.id)].map { [$0] } ?? []
            case .several(let queue)?: return queue.places[queue.start...].compactMap { rows.byID[ExactText($0.id)] }
            }
        }
    }

    func count(where key: RecordKey) -> Int {
        rows.withLock { rows in
            if key.isPassing { return rows.passing[key]?.count ?? 0 }
            return switch rows.byKey[key] {
            case nil, .none?: 0
            case .one?: 1
            case .several(let queue)?: queue.count
            }
        }
    }

    /// Id of the oldest record with a key, if there are more than `most` of them.
    func oldest(where key: RecordKey, ifMoreThan most: Int) -> String? {
        rows.withLock { rows in
            switch rows.byKey[key] {
            case .several(let queue)? where queue.count > most: queue.places[queue.start].id
            case .one(let holder)? where most < 1: holder.id
            default: nil
            }
        }
    }

    /// Those with a key that come after one of them, or after so many where that one is gone; and how many came before.
    func part(where key: RecordKey, after last: String?, or offset: Int, most: Int) -> (rows: [Row], start: Int) {
        rows.withLock { rows in
            let queue: Queue
            switch rows.byKey[key] {
            case nil, .none?: return ([], 0)
            case .one(let holder)?: queue = Queue([holder])
            case .several(let several)?: queue = several
            }
            var first = queue.start + min(max(offset, 0), queue.count)
            if let row = last.flatMap({ rows.byID[ExactText($0)] }) {
                let place = queue.place(of: row.order)
                if queue.holds(row.order, at: place) { first = place + 1 }
            }
            let part = queue.places[first...].prefix(most).compactMap { rows.byID[ExactText($0.id)] }
            return (part, first - queue.start)
        }
    }

    /// Looks at the record with a passing key that said it would end first. Gives its id if it is over: it is taken out
    /// of the line, and the caller is to remove it.
    func takeOver(where key: RecordKey, at now: Instant) -> String? { rows.withLock { $0.takeOver(key, now) } }

    func all() -> [Row] { rows.withLock { $0.byID.values.sorted { $0.order < $1.order } } }

    /// Puts or removes (nil) and returns what was there.
    func replace(_ id: String, by record: (any Record)?) -> Row? {
        rows.withLock { rows in
            let old = rows.byID[ExactText(id)]
            if old == nil, record != nil { rows.saved += 1 }
            let order = old?.order ?? rows.saved
            rows.put(id, record.map { Row(order: order, record: $0) }, over: old)
            return old
        }
    }

    /// Takes a `replace` back.
    func restore(_ id: String, to row: Row?) { rows.withLock { $0.put(id, row, over: $0.byID[ExactText(id)]) } }
}

extension Table.Rows {
    fileprivate mutating func put(_ id: String, _ new: Table.Row?, over old: Table.Row?) {
        let (oldKeys, newKeys) = (old?.keys ?? [], new?.keys ?? [])
        // Most changes leave the keys alone, and most others leave some: a key that many records share is a long line
        // to be taken out of.
        if oldKeys != newKeys {
            if let old {
                for key in oldKeys where !key.isPassing && !newKeys.contains(key) { remove(old.order, key) }
            }
            if let new {
                let holder = Table.Holder(order: new.order, id: id)
                for key in newKeys where !key.isPassing && !oldKeys.contains(key) {
                    byKey[key, default: .none].insert(holder)
                }
            }
        }
        byID[ExactText(id)] = new
        line(id, new, over: old)
    }

    private mutating func remove(_ order: Int, _ key: RecordKey) {
        guard let place = byKey.index(forKey: key) else { return }
        byKey.values[place].remove(order)
        if case .none = byKey.values[place] { byKey.remove(at: place) }
    }

    /// Keeps in line what passes, by its end.
    private mutating func line(_ id: String, _ new: Table.Row?, over old: Table.Row?) {
        let (before, key) = (old?.keys.first { $0.isPassing }, new?.keys.first { $0.isPassing })
        if let before, before != key {
            passing[before]?.count -= 1
            if passing[before]?.count == 0 { passing[before] = nil }
        }
        guard let key, let new, let end = new.record.passesAt else { return }
        // It is asked when its time has come.
        if before == key, let earlier = old?.record.passesAt, earlier <= end { return }
        let entry = Endings.Entry(end: end, order: new.order, id: id)
        // Looked for once: every token and code stands in such a line.
        guard Self.add(entry, isNew: before != key, to: &passing[key, default: Endings()]),
            var line = passing.removeValue(forKey: key)
        else { return }
        line.keep { holds($0, key) }
        passing[key] = line
    }

    /// True where the line has become so long that it should be gone through.
    private static func add(_ entry: Endings.Entry, isNew: Bool, to line: inout Endings) -> Bool {
        if isNew { line.count += 1 }
        line.insert(entry)
        return line.isOvergrown
    }

    /// Whether an entry is of a record that is there, and there in this line.
    private func holds(_ entry: Endings.Entry, _ key: RecordKey) -> Bool {
        byID[ExactText(entry.id)].map { $0.order == entry.order && $0.keys.contains(key) } ?? false
    }

    mutating func takeOver(_ key: RecordKey, _ now: Instant) -> String? {
        guard let first = passing[key]?.first, first.end <= now else { return nil }
        guard holds(first, key), let end = byID[ExactText(first.id)]?.record.passesAt else {
            passing[key]?.removeFirst()
            return nil
        }
        guard end <= now else {
            passing[key]?.replaceFirst(by: Endings.Entry(end: end, order: first.order, id: first.id))
            return nil
        }
        passing[key]?.removeFirst()
        return first.id
    }
}

extension Record {
    var textID: String { id.rawValue }
}
