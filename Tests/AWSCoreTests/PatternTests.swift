import AWSCore
import Testing

/// Model patterns are matched as a whole, and in linear time.
struct PatternTests {
    @Test(arguments: [
        ("([0-9a-zA-Z][-]?){1,48}", "my-Gateway-1", true), ("([0-9a-zA-Z][-]?){1,48}", "my--gateway", false),
        ("([0-9a-zA-Z][-]?){1,48}", "", false), ("[a-zA-Z0-9-_=]+", "a-_=", true), ("[a-zA-Z0-9-_=]+", "a.", false),
        (#"\w+:(\/?\/?)[^\s]+"#, "http://localhost:8080/cb", true), (#"\w+:(\/?\/?)[^\s]+"#, "myapp:cb", true),
        (#"\w+:(\/?\/?)[^\s]+"#, "http:// x", false), (#"[\x21\x23-\x5B\x5D-\x7E]+"#, "read:user", true),
        (#"[\x21\x23-\x5B\x5D-\x7E]+"#, "a\"b", false), ("a|b$|^c", "c", true), ("a|b$|^c", "ab", false),
        (#"(?:0|[1-9]\d*)\.\d+"#, "10.4", true), (#"(?:0|[1-9]\d*)\.\d+"#, "010.4", false),
        ("a{2,}", "aaa", true), ("a{2,}", "a", false), ("a{2}", "aaa", false), ("x.{1,3}", "x\n", false),
        ("[A-Za-z0-9_.-:]+", "a/b:c", true), ("(a?)*b", "aab", true), ("", "", true), ("", "a", false),
    ])
    func fits(source: String, text: String, isMatch: Bool) throws {
        #expect(try Pattern(source).matches(text) == isMatch)
    }

    @Test(arguments: [
        "(", "a)", "[a", "*", "a{", "a{x}", #"\q"#, "(?=a)", "[z-a]", #"\u12"#, "a{1,99999999}",
        "(((a{1000}){1000}){1000})",
    ])
    func whatIsNoKnownPatternIsRefused(source: String) {
        #expect(throws: Pattern.Unsupported.self) { try Pattern(source) }
    }

    /// With a backtracking engine this takes hours.
    @Test func aLongTextThatDoesNotFitIsRefusedAtOnce() throws {
        let pattern = try Pattern("[A-Za-z0-9-_=]+.[A-Za-z0-9-_=]+.[A-Za-z0-9-_=]+")
        #expect(!pattern.matches(String(repeating: "a", count: 131_071) + "!!!!"))
    }
}
