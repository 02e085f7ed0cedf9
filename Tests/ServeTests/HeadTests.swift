import HTTPTypes
import Kernel
import Testing

extension SocketTests {
    /// What a party sees of the heads of one connection: of each what it says, and nothing of the one before.
    @Suite("Heads of one connection", .serialized)
    struct HeadTests {
        /// First line and fields, as a party got them.
        private static let echo: @Sendable (Request) -> Response = { request in
            let fields = request.head.headerFields.map { "\($0.name.rawName): \($0.value)" }
            let line = "\(request.method) \(request.head.path ?? "") \(request.head.authority ?? "nobody")"
            return .plain(200, ([line] + fields).joined(separator: " | ") + " | end")
        }

        /// What a party saw of each of these heads, sent one after the other, each when the one before is answered.
        private static func seen(_ heads: [[String]]) async throws -> [String] {
            let seen = Collected()
            try await SocketTests.serving { request, _ in
                echo(request)
            } while: { port, host in
                let client = try SocketClient(port)
                for head in heads {
                    let lines = head.map { $0.replacing("HOST", with: host) }
                    client.say(lines.joined(separator: "\r\n") + "\r\n\r\n")
                    let heard = try #require(client.hear(until: "end"))
                    let body = heard.split(separator: "\r\n\r\n").last.map(String.init) ?? ""
                    await seen.add(body.replacing(host, with: "HOST"))
                }
            }
            return await seen.texts
        }

        private actor Collected {
            private(set) var texts: [String] = []
            func add(_ text: String) { texts.append(text) }
        }

        @Test("what is said again, said otherwise, left out or moved")
        func lines() async throws {
            let first = ["GET /a HTTP/1.1", "Host: HOST", "X-One: 1", "X-Two: 2"]
            let seen = try await Self.seen([
                first, first,
                ["GET /a HTTP/1.1", "Host: HOST", "X-One: 1", "X-Two: 3"],
                ["GET /a HTTP/1.1", "Host: HOST", "X-Two: 3", "X-One: 1"],
                ["PUT /a HTTP/1.1", "Host: HOST", "X-Two: 3", "X-One: 1", "Content-Length: 0"],
                ["PUT /b HTTP/1.1", "Host: HOST", "X-Two: 3"],
                ["GET /b HTTP/1.1", "x-two: 3", "Host: HOST"],
                ["GET /b HTTP/1.1", "X-Two: 3", "host: HOST"], first,
            ])
            #expect(
                seen == [
                    "GET /a HOST | X-One: 1 | X-Two: 2 | end", "GET /a HOST | X-One: 1 | X-Two: 2 | end",
                    "GET /a HOST | X-One: 1 | X-Two: 3 | end", "GET /a HOST | X-Two: 3 | X-One: 1 | end",
                    "PUT /a HOST | X-Two: 3 | X-One: 1 | Content-Length: 0 | end", "PUT /b HOST | X-Two: 3 | end",
                    "GET /b HOST | x-two: 3 | end", "GET /b HOST | X-Two: 3 | end",
                    "GET /a HOST | X-One: 1 | X-Two: 2 | end",
                ])
        }

        @Test("a head that is too long to be kept is read like any other")
        func long() async throws {
            let value = String(repeating: "l", count: 5_000)
            let long = ["GET / HTTP/1.1", "Host: HOST", "X-Long: \(value)"]
            let short = ["GET / HTTP/1.1", "Host: HOST", "X-Long: s"]
            let (seenShort, seenLong) = ("GET / HOST | X-Long: s | end", "GET / HOST | X-Long: \(value) | end")
            let seen = try await Self.seen([short, long, long, short])
            #expect(seen == [seenShort, seenLong, seenLong, seenShort])
        }

        /// RFC 9112 section 3.2: the second request is refused although the first one was not.
        @Test("a second Host is refused whatever came before")
        func twice() async throws {
            try await SocketTests.serving { port, host in
                let client = try SocketClient(port)
                client.say("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                #expect(client.hear(until: "0 bytes")?.hasPrefix("HTTP/1.1 200") == true)
                client.say("GET / HTTP/1.1\r\nHost: \(host)\r\nHost: \(host)\r\n\r\n")
                #expect(client.hear(until: "header.\n")?.hasPrefix("HTTP/1.1 400") == true)
            }
        }

        /// RFC 9112 section 3.2.2.
        @Test(
            "a target with scheme and host is its path and query",
            arguments: [
                ("http://HOST", "/"), ("http://HOST/", "/"), ("http://HOST/x?y=http://z", "/x?y=http://z"),
                ("http://a:", "/"),
            ])
        func absolute(_ target: String, _ path: String) async throws {
            #expect(
                try await Self.seen([["GET \(target) HTTP/1.1", "Host: HOST"]]) == [
                    "GET \(path) HOST | end"
                ])
        }
    }
}
