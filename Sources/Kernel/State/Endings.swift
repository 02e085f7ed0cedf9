/// Records that pass under one key, found by their ends: a binary heap with the first end at its root.
///
/// No entry is looked for when its record changes or goes. When its time has come the record is asked: what is gone is
/// thrown away, and what lives on gets the place of its new end.
struct Endings: Sendable {
    struct Entry: Sendable {
        let end: Instant
        /// Of the record's first save: one that comes anew under its id has another.
        let order: Int
        let id: String

        fileprivate func isBefore(_ other: Entry) -> Bool {
            end == other.end ? order < other.order : end < other.end
        }
    }

    /// How many records there are. Entries there may be more.
    var count = 0
    private var entries: [Entry] = []

    var first: Entry? { entries.first }

    /// Whether more entries than records are left over from what has gone.
    var isOvergrown: Bool { entries.count > 2 * count + 16 }

    mutating func insert(_ entry: Entry) {
        entries.append(entry)
        var place = entries.count - 1
        while place > 0, entries[place].isBefore(entries[(place - 1) / 2]) {
            entries.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func removeFirst() {
        let last = entries.removeLast()
        if !entries.isEmpty { replaceFirst(by: last) }
    }

    mutating func replaceFirst(by entry: Entry) {
        entries[0] = entry
        var place = 0
        while true {
            let (left, right) = (2 * place + 1, 2 * place + 2)
            guard left < entries.count else { return }
            let child = right < entries.count && entries[right].isBefore(entries[left]) ? right : left
            guard entries[child].isBefore(entries[place]) else { return }
            entries.swapAt(place, child)
            place = child
        }
    }

    /// Throws away every other entry, and of one record all but the earliest. What is sorted is a heap.
    mutating func keep(where isWanted: (Entry) -> Bool) {
        var seen: Set<Int> = []
        entries = entries.sorted { $0.isBefore($1) }.filter { isWanted($0) && seen.insert($0.order).inserted }
    }
}
