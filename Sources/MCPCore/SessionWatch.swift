package import Kernel

/// When the next session of a server ends that somebody listens in. Standing streams are all that has to be told: what
/// else a session has is looked at when a request names it.
///
/// One alarm for all sessions of a server: it ends the streams whose time has come and is set again for the next, so
/// that streams that are opened again and again leave nothing behind.
package struct SessionWatch: Record {
    package static let collection = "mcp-session-watch"
    package let id: Identifier<SessionWatch>
    /// What the alarm that counts is set to.
    let due: Instant

    init(server: String, due: Instant) {
        id = Identifier(server)
        self.due = due
    }

    private static let label = "mcp-session-over "

    static func alarm(at due: Instant, for server: String, of world: World) -> Alarm {
        Alarm(due: due, party: world.party, label: "\(label)\(due.milliseconds) \(server)")
    }

    /// Ends the standing streams of the sessions that are over; false for an alarm about something else.
    package static func look(_ alarm: Alarm, _ world: World) -> Bool {
        guard alarm.label.hasPrefix(label) else { return false }
        let words = alarm.label.dropFirst(label.count).split(separator: " ", maxSplits: 1).map(String.init)
        guard words.count == 2, let set = Int64(words[0]) else { return true }
        let (server, now) = (words[1], world.clock.now)
        _ = try? world.store.write { transaction in
            guard let next = transaction.endStreams(of: server, at: now, by: Instant(milliseconds: set)) else { return }
            // Here, so that the alarm is kept with the record that counts on it.
            world.scheduler.schedule(Self.alarm(at: next, for: server, of: world))
        }
        return true
    }
}

extension Transaction {
    /// A stream for what belongs to no request, as long as its session lives. Gives what an alarm is to be set to; nil
    /// where one rings early enough already.
    mutating func openStandingStream(_ id: StreamID, of session: MCPSession, until end: Instant?) -> Instant? {
        var record = StreamRecord(id: id, owner: session.streamOwner, hasIDs: true, standing: session, until: end)
        if session.agreed >= .november2025 { record.append(.primer) }
        save(record)
        guard let end else { return nil }
        let known = find(SessionWatch.self, Identifier(session.server))
        guard known.map({ end < $0.due }) ?? true else { return nil }
        save(SessionWatch(server: session.server, due: end))
        return end
    }

    /// Gives what the alarm is to be set to next: nil where nobody listens any more, or another alarm counts.
    fileprivate mutating func endStreams(of server: String, at now: Instant, by set: Instant) -> Instant? {
        var next: Instant?
        for stream in find(StreamRecord.self, where: "server", is: server) {
            guard let until = stream.until else { continue }
            if until <= now { endStream(stream.id) } else { next = min(next ?? until, until) }
        }
        guard find(SessionWatch.self, Identifier(server))?.due == set else { return nil }
        guard let next else {
            remove(SessionWatch.self, Identifier(server))
            return nil
        }
        save(SessionWatch(server: server, due: next))
        return next
    }
}
