import Foundation
import HTTPTypes
import Kernel
import Serve
import Synchronization
import Testing

extension SocketTests {
    /// What HTTP says of a request's head and the end of its connection, on sockets that say just what a test wants.
    @Suite("Requests as HTTP has them", .serialized)
    struct RequestTests {
        private static let never = "\u{0}"

        /// RFC 9110 section 7.6.1: options are words in no case, several in one field.
        @Test("the word close ends a connection however it is written", arguments: ["Close", "CLOSE", "close, TE"])
        func close(_ option: String) async throws {
            try await SocketTests.serving { port, host in
                let client = try SocketClient(port)
                client.say("GET / HTTP/1.1\r\nHost: \(host)\r\nConnection: \(option)\r\n\r\n")
                #expect(client.hear(until: Self.never)?.hasSuffix("0 bytes") == true)
            }
        }

        private struct Once: EventSource {
            let events: [ServerSentEvent]
            func next() -> EventPull { .end }
            func close() {}
        }

        /// A client of HTTP/1.0 knows no chunks, and no word before the answer (RFC 9112 section 6.1, 9110 10.1.1).
        @Test("an answer without a length ends with its connection for a client of HTTP/1.0")
        func old() async throws {
            try await SocketTests.serving { _, _ in
                var response = Response(
                    200, headers: [.contentType: "text/event-stream"], body: Array("data: 1\n\n".utf8))
                response.events = EventStream(Once(events: []), changes: ChangeSignal())
                return response
            } while: { port, host in
                let client = try SocketClient(port)
                client.say("POST / HTTP/1.0\r\nHost: \(host)\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\na")
                let heard = try #require(client.hear(until: Self.never))
                #expect(heard.hasPrefix("HTTP/1.0 200 OK\r\n"))
                #expect(!heard.lowercased().contains("chunked"))
                #expect(heard.hasSuffix("\r\n\r\ndata: 1\n\n"))
            }
        }

        /// Java's client asks for HTTP/2 this way by itself (RFC 9110 section 7.8).
        @Test(
            "a connection that asks for another protocol ends with its answer, and says so",
            arguments: [
                "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c", "Connection: upgrade\r\nUpgrade: websocket",
            ])
        func upgrade(_ fields: String) async throws {
            try await SocketTests.serving { port, host in
                let client = try SocketClient(port)
                client.say("GET / HTTP/1.1\r\nHost: \(host)\r\n\(fields)\r\n\r\n")
                let heard = client.hear(until: Self.never)
                #expect(heard?.contains("0 bytes") == true && heard?.lowercased().contains("connection: close") == true)
            }
        }

        @Test("an answer is framed for its own request, whatever comes behind that")
        func pipelined() async throws {
            try await SocketTests.serving { request, _ in
                guard request.path == "/events" else { return .plain(200, "plain") }
                var response = Response(200, headers: [.contentType: "text/event-stream"], body: [])
                response.events = EventStream(Once(events: []), changes: ChangeSignal())
                return response
            } while: { port, host in
                let client = try SocketClient(port)
                client.say("GET /events HTTP/1.1\r\nHost: \(host)\r\n\r\nGET / HTTP/1.0\r\nHost: \(host)\r\n\r\n")
                let heard = try #require(client.hear(until: Self.never))
                #expect(heard.hasPrefix("HTTP/1.1 200 OK\r\n") && heard.contains("0\r\n\r\nHTTP/1.1 200 OK"))
                #expect(heard.hasSuffix("plain"))
            }
        }

        /// RFC 9112 section 9.6: several times, for it takes luck that the second is there before an answer.
        @Test("behind the last request of a connection none is answered, and its own answer says so")
        func behindTheLast() async throws {
            try await SocketTests.serving { port, host in
                for _ in 0..<30 {
                    let client = try SocketClient(port)
                    let rest = "Host: \(host)\r\n\r\n"
                    client.say("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\(rest)GET / HTTP/1.1\r\n\(rest)")
                    let heard = try #require(client.hear(until: Self.never))
                    #expect(heard.components(separatedBy: "HTTP/1.1 200").count == 2)
                    #expect(heard.lowercased().contains("connection: close\r\n"))
                }
            }
        }

        /// The rest of the body never comes, which is no HTTP; but the request has had its answer.
        @Test("a request is answered once")
        func once() async throws {
            try await SocketTests.serving { port, host in
                for _ in 0..<30 {
                    let client = try SocketClient(port)
                    client.say("POST / HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 9000000\r\n\r\nabc")
                    client.endSaying()
                    let heard = try #require(client.hear(until: Self.never))
                    #expect(heard.components(separatedBy: "HTTP/1.1 ").count == 2 && heard.contains(" 413 "))
                }
            }
        }

        @Test("a server that stops finishes the answers under way, to the last byte")
        func finished() async throws {
            let length = 20 << 20
            let reader = Mutex<Task<Int, Never>?>(nil)
            try await SocketTests.serving { _, _ in
                Response(200, headers: [:], body: Array(repeating: 97, count: length))
            } while: { port, host in
                let client = try SocketClient(port)
                client.say("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                #expect(client.hear(until: "\r\n\r\n") != nil)
                reader.withLock { reader in
                    reader = Task.detached {
                        // Not before the server has begun to stop.
                        while (try? SocketClient(port)) != nil {}
                        return client.count()
                    }
                }
            }
            let count = await reader.withLock { $0 }?.value ?? 0
            #expect(count > length - 4_096)
        }
    }
}
