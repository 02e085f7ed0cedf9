import Kernel
import MCPCore
import Testing

/// RFC 6570 section 3.2.2, read backwards.
struct URITemplateTests {
    @Test(
        arguments: [
            ("t://item", "t://item", [:]), ("t://item", "t://items", nil), ("t://{id}", "t://7", ["id": "7"]),
            ("t://{id}", "t://", nil), ("t://{id}", "t://a/b", nil), ("t://{id}", "u://7", nil),
            ("t://{id}/data", "t://7/data", ["id": "7"]), ("t://{id}/data", "t://7/data/", nil),
            ("t://{id}/data", "t:///data", nil), ("t://{id}/data", "t://7/8/data", nil),
            // What a hole takes may begin as the literal behind it does, and may have it within.
            ("t://{id}-x", "t://-a-x", ["id": "-a"]), ("t://{id}-x", "t://a-b-x", ["id": "a-b"]),
            ("t://{id}-x", "t://a-x-x", ["id": "a-x"]), ("t://{id}-x", "t://-x", nil),
            ("t://{a}-{b}", "t://x-y-z", ["a": "x", "b": "y-z"]), ("t://{a}-{b}", "t://x-", nil),
            ("t://{a}--{b}/c", "t://x-y--z/c", ["a": "x-y", "b": "z"]), ("t://{a}/{b}", "t://x//y", nil),
            ("t://{a}/b{c}", "t://x/by", ["a": "x", "c": "y"]), ("t://{a}/b{c}", "t://x/b", nil),
            ("t://{a}{b}", "t://é7", ["a": "é", "b": "7"]), ("{a}:{b}", "t:b", ["a": "t", "b": "b"]),
        ] as [(String, String, JSONObject?)])
    func fits(_ template: String, _ uri: String, _ values: JSONObject?) throws {
        #expect(try #require(URITemplate(template)).match(uri) == values)
    }

    @Test func aHoleHasAnEnd() {
        #expect(URITemplate("t://{id") == nil && URITemplate("t://{a}/{") == nil)
        #expect(URITemplate("t://item")?.isTemplate == false && URITemplate("t://{id}")?.isTemplate == true)
    }

    /// Where holes were tried against each other, this would be tried for longer than anybody lives.
    @Test func manyHolesAreNoTrouble() throws {
        let template = "t://" + String(repeating: "{a}-", count: 40) + "x"
        let uri = "t://" + String(repeating: "a-", count: 400)
        #expect(try #require(URITemplate(template)).match(uri) == nil)
        #expect(try #require(URITemplate(template)).match(uri + "x") != nil)
    }
}
