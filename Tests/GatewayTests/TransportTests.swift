import HTTPTypes
import Kernel
import MCPCore
import Testing

@Suite struct TransportTests {
    private let transport = StreamableHTTP()

    private func send(
        _ body: String, method: HTTPRequest.Method = .post, accept: String? = "application/json, text/event-stream",
        type: String? = "application/json", version: String? = nil
    ) -> Response? {
        var headers: HTTPFields = [:]
        headers[.accept] = accept
        headers[.contentType] = type
        headers[MCPName.versionHeader] = version
        do throws(StreamableHTTP.Refusal) {
            _ = try transport.incoming(Request(method, "https://x.test/mcp", headers: headers, body: Array(body.utf8)))
            return nil
        } catch {
            return error.response
        }
    }

    private static let ping = #"{"jsonrpc":"2.0","id":1,"method":"ping"}"#

    @Test(
        "Bodies that are no message are refused by 400",
        arguments: [
            ("", -32700), ("{", -32700), ("\u{FF}", -32700), ("3", -32600), ("[]", -32600),
            (#"{"id":1,"method":"ping"}"#, -32600),
            (#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, -32600),
            (#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, -32600),
            (#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, -32600),
            (#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#, -32600),
            (#"{"jsonrpc":"2.0","id":1,"method":7}"#, -32600), (#"{"jsonrpc":"2.0","id":1}"#, -32600),
            (#"{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":""}}"#, -32600),
            (#"{"jsonrpc":"2.0","id":1,"error":{"code":1e300,"message":""}}"#, -32600),
        ])
    func noMessage(_ body: String, _ code: Int) {
        let response = send(body)
        #expect(response?.status == 400)
        #expect(response?.json?["error"]?["code"] == .int(Int64(code)))
        #expect(response?.json?["id"] == .null)
    }

    @Test("Params of a wrong type are the request's own fault: 200 with its id")
    func wrongParams() {
        let response = send(#"{"jsonrpc":"2.0","id":"a","method":"ping","params":[1]}"#)
        #expect(response?.status == 200)
        #expect(response?.json?["error"]?["code"] == -32602)
        #expect(response?.json?["id"] == "a")
    }

    @Test("Only POST", arguments: [HTTPRequest.Method.put, .patch, .head, .options, .delete])
    func otherMethods(_ method: HTTPRequest.Method) {
        #expect(send("", method: method)?.status == 405)
        #expect(send("", method: method)?.header(.allow) == "POST")
    }

    @Test("GET without a stream is 405, and 406 if it would not take one")
    func get() {
        #expect(send("", method: .get)?.status == 405)
        #expect(send("", method: .get, accept: "application/json")?.status == 406)
    }

    @Test(
        "Accept must name both types or a wildcard",
        arguments: [
            ("application/json", 406), ("text/event-stream", 406), ("*/*", nil), ("application/*, text/*", nil),
            ("text/event-stream;q=0.5 , Application/JSON", nil), (nil, 406), ("", 406),
            ("application/json;q=0, text/event-stream", 406), ("application/json, text/event-stream ; Q=0.000", 406),
            ("*/*;q=0", 406), ("*/*, application/json;q=0", 406), ("application/json;q=0, */*", 406),
            ("*/*;q=0, application/*, text/event-stream;q=0.001", nil), ("text/*, text/event-stream;q=0, */*", 406),
            ("application/json;q=0, application/json, text/*", nil),
        ] as [(String?, Int?)])
    func accept(_ accept: String?, _ status: Int?) {
        #expect(send(Self.ping, accept: accept)?.status == status)
    }

    @Test("Content-Type must be JSON, with parameters or without")
    func contentType() {
        #expect(send(Self.ping, type: "text/plain")?.bodyText == "Invalid Content-Type header")
        #expect(send(Self.ping, type: nil)?.status == 400)
        #expect(send(Self.ping, type: "application/json; charset=utf-8") == nil)
    }

    @Test("A long body is 413")
    func tooLong() {
        #expect(send(String(repeating: " ", count: (4 << 20) + 1))?.status == 413)
    }

    @Test("Version header: absent, known, older, newer")
    func versions() {
        #expect(send(Self.ping) == nil)
        for known in ["2025-03-26", "2025-06-18", "2025-11-25"] { #expect(send(Self.ping, version: known) == nil) }
        let old = send(Self.ping, version: "1999-01-01")
        #expect(old?.status == 400)
        #expect(old?.json?["error"]?["code"] == -32600)
        let new = send(Self.ping, version: "2026-07-28")
        #expect(new?.status == 400)
        #expect(new?.json?["id"] == 1)
        #expect(
            new?.json?["error"]
                == [
                    "code": -32022, "message": "Unsupported protocol version",
                    "data": ["supported": ["2025-11-25", "2025-06-18", "2025-03-26"], "requested": "2026-07-28"],
                ])
    }

    @Test("A modern request without header is told the same, initialize of any revision is not")
    func modernBody() {
        let meta = #""params":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}"#
        let discover = send(#"{"jsonrpc":"2.0","id":1,"method":"server/discover",\#(meta)}"#)
        #expect(discover?.json?["error"]?["code"] == -32022)
        #expect(send(#"{"jsonrpc":"2.0","id":1,"method":"initialize"}"#, version: "2026-07-28") == nil)
    }

    @Test("Any requested revision is answered with one that is served")
    func negotiation() {
        #expect(Revision.negotiated("2025-06-18", served: Revision.handshakes) == .june2025)
        #expect(Revision.negotiated("2026-07-28", served: Revision.handshakes) == .november2025)
        #expect(Revision.negotiated("", served: [.march2025]) == .march2025)
    }

    @Test("Ids keep their type")
    func ids() {
        #expect(RequestID(.string("")) == .string(""))
        #expect(RequestID(.int(0)) == .int(0))
        #expect(RequestID(.double(3)) == nil)
        #expect(RequestID(.null) == nil)
    }
}

@Suite struct ServerSentEventsTests {
    private func texts(_ stream: String) -> [String] {
        ServerSentEvents.data(in: Array(stream.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test("Line ends, comments, several lines, other events, a priming event")
    func framing() {
        #expect(texts("event: message\r\ndata: {}\r\n\r\n") == ["{}"])
        #expect(texts(": ping\n\nid: 1\ndata:\n\ndata:a\ndata: b\n\n") == ["a\nb"])
        #expect(texts("event: other\ndata: x\n\ndata: y\n\n") == ["y"])
        #expect(texts("event:\ndata: x\n\n") == ["x"], "without a name it is a message")
        #expect(texts("data: unfinished") == [])
        #expect(texts("") == [])
    }
}
