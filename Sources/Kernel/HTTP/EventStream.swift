package import HTTPTypes

/// One event of a `text/event-stream` (WHATWG HTML section 9.2.6).
package struct ServerSentEvent: Hashable, Sendable, Codable {
    /// What a client names to go on after this event; nil where a stream cannot be resumed.
    package var id: String?
    /// Milliseconds a client shall wait before it comes back; nil leaves that to the client.
    package var retry: Int?
    /// One line; empty for an event that only carries an id.
    package var data: [UInt8]?

    package init(id: String? = nil, retry: Int? = nil, data: [UInt8]?) {
        self.id = id
        self.retry = retry
        self.data = data
    }

    /// The event as the wire has it, with the empty line that ends it.
    package var bytes: [UInt8] {
        var result: [UInt8] = []
        if let id { result += Array("id: \(id)\n".utf8) }
        if let retry { result += Array("retry: \(retry)\n".utf8) }
        if let data {
            // Without data there is no message, and a client that only knows messages is not to be bothered.
            if !data.isEmpty { result += Array("event: message\n".utf8) }
            result += Array("data: ".utf8) + data + [10]
        }
        return result + [10]
    }
}

/// What a stream has to say at this moment.
package enum EventPull: Hashable, Sendable {
    case event(ServerSentEvent)
    /// Nothing now; perhaps after the next thing that happens in the lab.
    case pending
    /// Nothing ever again.
    case end
}

/// Where the events of an answer come from. It answers at once: a party never waits for a client.
package protocol EventSource: Sendable {
    /// The next event, taken.
    func next() -> EventPull
    /// The client went away.
    func close()
}

/// The events of an answer that goes on after its first bytes, as its receiver reads them.
package final class EventStream: Sendable {
    private let source: any EventSource
    private let changes: ChangeSignal
    private let seen: @Sendable (ServerSentEvent) -> Void
    private let waiter = ChangeSignal.Waiter()

    /// - Parameters:
    ///   - source: where the events come from.
    ///   - changes: raised whenever there may be more.
    ///   - seen: called with each event that was taken.
    package init(
        _ source: any EventSource, changes: ChangeSignal = ChangeSignal(),
        seen: @escaping @Sendable (ServerSentEvent) -> Void = { _ in }
    ) {
        self.source = source
        self.changes = changes
        self.seen = seen
    }

    /// The next event, if there is one at this moment.
    package func next() -> EventPull {
        let pull = source.next()
        if case .event(let event) = pull { seen(event) }
        return pull
    }

    /// The next event, whenever it comes; nil at the end, or once the stream was stopped.
    package func nextWhenever() async -> ServerSentEvent? {
        while !waiter.isStopped {
            let count = changes.count
            switch next() {
            case .event(let event): return event
            case .end: return nil
            case .pending: await changes.wait(after: count, as: waiter)
            }
        }
        return nil
    }

    /// Whoever waits for the next event gets none.
    package func stop() { changes.stop(waiter) }

    /// The client went away.
    package func close() { source.close() }

    /// The same events, watched by the network.
    func watched(_ changes: ChangeSignal, _ seen: @escaping @Sendable (ServerSentEvent) -> Void) -> EventStream {
        EventStream(source, changes: changes, seen: seen)
    }
}

extension Response {
    /// An answer that is a stream of events.
    package static func events(_ source: any EventSource, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.contentType] = "text/event-stream"
        headers[.cacheControl] = "no-cache, no-transform"
        headers[fieldName("x-accel-buffering")] = "no"
        var response = Response(200, headers: headers)
        response.events = EventStream(source)
        return response
    }

    /// Puts the events that are there at this moment into the body. Afterwards `events` is nil if that was all.
    package mutating func drainEvents() {
        guard let events else { return }
        while true {
            switch events.next() {
            case .event(let event): body += event.bytes
            case .pending: return
            case .end:
                self.events = nil
                return
            }
        }
    }
}
