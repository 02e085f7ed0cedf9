import Kernel
import Testing

struct JSONTests {
    @Test(arguments: [
        "null", "true", "[]", "{}", "-0", "12", "1.5", "\"\"", #"{"b":1,"a":[true,null,"x"]}"#, #""é\"\\\n""#,
        "9223372036854775807", "1e-07",
    ])
    func readsAndWritesTheSame(_ text: String) throws {
        let value = try JSONValue(parsing: text)
        #expect(try JSONValue(parsing: value.text) == value)
    }

    @Test func keepsTheOrderOfMembers() throws {
        #expect(try JSONValue(parsing: #"{"b":1,"a":2}"#).text == #"{"b":1,"a":2}"#)
    }

    @Test func theLastOfTwoMembersCounts() throws {
        #expect(try JSONValue(parsing: #"{"a":1,"b":2,"a":3}"#).text == #"{"a":3,"b":2}"#)
    }

    @Test func wholeNumbersStayWhole() throws {
        #expect(try JSONValue(parsing: "9007199254740993").text == "9007199254740993")
    }

    @Test(arguments: [
        "", " ", "{", "[1,", "[1,]", "{\"a\"}", "{\"a\":1,}", "01", "1.", ".5", "+1", "nul", "NaN", "1e999", "\"",
        "\"\\x\"",
        "\"\\ud800\"", "\"\\u12g4\"", "\"\\u+123\"", "\"\n\"", "1 2", "'a'", "{a:1}",
    ])
    func refuses(_ text: String) { #expect(throws: JSONFailure.self) { try JSONValue(parsing: text) } }

    @Test func refusesInvalidUTF8() { #expect(throws: JSONFailure.self) { try JSONValue(parsing: [34, 0xFF, 34]) } }

    @Test func refusesDeepNestingInsteadOfOverflowingTheStack() {
        let deep = String(repeating: "[", count: 100_000)
        #expect(throws: JSONFailure.self) { try JSONValue(parsing: deep) }
    }

    @Test func surrogatePairsBecomeOneCharacter() throws {
        #expect(try JSONValue(parsing: "\"\\ud83d\\ude00\"").string == "😀")
    }

    @Test func objectsAreEqualWhateverTheOrder() {
        #expect(JSONValue.object(["a": 1, "b": 2]) == .object(["b": 2, "a": 1]))
    }
}

struct EncodingTests {
    @Test(arguments: [("", ""), ("f", "Zg=="), ("fo", "Zm8="), ("foo", "Zm9v"), ("foobar", "Zm9vYmFy")])
    func base64Vectors(_ row: (plain: String, coded: String)) {
        #expect(Base64.encode(Array(row.plain.utf8)) == row.coded)
        #expect(Base64.decode(row.coded) == Array(row.plain.utf8))
    }

    @Test(arguments: ["Z", "Zg=", "Zg", "Zh==", "Z===", "Zm8 ", "Zm-v"])
    func strictBase64(_ text: String) { #expect(Base64.decode(text) == nil) }

    @Test(arguments: ["A", "-=", "ab c", "a+b", "_x"]) func strictBase64URL(_ text: String) {
        #expect(Base64.decodeURL(text) == nil)
    }

    /// Every difference counts, wherever it is and whatever follows it.
    @Test func constantTimeEqualityIsEquality() {
        let entropy = SeededEntropy(seed: 1)
        for length in 0..<64 {
            let text = entropy.text(length, from: .base64URL, for: "equality")
            #expect(constantTimeEqual(text, text))
            #expect(!constantTimeEqual(text, text + "a"))
            for _ in 0..<32 {
                let other = entropy.text(length, from: .base64URL, for: "equality")
                #expect(constantTimeEqual(text, other) == (text == other))
            }
        }
    }

    @Test func aSecretDoesNotPrintItself() {
        let secret = Secret("hunter2")
        var dumped = ""
        dump(secret, to: &dumped)
        #expect(!"\(secret) \(String(reflecting: secret)) \(dumped)".contains("hunter2"))
    }
}

struct FormTests {
    @Test func sixteenBytesAreUnreservedWhereEachOfThemIs() {
        for byte in UInt8.min...UInt8.max {
            for place in 0..<16 {
                var bytes = [UInt8](repeating: UInt8(ascii: "a"), count: 16)
                bytes[place] = byte
                #expect(areUnreserved(bytes) == isUnreserved(byte), "\(byte) at \(place)")
            }
        }
    }

    @Test func keepsOrderAndDuplicates() {
        let form = Form(parsing: "b=1&a=x+y%20z&b=2&empty=&flag")
        #expect(form.all("b") == ["1", "2"])
        #expect(form["a"] == "x y z")
        #expect(form["empty"] == "" && form["flag"] == "")
        #expect(form.repeatedNames == ["b"])
    }

    @Test(arguments: [("%zz", "%zz"), ("%4", "%4"), ("%", "%"), ("a%2Fb", "a/b")])
    func aBrokenEscapeStandsForItself(_ row: (coded: String, plain: String)) {
        #expect(percentDecoded(row.coded) == row.plain)
    }

    @Test func addsToAURLThatHasAQueryOrAFragment() {
        let form: Form = ["session_id": "urn:x"]
        #expect(form.added(to: "http://a.test/cb") == "http://a.test/cb?session_id=urn%3Ax")
        #expect(form.added(to: "http://a.test/cb?k=v") == "http://a.test/cb?k=v&session_id=urn%3Ax")
        #expect(form.added(to: "http://a.test/cb#frag") == "http://a.test/cb?session_id=urn%3Ax#frag")
    }
}

struct URLTests {
    @Test func takesApart() throws {
        let url = try #require(URLParts("HTTPS://user@A.Test:8443/p/q?x=1#f"))
        #expect(url.scheme == "https" && url.userInfo == "user" && url.host == "a.test" && url.port == 8443)
        #expect(url.path == "/p/q" && url.query == "x=1" && url.fragment == "f" && url.target == "/p/q?x=1")
    }

    @Test(arguments: [
        "", "a.test", "http://", "http:///p", "://a", "http://a b/", "http://a:99999/", "http://a:+1/", "http://a\\b/",
        "http://a:b:80/", "http://a[::1]/", "http://[::1]x:80/", "http://]/",
        "http://:/", "http://a:b:/", "http://a::/",
    ])
    func refuses(_ text: String) { #expect(URLParts(text) == nil) }

    @Test(arguments: ["http://a.test:/p", "http://a.test:80/p", "http://a.test:080/p"])
    func portOfTheScheme(_ text: String) throws {
        let url = try #require(URLParts(text))
        #expect(url.authority == "a.test" && url.effectivePort == 80 && url.target == "/p")
    }

    @Test(arguments: [
        ("http://127.0.0.1:1/", true), ("http://[::1]:1/", true), ("http://localhost/", true),
        ("http://127.1.2.3/", true),
        ("http://128.0.0.1/", false), ("http://127.0.0.1.evil.test/", false), ("http://localhost.evil.test/", false),
    ])
    func loopback(_ row: (url: String, isLoopback: Bool)) { #expect(URLParts(row.url)?.isLoopback == row.isLoopback) }

    @Test(arguments: [
        ("8.8.8.8", true), ("[::1]", true), ("127.0.0.1.", true), ("127.0.0.0x1", true), ("2852039166", true),
        ("a.test", false), ("8.8.8.8.test", false), ("x.1password.com", false), ("", false),
    ])
    func address(_ row: (host: String, isAddress: Bool)) { #expect(HostName.isAddress(row.host) == row.isAddress) }
}

/// What only looks the same is another text wherever names, secrets or keys are compared.
struct ExactTextTests {
    /// Canonically equal, of one length and of two.
    @Test(arguments: [("a\u{301}\u{323}", "a\u{323}\u{301}"), ("\u{212A}1", "K1"), ("\u{E9}", "e\u{301}")])
    func whatLooksTheSameIsAnother(one: String, other: String) {
        #expect(one == other)
        #expect(!areSame(one, other))
        #expect(areSame(one, String(decoding: Array(one.utf8), as: UTF8.self)))
        #expect(![one, "x"].hasSame(other))
        #expect(ExactText(one) != ExactText(other))
        #expect(JSONValue.string(one) != .string(other))
        #expect(Secret(one) != Secret(other))
        #expect(RecordKey("name", one) != RecordKey("name", other))
    }
}
