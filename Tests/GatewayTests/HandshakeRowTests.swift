import HTTPTypes
import Kernel
import MCPCore
import Synchronization
import TestSupport
import Testing

/// MCP 2025-11-25, basic, transports and lifecycle: one row for each situation.
@Suite struct HandshakeRowTests {
    struct Row: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var body = EndpointLab.ping
        var method = HTTPRequest.Method.post
        var headers: [String: String] = [:]
        var without: String?
        /// nil where the session is named that was begun.
        var session: String?
        let status: Int
        var code: Int64?
        var text: String?
        var allow: String?

        init(
            _ name: String, _ status: Int, body: String = EndpointLab.ping, method: HTTPRequest.Method = .post,
            headers: [String: String] = [:], without: String? = nil, session: String? = nil, code: Int64? = nil,
            text: String? = nil, allow: String? = nil
        ) {
            testDescription = name
            self.status = status
            self.body = body
            self.method = method
            self.headers = headers
            self.without = without
            self.session = session
            self.code = code
            self.text = text
            self.allow = allow
        }
    }

    static let rows = [
        Row("2 a request", 200),
        Row("3 a notification", 202, body: #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#),
        Row("4 an answer to what was asked", 202, body: #"{"jsonrpc":"2.0","id":"q1","result":{}}"#),
        Row("5 an answer nobody asked for", 400, body: #"{"jsonrpc":"2.0","id":"q9","result":{}}"#, code: -32600),
        Row("6 an unknown notification", 202, body: #"{"jsonrpc":"2.0","method":"notifications/none"}"#),
        Row("7 Accept lacks a type", 406, headers: ["accept": "application/json"], code: -32600),
        Row("8 Accept takes everything", 200, headers: ["accept": "*/*"]),
        Row("9 no Accept", 406, without: "accept", code: -32600),
        Row("10 no JSON by its type", 400, headers: ["content-type": "text/plain"]),
        Row("11 a charset", 200, headers: ["content-type": "application/json; charset=utf-8"]),
        Row("12 an empty body", 400, body: "", code: -32700),
        Row("13 a scalar", 400, body: "7", code: -32600),
        Row("14 a batch in a newer revision", 400, body: "[\(EndpointLab.ping)]", code: -32600),
        Row("14 an empty batch", 400, body: "[]", code: -32600),
        Row("15 id null", 400, body: #"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, code: -32600),
        Row("15 id with a fraction", 400, body: #"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, code: -32600),
        Row("16 no session id", 400, session: "", code: -32600, text: "Bad Request: Missing session ID"),
        Row("17 an unknown session", 404, session: "none", code: -32600, text: "Session not found"),
        Row(
            "20 an unknown version", 400, headers: ["mcp-protocol-version": "1999-01-01"], code: -32600,
            text: "Bad Request: Unsupported protocol version: 1999-01-01. Supported versions: "
                + "2026-07-28, 2025-11-25, 2025-06-18, 2025-03-26"),
        Row("20 a version nobody knows yet", 400, headers: ["mcp-protocol-version": "2099-01-01"], code: -32022),
        Row("21 another version than the session's", 200, headers: ["mcp-protocol-version": "2025-03-26"]),
        Row("22 no version", 200),
        Row(
            "24 initialize without params", 200, body: #"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#),
        Row("26 an unknown method", 200, body: #"{"jsonrpc":"2.0","id":1,"method":"none"}"#, code: -32601),
        Row("34 GET that takes no stream", 406, method: .get, headers: ["accept": "application/json"], code: -32600),
        Row("35 GET without a session", 400, method: .get, session: "", code: -32600),
        Row("38 DELETE", 200, method: .delete),
        Row("39 DELETE without a session", 400, method: .delete, session: "", code: -32600),
        Row("41 PUT", 405, method: .put, code: -32600, allow: "GET, POST, DELETE"),
        Row("41 HEAD", 405, method: .head, code: -32600, allow: "GET, POST, DELETE"),
        Row("49 a body that is too long", 413, body: String(repeating: " ", count: (4 << 20) + 1), code: -32600),
    ]

    @Test("Row", arguments: rows)
    func row(_ row: Row) async {
        let lab = EndpointLab()
        let session = await lab.begin(capabilities: #"{"sampling":{}}"#)
        // Something has to be asked before it can be answered.
        _ = await lab.send(EndpointLab.call("ask"), headers: ["mcp-session-id": session])
        var headers = row.headers
        headers["mcp-session-id"] = row.session ?? session
        if row.session == "" { headers["mcp-session-id"] = nil }
        let response = await lab.send(row.body, row.method, headers: headers, without: row.without)
        #expect(response.status == row.status)
        #expect(response.code == row.code)
        if let text = row.text { #expect(response.json?["error"]?["message"]?.string == text) }
        if let allow = row.allow { #expect(response.header(.allow) == allow) }
        if row.status == 202 { #expect(response.body.isEmpty) }
        // Whatever it was, the session lives on, unless it was ended.
        let after = await lab.send(EndpointLab.ping, headers: ["mcp-session-id": session])
        #expect(after.status == (row.method == .delete && row.status == 200 ? 404 : 200))
    }

    @Test("1, 23, 25 initialize: another session each time, whatever header it carries, never an unknown revision")
    func initialize() async {
        let lab = EndpointLab()
        let first = await lab.begin("2026-07-28")
        let body = #"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"1.0"}}"#
        let again = await lab.send(body, headers: ["mcp-session-id": first, "mcp-protocol-version": "2099-01-01"])
        #expect(again.status == 200)
        #expect(again.json?["result"]?["protocolVersion"] == "2025-11-25")
        let second = again.header(MCPName.sessionHeader) ?? ""
        #expect(second != first)
        #expect(second.utf8.allSatisfy { (0x21...0x7E).contains($0) } && !second.isEmpty)
    }

    @Test("14 a batch of 2025-03-26: answers in order, notifications get none, initialize has no place in it")
    func batch() async {
        let lab = EndpointLab()
        let session = await lab.begin("2025-03-26")
        let note = #"{"jsonrpc":"2.0","method":"notifications/initialized"}"#
        let body =
            #"[\#(EndpointLab.ping),\#(note),{"jsonrpc":"2.0","id":2,"method":"none"},3,"#
            + #"{"jsonrpc":"2.0","id":4,"method":"initialize","params":{}},\#(EndpointLab.call("tell", id: 5))]"#
        let response = await lab.send(body, headers: ["mcp-session-id": session])
        #expect(response.status == 200)
        let ids = response.json?.array?.map { $0["id"] ?? .null }
        #expect(ids == [1, 2, .null, 4, 5])
        #expect(response.json?[1]?["error"]?["code"] == -32601)
        #expect(response.json?[3]?["error"]?["code"] == -32600)
        #expect(await lab.send("[\(note)]", headers: ["mcp-session-id": session]).status == 202)
        // Without a session the header says it; without both nobody agreed to batches.
        let bare = EndpointLab(sessions: false)
        #expect(await bare.send("[\(EndpointLab.ping)]", headers: ["mcp-protocol-version": "2025-03-26"]).status == 200)
        #expect(await bare.send("[\(EndpointLab.ping)]").status == 400)
    }

    @Test("18 a session of another user is as good as none; the rule that says so can be off")
    func foreign() async {
        let lab = EndpointLab()
        let session = await lab.begin()
        let foreign = await lab.send(EndpointLab.ping, headers: ["mcp-session-id": session], as: "mallory")
        #expect(foreign.status == 404)
        #expect(foreign.json?["error"]?["message"] == "Session not found")
        let open = EndpointLab(off: [EndpointLab.user.name])
        let other = await open.begin()
        #expect(await open.send(EndpointLab.ping, headers: ["mcp-session-id": other], as: "mallory").status == 200)
    }

    @Test("17 a session ends in time, to the millisecond")
    func expiry() async {
        let lab = EndpointLab()
        let session = await lab.begin()
        _ = lab.clock.advance(towards: lab.clock.now + .milliseconds(3_599_999))
        #expect(await lab.send(EndpointLab.ping, headers: ["mcp-session-id": session]).status == 200)
        _ = lab.clock.advance(towards: lab.clock.now + .milliseconds(1))
        #expect(await lab.send(EndpointLab.ping, headers: ["mcp-session-id": session]).status == 404)
    }

    @Test("19 without sessions an id is ignored; 33 without streams GET is 405, DELETE too")
    func sessionless() async {
        let lab = EndpointLab(sessions: false, streams: false)
        let response = await lab.send(EndpointLab.ping, headers: ["mcp-session-id": "anything"])
        #expect(response.status == 200)
        #expect(await lab.begin() == "")
        for method in [HTTPRequest.Method.get, .delete] {
            let refused = await lab.send("", method)
            #expect(refused.status == 405)
            #expect(refused.header(.allow) == "POST")
        }
    }

    @Test("32, 36, 37 the standing stream: primed, taken up again where it stopped, one at a time")
    func standing() async throws {
        let lab = EndpointLab()
        let session = await lab.begin()
        let headers = ["mcp-session-id": session]
        let first = await lab.send("", .get, headers: headers)
        #expect(first.header(.contentType) == "text/event-stream")
        #expect(first.events != nil)
        let primer = try #require(ServerSentEvents.events(in: first.body).first)
        #expect(primer.data == [])
        let owner = "sample session \(session)"
        try lab.store.write { transaction in
            guard let stream = transaction.standingStream(of: owner) else { return }
            for number in 1...3 { transaction.send(["n": .int(Int64(number))], on: stream) }
        }
        var rest = first
        rest.drainEvents()
        #expect(rest.messages.map { $0["n"] } == [1, 2, 3])
        let ids = ServerSentEvents.events(in: rest.body).compactMap(\.id)
        // The connection breaks after the first message; the client says which it has.
        let resumed = await lab.send("", .get, headers: headers.merging(["last-event-id": ids[1]]) { $1 })
        #expect(resumed.messages.map { $0["n"] } == [2, 3])
        rest.body = []
        rest.drainEvents()
        #expect(rest.events == nil, "whoever comes back later wins")
        // An id of another session's stream gives a stream of one's own and nothing else.
        let other = await lab.begin()
        let stolen = await lab.send("", .get, headers: ["mcp-session-id": other, "last-event-id": ids[1]])
        #expect(stolen.messages.isEmpty)
    }

    @Test("A standing stream ends with its session, by one alarm for all sessions, however often it is opened")
    func standingEnds() async throws {
        let lab = EndpointLab()
        func ring(upTo goal: Instant) {
            while let alarm = lab.clock.advance(towards: goal) { #expect(SessionWatch.look(alarm, lab.world)) }
        }
        let start = lab.clock.now
        let first = await lab.begin()
        ring(upTo: start + .minutes(10))
        let second = await lab.begin()
        var streams: [Response] = []
        for session in [second, first, first, second] {
            streams.append(await lab.send("", .get, headers: ["mcp-session-id": session]))
        }
        // The second session was opened first, so there is an alarm for each of them and no more.
        #expect(lab.clock.pendingAlarms.map(\.due) == [start + .minutes(70), start + .minutes(60)])
        func open() -> [Bool] {
            for index in streams.indices { streams[index].drainEvents() }
            return streams.map { $0.events != nil }
        }
        #expect(open() == [false, false, true, true])
        let stored = try lab.store.write { $0.standingStream(of: "sample session \(first)") }
        let standing = try #require(stored)
        ring(upTo: start + .minutes(60) - .milliseconds(1))
        #expect(open() == [false, false, true, true])
        // What was said before the end is still heard.
        try lab.store.write { $0.send(["n": 1], on: standing) }
        ring(upTo: start + .minutes(60))
        #expect(open() == [false, false, false, true])
        #expect(streams[2].messages == [["n": 1]])
        ring(upTo: start + .minutes(70))
        #expect(open() == [false, false, false, false])
        #expect(lab.clock.pendingAlarms.isEmpty)
        #expect(lab.store.recordCounts[SessionWatch.collection, default: 0] == 0)
        // Where sessions have no end nobody is woken.
        let endless = EndpointLab(off: [EndpointLab.expiry.name])
        _ = await endless.send("", .get, headers: ["mcp-session-id": await endless.begin()])
        #expect(endless.clock.pendingAlarms.isEmpty)
    }

    @Test("Clients that come and go leave one alarm")
    func standingGrowth() async {
        let lab = EndpointLab()
        for _ in 0..<200 {
            let session = await lab.begin()
            for _ in 0..<3 { _ = await lab.send("", .get, headers: ["mcp-session-id": session]) }
            _ = await lab.send("", .delete, headers: ["mcp-session-id": session])
            while let alarm = lab.clock.advance(towards: lab.clock.now + .minutes(1)) {
                _ = SessionWatch.look(alarm, lab.world)
            }
            #expect(lab.clock.pendingAlarms.count <= 1)
        }
        #expect(lab.store.recordCounts[StreamRecord.collection, default: 0] == 0)
    }

    @Test("The alarm that ends standing streams is kept with what counts on it")
    func watchIsKept() async throws {
        let archive = ListeningArchive()
        let lab = EndpointLab(store: try Store(archive: archive))
        let clock = lab.clock
        let kept = Mutex<[Instant]>([])
        archive.listen { collections in
            guard collections.contains(SessionWatch.collection) else { return }
            kept.withLock { $0 = clock.pendingAlarms.map(\.due) }
        }
        let start = clock.now
        _ = await lab.send("", .get, headers: ["mcp-session-id": await lab.begin()])
        #expect(kept.withLock { $0 } == [start + .minutes(60)])
        _ = clock.advance(towards: start + .minutes(10))
        _ = await lab.send("", .get, headers: ["mcp-session-id": await lab.begin()])
        let alarm = try #require(clock.advance(towards: start + .minutes(60)))
        #expect(SessionWatch.look(alarm, lab.world))
        #expect(kept.withLock { $0 } == [start + .minutes(70)])
    }

    @Test("Of the streams that ended the newest stay; one that goes on is not among them")
    func endedStreams() throws {
        let store = Store()
        func open(_ id: StreamID) throws {
            try store.write { $0.openStream(id, owner: "me", hasIDs: true, isPrimed: true) }
        }
        try open(StreamID("long"))
        for number in 0..<100 {
            try open(StreamID("s\(number)"))
            try store.write { $0.endStream(StreamID("s\(number)")) }
        }
        func known() throws -> [String] {
            try store.write { $0.find(StreamRecord.self, where: "owner", is: "me").map(\.id.rawValue) }
        }
        #expect(try known() == ["long"] + (36..<100).map { "s\($0)" })
        // It began before all of them, and has only just ended.
        try store.write { $0.endStream(StreamID("long")) }
        #expect(try known() == (37..<100).map { "s\($0)" } + ["long"])
    }

    @Test("Older revisions get no event without data")
    func unprimed() async {
        let lab = EndpointLab()
        let session = await lab.begin("2025-06-18")
        #expect(await lab.send("", .get, headers: ["mcp-session-id": session]).body.isEmpty)
    }

    @Test("2 a stream carries what is told before the answer, and what was asked goes on after it was answered")
    func streams() async {
        let lab = EndpointLab()
        let session = await lab.begin(capabilities: #"{"sampling":{}}"#)
        let headers = ["mcp-session-id": session]
        let told = await lab.send(EndpointLab.call("tell"), headers: headers)
        #expect(told.messages.map { $0["method"] ?? $0["id"] } == ["notifications/message", 7])
        #expect(told.events == nil)
        var asked = await lab.send(EndpointLab.call("ask"), headers: headers)
        #expect(asked.messages.last?["method"] == "sampling/createMessage")
        #expect(asked.events != nil)
        let answer = await lab.send(#"{"jsonrpc":"2.0","id":"q1","result":{"text":"four"}}"#, headers: headers)
        #expect(answer.status == 202)
        asked.drainEvents()
        #expect(asked.messages.last?["result"] == ["heard": ["text": "four"]])
        #expect(asked.events == nil)
        // A server that streams nothing sends the result alone.
        let plain = EndpointLab(streams: false)
        let id = await plain.begin()
        #expect(await plain.send(EndpointLab.call("tell"), headers: ["mcp-session-id": id]).json?["id"] == 7)
    }

    @Test("A session that nobody ends is let go, with its streams, when it has been over as long as it lived")
    func forgotten() async throws {
        let lab = EndpointLab()
        func known() throws -> [String] { try lab.store.write { $0.all(MCPSession.self).map(\.id.rawValue) } }
        let first = await lab.begin(capabilities: #"{"sampling":{}}"#)
        _ = await lab.send(EndpointLab.call("ask"), headers: ["mcp-session-id": first])
        _ = lab.clock.advance(towards: lab.clock.now + .minutes(119))
        let second = await lab.begin()
        #expect(try known() == [first, second])
        _ = lab.clock.advance(towards: lab.clock.now + .minutes(1))
        let third = await lab.begin()
        #expect(try known() == [second, third])
        #expect(try lab.store.write { $0.find(StreamRecord.self, StreamID("asked")) } == nil)
        // Where the rule is off a session has no end.
        let endless = EndpointLab(off: [EndpointLab.expiry.name])
        let old = await endless.begin()
        _ = endless.clock.advance(towards: endless.clock.now + .minutes(1000))
        _ = await endless.begin()
        #expect(await endless.send(EndpointLab.ping, headers: ["mcp-session-id": old]).status == 200)
    }

    @Test("A stream that nobody reads does not grow without end, and hanging up lets the client come back")
    func bounds() throws {
        let store = Store()
        let id = StreamID("long")
        try store.write { transaction in
            transaction.openStream(id, owner: "me", hasIDs: true, isPrimed: true)
            for number in Int64(0)..<1500 { transaction.send(["n": .int(number)], on: id) }
            transaction.hangUp(id, retry: .milliseconds(500))
            transaction.send(["n": -1], on: id)
            transaction.endStream(id)
        }
        var response = Response.events(StoredEvents(id, in: store))
        response.drainEvents()
        #expect(response.messages.count == 998)
        let last = try #require(ServerSentEvents.events(in: response.body).last)
        #expect(last.retry == 500)
        let place = try #require(last.id.flatMap(StreamRecord.place))
        var rest = Response.events(StoredEvents(place.stream, in: store, from: place.next))
        rest.drainEvents()
        #expect(rest.messages == [["n": -1]])
        #expect(StreamRecord.place(of: "x_9223372036854775807") == nil)
        #expect(StreamRecord.place(of: "no number") == nil)
    }
}
