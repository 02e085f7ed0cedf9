import HTTPTypes
import HummingbirdCore
import Kernel
import NIOCore

/// Between a socket and a party: reads the whole body, checks who calls, writes the whole answer.
///
/// No `Date` and no `Server` header is added: an answer is the same bytes for the same seed.
struct OriginResponder: Sendable {
    let party: Party
    let desk: AnswerDesk
    let limits: ServeLimits
    let ration: BodyRation

    /// Parties refuse what is too long in their own words, so a little more must reach them; this is the hard end.
    static let longestBody = Kernel.Request.longestBody + (2 << 20)

    @concurrent
    func respond(
        _ request: HummingbirdCore.Request, _ writer: consuming ResponseWriter, on channel: any Channel,
        _ connection: PartyConnection
    ) async throws {
        // What came behind a request that was the last one is not even looked at (RFC 9112 section 9.6).
        guard !connection.isOver else { return }
        guard let counter = await desk.counter() else { throw NoLab() }
        let host = request.head.authority
        if let refusal = counter.callers.refusal(
            host: host, headers: request.headers, to: party, knowing: connection.host)
        {
            try await write(refusal, to: request.method, writer)
            if refusal.header(.connection) == "close" { try await connection.end(on: channel) }
            return
        }
        connection.host = host
        guard let target = Self.originForm(request.head.path) else {
            return try await write(.plain(400, "This is no proxy.\n"), to: request.method, writer)
        }
        // Digits are all that comes this far; a number of them that no integer holds is too large as well.
        if let length = request.headers.joined(.contentLength), Int(length).map({ $0 > Self.longestBody }) ?? true {
            try await write(Self.tooLarge, to: request.method, writer)
            return try await connection.end(on: channel)
        }
        // RFC 9110 section 10.1.1: the client waits for this before it sends a long body.
        if request.headers.joined(.expect)?.lowercased() == "100-continue" {
            try await writer.writeInformationalHead(HTTPResponse(status: .continue))
        }
        var head = RequestHead(request.head)
        head.path = target
        guard let response = try await answer(head, request.body, on: channel, at: counter) else {
            try await write(Self.tooLarge, to: request.method, writer)
            return try await connection.end(on: channel)
        }
        if let events = response.events, request.method != .head {
            return try await stream(response, events, on: channel, writer)
        }
        try await write(response, to: request.method, writer)
    }

    /// Breaks the connection: why there is no lab is said where it was started.
    private struct NoLab: Error {}

    /// Writes what is there, then each event as it comes, until the last one or until the client goes away.
    @concurrent
    private func stream(
        _ response: Kernel.Response, _ events: EventStream, on channel: any Channel, _ writer: consuming ResponseWriter
    ) async throws {
        desk.opened(events)
        defer {
            desk.closed(events)
            events.close()
        }
        ConnectionEnd.whenEnded(channel) { events.stop() }
        var body = try await writer.writeHead(response.head.http)
        if !response.content.isEmpty { try await body.write(ByteBuffer(bytes: response.body)) }
        while let event = await events.nextWhenever() {
            try await body.write(ByteBuffer(bytes: event.bytes))
        }
        try await body.finish(nil)
    }

    /// Path and query of the request target; an absolute one (RFC 9112 section 3.2.2) loses scheme and host.
    static func originForm(_ target: String?) -> String? {
        guard let target, !target.isEmpty else { return nil }
        if target.utf8.first == UInt8(ascii: "/") || target == "*" { return target }
        return URLParts(target)?.target
    }

    /// nil for a body that nobody reads.
    private func answer(
        _ head: RequestHead, _ parts: RequestBody, on channel: any Channel, at counter: AnswerDesk.Counter
    ) async throws -> Kernel.Response? {
        var isLong = false
        var deadline: Scheduled<Void>?
        defer {
            deadline?.cancel()
            if isLong { ration.giveBack() }
        }
        var bytes: [UInt8] = []
        for try await part in parts {
            guard bytes.count + part.readableBytes <= Self.longestBody else { return nil }
            if !isLong, bytes.count + part.readableBytes > limits.shortBody {
                await ration.take()
                isLong = true
                deadline = channel.eventLoop.scheduleTask(in: TimeAmount(limits.patienceWithLongBody)) {
                    channel.close(promise: nil)
                }
            }
            bytes.append(contentsOf: part.readableBytesView)
        }
        deadline?.cancel()
        guard isLong else { return try await counter.answer(Kernel.Request(head: head, body: bytes), party) }
        // Reading a long body takes a while, and others have not deserved to wait for that. It is this closure's first
        // own work that goes to the pool: a call alone would be made from here.
        return try await withTaskExecutorPreference(globalConcurrentExecutor) { [bytes] in
            let request = Kernel.Request(head: head, body: bytes)
            return try await counter.answer(request, party)
        }
    }

    private static let tooLarge = Kernel.Response.plain(
        413, "The body is longer than any party of this lab reads.\n", headers: [.connection: "close"])

    @concurrent
    private func write(
        _ response: Kernel.Response, to method: HTTPRequest.Method, _ writer: consuming ResponseWriter
    ) async throws {
        var head = response.head.http
        let body = response.body
        // RFC 9110 section 8.6: no length on a 204 or 304 without content.
        let hasContent = response.status != 204 && response.status != 304
        if hasContent { head.headerFields[.contentLength] = String(body.count) }
        guard hasContent, method != .head, !body.isEmpty else { return try await writer.writeResponse(head) }
        try await writer.write(response: head, body: ResponseBody(byteBuffer: ByteBuffer(bytes: body)))
    }
}
