import Foundation
import Kernel
import Serve
import Testing

extension SocketTests {
    /// What one caller may take, on sockets that say just what a test wants.
    @Suite("Limits of a served lab", .serialized)
    struct LimitTests {
        private func serving(
            _ limits: ServeLimits,
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

        /// A connection to a port of this machine that does not wait for ever.
        private final class Client: Sendable {
            private let socket: Int32

            init(_ port: Int) throws {
                socket = Foundation.socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
                var patience = timeval(tv_sec: 120, tv_usec: 0)
                setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
                var place = sockaddr_in()
                place.sin_family = sa_family_t(AF_INET)
                place.sin_port = in_port_t(port).bigEndian
                inet_pton(AF_INET, "127.0.0.1", &place.sin_addr)
                let isOpen = withUnsafePointer(to: &place) { pointer in
                    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                        connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                    }
                }
                try #require(isOpen)
            }

            deinit { close(socket) }

            func say(_ text: String) {
                _ = text.utf8.withContiguousStorageIfAvailable {
                    send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
                }
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
        }

        private static let never = "\u{0}"

        /// What GET uses up, such as a link that works once, HEAD must not: a preview asks by it.
        @Test("HEAD comes to a party as HEAD, and no content goes back")
        func head() async throws {
            try await serving(ServeLimits()) { request, _ in
                .plain(200, "by \(request.method)")
            } while: { port, host in
                let asked = " / HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"
                let (get, head) = (try Client(port), try Client(port))
                get.say("GET\(asked)")
                #expect(get.hear(until: Self.never)?.hasSuffix("\r\n\r\nby GET") == true)
                head.say("HEAD\(asked)")
                let answer = try #require(head.hear(until: Self.never)).lowercased()
                #expect(answer.contains("content-length: 7\r\n") && answer.hasSuffix("\r\n\r\n"))
            }
        }

        /// The number of requests that a party got, whatever a client sends behind what was refused.
        @Test(
            "what is told that its connection ends has its last answer",
            arguments: [
                ("GET / HTTP/1.1\r\nHost: %\r\nHost: %\r\n\r\n", "400"),
                ("GET / HTTP/1.1\r\nHost: evil.example@%\r\n\r\n", "400"),
                ("GET / HTTP/1.1\r\nHost: %/evil\r\n\r\n", "400"),
                ("POST / HTTP/1.1\r\nHost: %\r\nContent-Length: 90000000\r\n\r\n", "413"),
                ("POST / HTTP/1.1\r\nHost: %\r\nContent-Length: 18446744073709551615\r\n\r\n", "413"),
            ])
        func lastAnswer(_ refused: String, _ status: String) async throws {
            try await serving(ServeLimits()) { request, _ in
                .plain(200, "asked for \(request.path)")
            } while: { port, host in
                let client = try Client(port)
                let good = "GET /second HTTP/1.1\r\nHost: \(host)\r\n\r\n"
                client.say(refused.replacing("%", by: host) + good)
                client.say(good)
                let heard = try #require(client.hear(until: Self.never))
                #expect(heard.hasPrefix("HTTP/1.1 \(status) "))
                #expect(heard.lowercased().contains("connection: close\r\n"))
                #expect(!heard.contains("second"))
            }
        }

        /// A client that sends all of its body before it reads.
        @Test("whoever sends a body that is too long gets the answer all the same")
        func tooLong() async throws {
            try await serving(ServeLimits()) { port, host in
                let client = try Client(port)
                let part = String(repeating: "a", count: 1 << 20)
                client.say("POST / HTTP/1.1\r\nHost: \(host)\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<40 { client.say("100000\r\n\(part)\r\n") }
                client.say("0\r\n\r\n")
                let heard = client.hear(until: Self.never)
                #expect(heard?.hasPrefix("HTTP/1.1 413 ") == true)
            }
        }

        @Test("a connection that asks for nothing, or byte by byte, ends")
        func patience() async throws {
            var limits = ServeLimits()
            limits.patience = .milliseconds(50)
            try await serving(limits) { port, host in
                for beginning in ["", "GET / HT", "POST / HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 9\r\n\r\n12"] {
                    let client = try Client(port)
                    client.say(beginning)
                    let heard = client.hear(until: Self.never)
                    #expect(heard != nil && heard?.contains("200") == false, "\(beginning)")
                }
            }
            // Long enough for the answer on a machine with much to do.
            limits.patience = .seconds(3)
            try await serving(limits) { port, host in
                let client = try Client(port)
                client.say("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                #expect(client.hear(until: Self.never)?.contains("0 bytes") == true, "it ends after its answer too")
            }
        }

        @Test("long bodies wait for each other, short ones for nobody")
        func longBodies() async throws {
            var limits = ServeLimits()
            limits.longBodies = 1
            limits.shortBody = 100
            try await serving(limits) { port, host in
                let head = { (length: Int) in "POST / HTTP/1.1\r\nHost: \(host)\r\nContent-Length: \(length)\r\n\r\n" }
                let (first, second, third) = (try Client(port), try Client(port), try Client(port))
                first.say(head(300) + String(repeating: "a", count: 200))
                third.say(head(50) + String(repeating: "c", count: 50))
                #expect(third.hear(until: "bytes")?.contains("50 bytes") == true)
                second.say(head(400) + String(repeating: "b", count: 400))
                third.say(head(60) + String(repeating: "c", count: 60))
                #expect(third.hear(until: "60 bytes")?.contains("60 bytes") == true)
                first.say(String(repeating: "a", count: 100))
                #expect(first.hear(until: "bytes")?.contains("300 bytes") == true)
                #expect(second.hear(until: "bytes")?.contains("400 bytes") == true)
            }
        }

        @Test("each connection is answered on a loop of its own, and long bodies elsewhere", arguments: [1, 2, 3])
        func threads(_ loops: Int) async throws {
            var limits = ServeLimits()
            limits.shortBody = 100
            limits.loops = loops
            let answer: PartyAnswer = { _, _ in .plain(200, "<\(pthread_self())>") }
            try await serving(limits, answer: answer) { port, host in
                let clients = try (0..<6).map { _ in try Client(port) }
                let ask = { (length: Int) throws in
                    try clients.map { client in
                        client.say("POST / HTTP/1.1\r\nHost: \(host)\r\nContent-Length: \(length)\r\n\r\n")
                        client.say(String(repeating: "a", count: length))
                        return try #require(client.hear(until: ">")?.split(separator: "<").last)
                    }
                }
                let threads = try ask(0)
                #expect(Set(threads).count == loops)
                for length in [0, 1, 100] { #expect(try ask(length) == threads) }
                #expect(Set(threads).isDisjoint(with: try ask(101)))
            }
        }

        @Test("a connection too many waits until another one ends")
        func connections() async throws {
            var limits = ServeLimits()
            limits.connections = 2
            limits.connectionsOfOnePort = 2
            try await serving(limits) { port, host in
                let ask = "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n"
                var open = try (0..<2).map { _ in try Client(port) }
                for client in open {
                    client.say(ask)
                    #expect(client.hear(until: "bytes")?.contains("0 bytes") == true)
                }
                let late = try (0..<3).map { _ in try Client(port) }
                for client in late { client.say(ask) }
                open[0].say(ask)
                #expect(open[0].hear(until: "bytes")?.contains("0 bytes") == true)
                open.removeAll()
                for client in late.prefix(2) { #expect(client.hear(until: "bytes")?.contains("0 bytes") == true) }
            }
        }
    }
}
