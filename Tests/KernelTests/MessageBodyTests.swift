import HTTPTypes
import Kernel
import Testing

struct MessageBodyTests {
    @Test func aValueAndItsBytesAreTheSameBody() throws {
        let value: JSONValue = ["a": [1, "b"], "c": nil]
        let (written, plain) = (MessageBody(json: value), MessageBody(value.bytes))
        #expect(written == plain && written.hashValue == plain.hashValue)
        #expect(written.bytes == value.bytes && written.value == value && plain.value == nil)
        #expect(!written.isEmpty && MessageBody([]).isEmpty)
    }

    /// Exactly as long as it is written, however far the guess is off.
    @Test(arguments: [
        "", "plain", "\u{1}\u{2}\u{3}", "\"\\\n", "äöü€😀",
    ])
    func aValueIsAsLongAsItIsWritten(_ text: String) {
        for value: JSONValue in [
            .string(text), [.string(text), 1.5, -9_007_199_254_740_993], ["\(text)x": [nil, true]],
            .array(Array(repeating: .string(text), count: 400)),
        ] {
            let body = MessageBody(json: value)
            let length = value.bytes.count
            #expect(!body.isLonger(than: length) && body.isLonger(than: length - 1), "\(value.text)")
        }
    }

    @Test func whoeverChangesTheBytesHasAnotherValue() throws {
        var request = Request(.post, "https://a.example/x", headers: [.contentType: "application/json"], json: ["a": 1])
        #expect(try request.json() == ["a": 1])
        request.body = Array("[2]".utf8)
        #expect(try request.json() == [2])
        var response = Response.json(200, ["a": 1])
        response.body = Array("{".utf8)
        #expect(response.json == nil)
    }

    @Test func aHeadIsTheSameOnASocket() {
        var request = Request(.post, "https://a.example:8443/x?y=1", headers: [.accept: "text/html"])
        #expect(RequestHead(request.head.http) == request.head)
        let other = request.head
        request.head.path = "/z"
        #expect(request.path == "/z" && other.path == "/x?y=1" && request.head != other)
        #expect(request.head.authority == "a.example:8443" && request.head.scheme == "https")
        var response = ResponseHead(status: 299, headerFields: [.accept: "a"])
        response.reason = "Odd"
        #expect(ResponseHead(response.http) == response)
    }

    @Test func exactTextsAreKeysByTheirBytes() {
        let texts = ["", "a", "abcdefg", "abcdefgh", "abcdefghi", "\u{212A}", "K", "e\u{301}", "é", "abcdefgh\u{0}"]
        let keys = Set(texts.map(ExactText.init))
        #expect(keys.count == texts.count)
        for text in texts { #expect(keys.contains(ExactText(String(decoding: Array(text.utf8), as: UTF8.self)))) }
        #expect(Set((0..<2_000).map { ExactText("user-\($0)@example-corporation.com").hashValue }).count > 1_990)
    }
}
