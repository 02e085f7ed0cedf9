import Foundation
import Kernel
import Serve
import Testing

/// Tests that wait on sockets, one at a time: each takes a thread while it waits, and the server it waits for needs
/// one too. On two cores two of them would wait for ever.
@Suite(.serialized)
enum SocketTests {}

extension SocketTests {
    /// One party with an answer of the test's own, on a free port; `body` gets the port and what it is called.
    static func serving(
        _ limits: ServeLimits = ServeLimits(),
        answer: @escaping PartyAnswer = { request, _ in
            .plain(200, "\(request.body.count) bytes")
        }, while body: @escaping @Sendable (Int, String) async throws -> Void
    ) async throws {
        try await ServerGroup(PortPlan(base: 0), parties: [.aws], limits: limits).run {
        } assemble: { _, _ in
            answer
        } while: { _, origins in
            let authority = try #require(URLParts(origins[.aws])?.authority)
            try await body(try #require(URLParts(origins[.aws])?.port), authority)
        }
    }
}

/// A connection to a port of this machine that does not wait for ever.
final class SocketClient: Sendable {
    private let socket: Int32

    init(_ port: Int) throws {
        socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        Probe.limit(socket, seconds: 120)
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, "127.0.0.1", &place.sin_addr)
        let isConnected = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
            }
        }
        guard isConnected else {
            // deinit is not called for what was never there.
            close(socket)
            throw Refused()
        }
    }

    struct Refused: Error {}

    deinit { close(socket) }

    func say(_ text: String) {
        _ = text.utf8.withContiguousStorageIfAvailable {
            send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
    }

    /// Nothing more is said, and all is still heard.
    func endSaying() { shutdown(socket, Int32(SHUT_WR)) }

    /// Whether the other side has neither ended nor broken the connection.
    var isOpen: Bool {
        var byte: UInt8 = 0
        let count = recv(socket, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK))
        return count > 0 || (count < 0 && errno == EAGAIN)
    }

    /// What comes until `end` has come or the connection ends; nil if neither happens.
    func hear(until end: String) -> String? {
        var found = ""
        var buffer: [UInt8] = Array(repeating: 0, count: 4_096)
        while !found.contains(end) {
            let count = recv(socket, &buffer, buffer.count, 0)
            if count < 0 { return nil }
            if count == 0 { return found }
            found += String(decoding: buffer[..<count], as: UTF8.self)
        }
        return found
    }

    /// Bytes that come until the connection ends.
    func count() -> Int {
        var total = 0
        var buffer: [UInt8] = Array(repeating: 0, count: 65_536)
        while true {
            let count = recv(socket, &buffer, buffer.count, 0)
            guard count > 0 else { return total }
            total += count
        }
    }
}
