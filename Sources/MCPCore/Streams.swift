package import Kernel
import Synchronization

package enum StreamTag {}
package typealias StreamID = Identifier<StreamTag>

/// Messages on their way to a client: the answer to one POST, or the standing stream of a session.
///
/// Kept in the store, so that whoever has something to say appends it in its own transaction, and a client whose
/// connection broke goes on where it stopped (MCP 2025-11-25, transports, resumability).
package struct StreamRecord: Record {
    package static let collection = "mcp-stream"
    package static let isWaitedFor = true
    package let id: StreamID
    /// Whose stream it is, in the owner's own words: a session, a gateway with a subject. Nobody else may resume it.
    package let owner: String
    /// Opened by GET, for messages that belong to no request.
    let isStanding: Bool
    /// Where it is such a stream: the server whose session it belongs to, and when that is over; nil for never.
    let server: String?
    let until: Instant?
    /// Whether its events carry ids, so that it can be resumed.
    package let hasIDs: Bool
    private(set) var entries: [Entry] = []
    /// Entries that were let go at the beginning.
    private(set) var forgotten = 0
    private(set) var isEnded = false
    /// How often a reader took it up; the last one reads.
    private(set) var readers = 0
    package var keys: [RecordKey] {
        // The first key is what those that ended are counted by.
        let own = RecordKey("owner", owner)
        if isEnded, hasIDs { return [RecordKey("ended", owner), own] }
        guard let server, until != nil, !isEnded else { return [own] }
        return [own, RecordKey("server", server)]
    }

    enum Entry: Hashable, Sendable, Codable {
        /// An id before anything is said, so that the stream can be resumed at once.
        case primer
        case message(String)
        /// The connection ends here; the client comes back after so many milliseconds.
        case hangUp(retry: Int)
    }

    /// A client that never reads must not make a lab grow.
    private static let mostEntries = 1000
    /// So many streams of an owner are kept for whoever resumes them after their end: far more than a client has under
    /// way at a time, since some may not have been read yet.
    fileprivate static let mostEnded = 64

    init(id: StreamID, owner: String, hasIDs: Bool, standing session: MCPSession? = nil, until: Instant? = nil) {
        self.id = id
        self.owner = owner
        self.hasIDs = hasIDs
        isStanding = session != nil
        server = session?.server
        self.until = until
    }

    mutating func append(_ entry: Entry) {
        guard !isEnded else { return }
        entries.append(entry)
        if entries.count > Self.mostEntries {
            entries.removeFirst()
            forgotten += 1
        }
    }

    mutating func end() { isEnded = true }

    mutating func takeUp() -> Int {
        readers += 1
        return readers
    }

    func event(_ entry: Entry, at place: Int) -> ServerSentEvent {
        let id = hasIDs ? "\(self.id)_\(place)" : nil
        return switch entry {
        case .primer: ServerSentEvent(id: id, data: [])
        case .message(let text): ServerSentEvent(id: id, data: Array(text.utf8))
        case .hangUp(let retry): ServerSentEvent(id: id, retry: retry, data: [])
        }
    }

    /// Stream and place that a `Last-Event-ID` names.
    package static func place(of eventID: String) -> (stream: StreamID, next: Int)? {
        guard let mark = eventID.lastIndex(of: "_"), let place = Int(eventID[eventID.index(after: mark)...]),
            (0..<Int.max).contains(place)
        else { return nil }
        return (StreamID(String(eventID[..<mark])), place + 1)
    }
}

extension Transaction {
    /// A new stream. `isPrimed` for clients of 2025-11-25 and later: older ones choke on an event without data.
    package mutating func openStream(_ id: StreamID, owner: String, hasIDs: Bool, isPrimed: Bool) {
        var record = StreamRecord(id: id, owner: owner, hasIDs: hasIDs)
        if hasIDs, isPrimed { record.append(.primer) }
        save(record)
    }

    /// Appends a message; a stream that is gone or ended takes nothing.
    package mutating func send(_ message: JSONValue, on id: StreamID) {
        guard var record = find(StreamRecord.self, id) else { return }
        record.append(.message(message.text))
        save(record)
    }

    /// Lets the client go before the end; it comes back with `Last-Event-ID` after `retry` (SEP-1699).
    package mutating func hangUp(_ id: StreamID, retry: Span) {
        guard var record = find(StreamRecord.self, id), record.hasIDs else { return }
        record.append(.hangUp(retry: Int(retry.milliseconds)))
        save(record)
    }

    /// Nothing more comes; what is there can still be read, and resumed while the owner has not ended many others
    /// since.
    package mutating func endStream(_ id: StreamID) {
        guard var record = find(StreamRecord.self, id), !record.isEnded else { return }
        record.end()
        guard record.hasIDs else { return save(record) }
        // Anew, so that they stand in the order of their ends and the one that ended just now is not let go.
        remove(StreamRecord.self, id)
        save(record, keeping: StreamRecord.mostEnded)
    }

    /// Every stream of an owner is gone.
    mutating func removeStreams(of owner: String) {
        for record in find(StreamRecord.self, where: "owner", is: owner) { remove(StreamRecord.self, record.id) }
    }

    /// The stream that takes messages which belong to no request; nil while the owner has none open.
    package mutating func standingStream(of owner: String) -> StreamID? {
        find(StreamRecord.self, where: "owner", is: owner).last { $0.isStanding && !$0.isEnded }?.id
    }
}

extension World {
    /// The name of a stream that is about to be opened.
    package func newStreamID() -> StreamID { StreamID(entropy.text(22, from: .base62, for: "mcp.stream")) }
}

/// Reads a stored stream from some place on. The newest reader of a stream wins; an older one comes to its end.
package final class StoredEvents: EventSource {
    private struct Place {
        var next: Int
        var hasHungUp = false
    }
    private let store: Store
    private let id: StreamID
    private let reader: Int
    private let place: Mutex<Place>
    private let onClose: @Sendable () -> Void

    /// From place `next` on, 0 for all; `onClose` is called when the client goes away.
    package init(
        _ id: StreamID, in store: Store, from next: Int = 0, onClose: @escaping @Sendable () -> Void = {}
    ) {
        self.id = id
        self.store = store
        self.onClose = onClose
        place = Mutex(Place(next: next))
        let taken = try? store.write { transaction in
            guard var record = transaction.find(StreamRecord.self, id) else { return 0 }
            let reader = record.takeUp()
            transaction.save(record)
            return reader
        }
        reader = taken ?? 0
    }

    package func next() -> EventPull {
        place.withLock { place in
            guard !place.hasHungUp, let record = record, record.readers == reader else { return .end }
            let index = max(place.next, record.forgotten)
            guard index - record.forgotten < record.entries.count else {
                guard record.isEnded else { return .pending }
                // What cannot be resumed is of no use once it was read.
                if !record.hasIDs { _ = try? store.write { $0.remove(StreamRecord.self, id) } }
                return .end
            }
            let entry = record.entries[index - record.forgotten]
            place.next = index + 1
            if case .hangUp = entry { place.hasHungUp = true }
            return .event(record.event(entry, at: index))
        }
    }

    private var record: StreamRecord? { try? store.write { $0.find(StreamRecord.self, id) } }

    package func close() { onClose() }
}
