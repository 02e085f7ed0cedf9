import Foundation
import HTTPTypes
import Kernel
import Serve
import Synchronization
import Testing

/// Events that a test says one after the other.
private final class Script: EventSource {
    private struct State {
        var said: [ServerSentEvent] = []
        var isOver = false
        var isClosed = false
    }
    private let state = Mutex(State())
    let changes = ChangeSignal()

    func say(_ text: String) {
        state.withLock { $0.said.append(ServerSentEvent(id: text, data: Array(text.utf8))) }
        changes.raise()
    }
    func end() {
        state.withLock { $0.isOver = true }
        changes.raise()
    }
    var isClosed: Bool { state.withLock { $0.isClosed } }
    func next() -> EventPull {
        state.withLock { state in
            if !state.said.isEmpty { return .event(state.said.removeFirst()) }
            return state.isOver ? .end : .pending
        }
    }
    func close() { state.withLock { $0.isClosed = true } }

    var response: Response {
        var response = Response(200, headers: [.contentType: "text/event-stream"], body: Array("data: first\n\n".utf8))
        response.events = EventStream(self, changes: changes)
        return response
    }
}

/// A client that reads what comes, over a plain socket.
private final class Caller: Sendable {
    private let number: Int32

    init(port: Int) throws {
        number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        address.sin_addr.s_addr = inet_addr("127.0.0.1")
        let connected = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(number, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        try #require(connected == 0)
        let question = Array("GET /stream HTTP/1.1\r\nHost: 127.0.0.1:\(port)\r\n\r\n".utf8)
        try #require(send(number, question, question.count, Int32(MSG_NOSIGNAL)) == question.count)
    }

    /// Reads until `text` has come. Never blocks: the server needs the same few threads.
    func read(until text: String) async throws -> Bool {
        var seen: [UInt8] = []
        var buffer: [UInt8] = Array(repeating: 0, count: 1024)
        for _ in 0..<500 {
            let count = recv(number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count > 0 { seen += buffer[..<count] }
            if String(decoding: seen, as: UTF8.self).contains(text) { return true }
            if count == 0 { return false }
            if count < 0 { try await Task.sleep(for: .milliseconds(10)) }
        }
        return false
    }

    func hangUp() { close(number) }
}

@Suite("An answer that is a stream", .serialized)
struct StreamTests {
    private func serving(
        _ script: Script, beat: @escaping @Sendable () async -> Void = {},
        while body: @escaping @Sendable (Int) async throws -> Void
    ) async throws {
        try await ServerGroup(PortPlan(base: 0), parties: [.mcp], whileStreaming: beat).run {
        } assemble: { _, _ in
            { _, _ in script.response }
        } while: {
            try await body(try #require(URLParts($1[.mcp])?.port))
        }
    }

    private func eventually(_ holds: @Sendable () -> Bool) async throws -> Bool {
        for _ in 0..<200 {
            if holds() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    @Test("is written as its events come, and ends with the last one")
    func written() async throws {
        let script = Script()
        try await serving(script) { port in
            let caller = try Caller(port: port)
            #expect(try await caller.read(until: "data: first"))
            script.say("second")
            #expect(try await caller.read(until: "id: second\nevent: message\ndata: second\n\n"))
            script.say("third")
            script.end()
            #expect(try await caller.read(until: "0\r\n\r\n"))
            let isClosed = try await eventually { script.isClosed }
            #expect(isClosed)
            caller.hangUp()
        }
    }

    @Test("is closed when its client goes away, without waiting for an event")
    func left() async throws {
        let script = Script()
        try await serving(script) { port in
            let caller = try Caller(port: port)
            #expect(try await caller.read(until: "data: first"))
            caller.hangUp()
            let isClosed = try await eventually { script.isClosed }
            #expect(isClosed)
        }
    }

    @Test("lets the lab's time pass while it is open, and does not hold up the end of serving")
    func beat() async throws {
        let script = Script()
        let beats = Mutex(0)
        let count: @Sendable () async -> Void = { beats.withLock { $0 += 1 } }
        try await serving(script, beat: count) { port in
            let before = beats.withLock { $0 }
            #expect(before == 0)
            let caller = try Caller(port: port)
            #expect(try await caller.read(until: "data: first"))
            let hasBeaten = try await eventually { beats.withLock { $0 > 1 } }
            #expect(hasBeaten)
            // The stream is still open when serving ends here.
        }
        #expect(script.isClosed)
    }
}
