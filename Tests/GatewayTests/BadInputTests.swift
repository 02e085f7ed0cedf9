import HTTPTypes
import Kernel
import MCPCore
import Testing

/// What a hostile or broken client may send: an exact error, never a 500, and the session lives on.
@Suite struct BadInputTests {
    static func nested(_ open: String, _ close: String, _ depth: Int) -> String {
        String(repeating: open, count: depth) + String(repeating: close, count: depth)
    }

    static let corpus: [(String, [UInt8], Int, Int64?)] = {
        let texts: [(String, String, Int, Int64?)] = [
            ("id null", #"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, 400, -32600),
            ("id true", #"{"jsonrpc":"2.0","id":true,"method":"ping"}"#, 400, -32600),
            ("id an array", #"{"jsonrpc":"2.0","id":[1],"method":"ping"}"#, 400, -32600),
            ("id with a fraction", #"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, 400, -32600),
            ("id beyond 64 bits", #"{"jsonrpc":"2.0","id":99999999999999999999,"method":"ping"}"#, 400, -32600),
            ("id the largest", #"{"jsonrpc":"2.0","id":9223372036854775807,"method":"ping"}"#, 200, nil),
            ("id the smallest", #"{"jsonrpc":"2.0","id":-9223372036854775808,"method":"ping"}"#, 200, nil),
            ("id no double holds", #"{"jsonrpc":"2.0","id":1e400,"method":"ping"}"#, 400, -32700),
            ("id empty", #"{"jsonrpc":"2.0","id":"","method":"ping"}"#, 200, nil),
            (
                "id long", #"{"jsonrpc":"2.0","id":"\#(String(repeating: "i", count: 100_000))","method":"ping"}"#, 200,
                nil
            ),
            ("params an array", #"{"jsonrpc":"2.0","id":1,"method":"ping","params":[1,2]}"#, 200, -32602),
            ("params a text", #"{"jsonrpc":"2.0","id":1,"method":"ping","params":"x"}"#, 200, -32602),
            ("params null", #"{"jsonrpc":"2.0","id":1,"method":"ping","params":null}"#, 200, nil),
            ("method a number", #"{"jsonrpc":"2.0","id":1,"method":7}"#, 400, -32600),
            ("method empty", #"{"jsonrpc":"2.0","id":1,"method":""}"#, 400, -32600),
            ("method with a NUL", #"{"jsonrpc":"2.0","id":1,"method":"pi\u0000ng"}"#, 200, -32601),
            ("a member twice", #"{"jsonrpc":"2.0","id":1,"id":2,"method":"none","method":"ping"}"#, 200, nil),
            ("version 1", #"{"jsonrpc":"1.0","id":1,"method":"ping"}"#, 400, -32600),
            ("no version", #"{"id":1,"method":"ping"}"#, 400, -32600),
            ("result and error", #"{"jsonrpc":"2.0","id":1,"result":1,"error":{"code":1,"message":"x"}}"#, 400, -32600),
            (
                "error code no whole number", #"{"jsonrpc":"2.0","id":1,"error":{"code":1.5,"message":"x"}}"#, 400,
                -32600
            ),
            ("name a number", #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":7}}"#, 200, -32602),
            (
                "arguments an array",
                #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a___b","arguments":[]}}"#, 200, -32602
            ),
            ("cursor a number", #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":7}}"#, 200, -32602),
            (
                "cursor made up", #"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":"AAAA"}}"#, 200,
                -32602
            ),
            ("_meta a number", #"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"_meta":7}}"#, 200, nil),
            ("arrays 10,000 deep", nested("[", "]", 10_000), 400, -32700),
            (
                "objects 10,000 deep",
                String(repeating: #"{"a":"#, count: 10_000) + "1" + String(repeating: "}", count: 10_000), 400, -32700
            ),
            (
                "arguments 400 deep",
                #"{"jsonrpc":"2.0","id":1,"method":"ping","params":{"a":\#(nested("[", "]", 400))}}"#, 200, nil
            ),
            ("never closed", String(repeating: "[", count: 100_000), 400, -32700),
            ("a lone surrogate", #"{"jsonrpc":"2.0","id":"\ud800","method":"ping"}"#, 400, -32700),
            ("text after it", EndpointLab.ping + "x", 400, -32700),
            ("a byte order mark", "\u{FEFF}" + EndpointLab.ping, 400, -32700),
            ("single quotes", "{'jsonrpc':'2.0'}", 400, -32700), ("NaN", #"{"jsonrpc":"2.0","id":NaN}"#, 400, -32700),
            (
                "6 MB of blanks", String(repeating: " ", count: 6 << 20) + EndpointLab.ping, 413, -32600
            ),
            (
                "many members",
                "{" + (0..<50_000).map { #""m\#($0)":1,"# }.joined() + #""jsonrpc":"2.0","id":1,"method":"ping"}"#, 200,
                nil
            ),
        ]
        let bytes: [(String, [UInt8], Int, Int64?)] = [
            (
                "no UTF-8",
                Array(#"{"jsonrpc":"2.0","id":""#.utf8) + [0xC3, 0x28] + Array(#"","method":"ping"}"#.utf8), 400, -32700
            ),
            (
                "an overlong slash",
                Array(#"{"jsonrpc":"2.0","id":""#.utf8) + [0xC0, 0xAF] + Array(#"","method":"ping"}"#.utf8), 400, -32700
            ),
            ("zeros", Array(repeating: 0, count: 64), 400, -32700),
            ("UTF-16", Array(EndpointLab.ping.utf16.flatMap { [UInt8($0 & 0xFF), UInt8($0 >> 8)] }), 400, -32700),
        ]
        return texts.map { ($0.0, Array($0.1.utf8), $0.2, $0.3) } + bytes
    }()

    @Test("Row", arguments: corpus.indices)
    func row(_ index: Int) async throws {
        let (name, body, status, code) = Self.corpus[index]
        let lab = try TestLab()
        try lab.makeGateway(
            mcp: [
                "supportedVersions": ["2025-11-25"], "sessionConfiguration": ["sessionTimeoutInSeconds": 900],
                "streamingConfiguration": ["enableResponseStreaming": true],
            ])
        let begun = try await lab.rpc("initialize", TestLab.hello())
        var headers = TestLab.headers
        headers[MCPName.sessionHeader] = begun.header(MCPName.sessionHeader)
        headers[.authorization] = "Bearer \(try await lab.token())"
        let request = Request(.post, TestLab.url, headers: headers, body: body)
        let response = try await lab.network.send(request, from: .outside)
        #expect(response.status == status, "\(name)")
        #expect(response.code == code, "\(name)")
        #expect(response.json?["jsonrpc"] == "2.0", "\(name)")
        #expect(try await lab.rpc("ping", headers: headers).json?["result"] == [:], "\(name): the session lives on")
    }

    @Test("Ten thousand bodies that chance broke: never a 500, never a crash")
    func mutated() async throws {
        let lab = EndpointLab(sessions: false)
        let seeds = [
            EndpointLab.call("add", arguments: #"{"a":[1,2.5e3,"x\u00e9",null,true,{"b":{}}]}"#), EndpointLab.ping,
            #"[{"jsonrpc":"2.0","id":"q1","result":{}}]"#,
        ].map { Array($0.utf8) }
        let entropy = SeededEntropy(seed: 7)
        for round in 0..<10_000 {
            var body = seeds[round % seeds.count]
            let dice = entropy.bytes(8, for: "fuzz")
            for pair in 0..<2 {
                let place = (Int(dice[pair * 3]) << 8 | Int(dice[pair * 3 + 1])) % max(1, body.count)
                switch dice[pair * 3 + 2] % 4 {
                case 0: body[place] = dice[6]
                case 1: body.remove(at: place)
                case 2: body.insert(dice[7], at: place)
                default: body.insert(contentsOf: body[..<place], at: place)
                }
            }
            let response = await lab.send(String(decoding: body, as: UTF8.self))
            #expect([200, 202, 400].contains(response.status))
        }
    }
}
