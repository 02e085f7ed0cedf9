import Foundation
import Kernel
import Serve
import Testing

extension SocketTests {
    /// What one caller may take, on sockets that say just what a test wants.
    @Suite("Limits of a served lab", .serialized)
    struct LimitTests {
        private static let never = "\u{0}"

        /// What GET uses up, such as a link that works once, HEAD must not: a preview asks by it.
        @Test("HEAD comes to a party as HEAD, and no content goes back")
        func head() async throws {
            try await SocketTests.serving(ServeLimits()) { request, _ in
                .plain(200, "by \(request.method)")
            } while: { port, host in
                let asked = " / HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n"
                let (get, head) = (try SocketClient(port), try SocketClient(port))
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
            try await SocketTests.serving(ServeLimits()) { request, _ in
                .plain(200, "asked for \(request.path)")
            } while: { port, host in
                let client = try SocketClient(port)
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
            try await SocketTests.serving(ServeLimits()) { port, host in
                let client = try SocketClient(port)
                let part = String(repeating: "a", count: 1 << 20)
                client.say("POST / HTTP/1.1\r\nHost: \(host)\r\nTransfer-Encoding: chunked\r\n\r\n")
                for _ in 0..<40 { client.say("100000\r\n\(part)\r\n") }
                client.say("0\r\n\r\n")
                let heard = client.hear(until: Self.never)
                #expect(heard?.hasPrefix("HTTP/1.1 413 ") == true)
            }
        }

        @Test("a body that comes steadily and slowly ends as well, with its connection")
        func trickled() async throws {
            var limits = ServeLimits()
            limits.patience = .milliseconds(50)
            try await SocketTests.serving(limits) { port, host in
                let client = try SocketClient(port)
                client.say("POST / HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 7000000\r\n\r\n")
                while client.isOpen { client.say("a") }
                #expect(client.hear(until: Self.never)?.contains("200") != true)
            }
        }

        @Test("a long body that does not come on leaves its place to others")
        func placeOfALongBody() async throws {
            var limits = ServeLimits()
            limits.longBodies = 1
            limits.shortBody = 100
            limits.patienceWithLongBody = .milliseconds(50)
            try await SocketTests.serving(limits) { port, host in
                let head = { (length: Int) in "POST / HTTP/1.1\r\nHost: \(host)\r\nContent-Length: \(length)\r\n\r\n" }
                let (first, second) = (try SocketClient(port), try SocketClient(port))
                first.say(head(300) + String(repeating: "a", count: 200))
                #expect(first.hear(until: Self.never)?.contains("200") != true)
                second.say(head(400) + String(repeating: "b", count: 400))
                #expect(second.hear(until: "bytes")?.contains("400 bytes") == true)
            }
        }

        @Test("a connection that asks for nothing, or byte by byte, ends")
        func patience() async throws {
            var limits = ServeLimits()
            limits.patience = .milliseconds(50)
            try await SocketTests.serving(limits) { port, host in
                for beginning in ["", "GET / HT", "POST / HTTP/1.1\r\nHost: \(host)\r\nContent-Length: 9\r\n\r\n12"] {
                    let client = try SocketClient(port)
                    client.say(beginning)
                    let heard = client.hear(until: Self.never)
                    #expect(heard != nil && heard?.contains("200") == false, "\(beginning)")
                }
            }
            // Long enough for the answer on a machine with much to do.
            limits.patience = .seconds(3)
            try await SocketTests.serving(limits) { port, host in
                let client = try SocketClient(port)
                client.say("GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n")
                #expect(client.hear(until: Self.never)?.contains("0 bytes") == true, "it ends after its answer too")
            }
        }

        @Test("long bodies wait for each other, short ones for nobody")
        func longBodies() async throws {
            var limits = ServeLimits()
            limits.longBodies = 1
            limits.shortBody = 100
            try await SocketTests.serving(limits) { port, host in
                let head = { (length: Int) in "POST / HTTP/1.1\r\nHost: \(host)\r\nContent-Length: \(length)\r\n\r\n" }
                let (first, second, third) = (try SocketClient(port), try SocketClient(port), try SocketClient(port))
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
            try await SocketTests.serving(limits, answer: answer) { port, host in
                let clients = try (0..<6).map { _ in try SocketClient(port) }
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
            try await SocketTests.serving(limits) { port, host in
                let ask = "GET / HTTP/1.1\r\nHost: \(host)\r\n\r\n"
                var open = try (0..<2).map { _ in try SocketClient(port) }
                for client in open {
                    client.say(ask)
                    #expect(client.hear(until: "bytes")?.contains("0 bytes") == true)
                }
                let late = try (0..<3).map { _ in try SocketClient(port) }
                for client in late { client.say(ask) }
                open[0].say(ask)
                #expect(open[0].hear(until: "bytes")?.contains("0 bytes") == true)
                open.removeAll()
                for client in late.prefix(2) { #expect(client.hear(until: "bytes")?.contains("0 bytes") == true) }
            }
        }
    }
}
