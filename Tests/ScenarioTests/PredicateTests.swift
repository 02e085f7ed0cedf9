import Kernel
import Scenario
import Testing

struct PredicateTests {
    /// Predicate, value (nil for nothing), and what was expected if it does not hold.
    struct Row: Sendable, CustomTestStringConvertible {
        let yaml: String
        let value: JSONValue?
        let refusal: String?
        init(_ yaml: String, _ value: JSONValue?, _ refusal: String? = nil) {
            self.yaml = yaml
            self.value = value
            self.refusal = refusal
        }
        var testDescription: String { "\(yaml) of \(value?.text ?? "nothing")" }
    }

    static let rows: [Row] = [
        Row("1", 1), Row("1", 1.0), Row("1", "1", "1"), Row("\"1\"", "1"), Row("READY", "READY"),
        Row("READY", nil, "\"READY\""), Row("~", .null), Row("~", nil, "null"), Row("true", true),
        Row("true", "true", "true"), Row("[1, 2]", [1, 2]), Row("[1, 2]", [2, 1], "[1,2]"),
        Row("\"${name}\"", "github"), Row("\"${count}\"", 3), Row("\"${count}\"", "3", "3"),
        Row("absent", nil), Row("absent", .null, "nothing at all"), Row("\"absent\"", "absent"),
        Row("present", .null), Row("present", nil, "a value, whichever"),
        Row("{absent: true}", nil), Row("{absent: false}", 1), Row("{present: true}", 1),
        Row("{equals: {a: 1}}", ["a": 1]), Row("{equals: {a: 1}}", ["a": 1, "b": 2], "{\"a\":1}"),
        Row("{not: 1}", 2), Row("{not: 1}", 1, "anything but 1"), Row("{not: {matches: ^a}}", "b"),
        Row("{not: 1}", nil, "a value, but not 1"), Row("{not: {not: 1}}", nil, "a value, but not 1"),
        Row("{not: ~}", .null, "anything but null"), Row("{not: present}", nil),
        Row("{not: present}", 1, "nothing at all"),
        Row("{not: absent}", 1), Row("{not: absent}", nil, "a value, whichever"), Row("{not: {absent: false}}", nil),
        Row("{not: {present: true, equals: 1}}", nil), Row("{not: {contains: {a: 1}}}", ["b": 1]),
        Row("{not: {at: {a: 1}}}", ["a": 2]), Row("{not: {at: {a: absent}}}", ["a": 2]),
        Row("{not: {at: {b: 1}}}", ["a": 2], "at b: a value, but not 1, not nothing"),
        Row("{not: {at: {a: 1, b: 1}}}", ["a": 2]), Row("{not: {at: {b: 1, a: 1}}}", ["a": 2]),
        Row("{at: {b: 1, a: 1}}", ["a": 2], "at a: 1, not 2"),
        Row("{not: {some: {at: {a: 1}}}}", [["a": 2], ["b": 1]]), Row("{not: {some: 1}}", [2, 3]),
        Row("{not: {some: {at: {c: 1}}}}", [["a": 2], ["b": 1]], "at c: a value, but not 1, not nothing"),
        Row("{not: {each: {at: {a: 1}}}}", [["a": 1], ["b": 1]], "at a: a value, but not 1, not nothing"),
        Row("{not: {each: 1}}", [1, 2]), Row("{not: {each: 1}}", nil, "a list with at least one item"),
        Row("{matches: \"^gho_[A-Za-z0-9]{4}$\"}", "gho_aB3x"), Row("{matches: ^b}", "abc", "a match of ^b"),
        Row("{matches: \"[0-9]+\"}", 42), Row("{matches: x}", nil, "a match of x"),
        Row("{contains: bc}", "abcd"), Row("{contains: 2}", [1, 2]),
        Row("{contains: 3}", [1, 2], "something that contains 3"),
        Row("{contains: {name: a}}", [["name": "a", "x": 1]]), Row("{contains: {a: {b: 1}}}", ["a": ["b": 1, "c": 2]]),
        Row("{contains: [1, 2]}", [2, 3, 1]), Row("{contains: a}", nil, "something that contains \"a\""),
        Row("{starts-with: gho_}", "gho_x"), Row("{starts-with: gho_}", "ghu_x", "a text that starts with gho_"),
        Row("{ends-with: /mcp}", "https://x/mcp"), Row("{ends-with: x}", 1, "a text that ends with x"),
        Row("{type: array}", []), Row("{type: null}", .null), Row("{type: string}", 1, "a value of type string"),
        Row("{length: 2}", [1, 2]), Row("{length: 2}", "ab"),
        Row("{length: {at-least: 3}}", [1], "a length of something at least 3, not 1"),
        Row("{length: 1}", 1, "something that has a length"),
        Row("{one-of: [1, a]}", "a"), Row("{one-of: [1, a]}", "b", "one of [1,\"a\"]"),
        Row("9223372036854775807", .double(9_223_372_036_854_775_808), "9223372036854775807"),
        Row("9007199254740993", .double(9_007_199_254_740_992), "9007199254740993"),
        Row("9007199254740992", .double(9_007_199_254_740_992)),
        Row(
            "{greater-than: 9007199254740992.0}", 9_007_199_254_740_992,
            "something greater than \(JSONValue.double(9_007_199_254_740_992).text)"),
        Row("{greater-than: 9007199254740992.0}", 9_007_199_254_740_993),
        Row("{less-than: 9223372036854775807}", 9_223_372_036_854_775_806), Row("{less-than: 1.5}", 1),
        Row("{less-than: 1}", .double(1.5), "something less than 1"), Row("{greater-than: -1e30}", 0),
        Row("{greater-than: 1}", 2), Row("{greater-than: 2}", 2, "something greater than 2"),
        Row("{less-than: 2026-12-01}", "2026-11-20T10:00:00Z"), Row("{less-than: 1}", "0", "something less than 1"),
        Row("{at-least: 2, at-most: 3}", 3), Row("{at-least: 2, at-most: 3}", 4, "something at most 3"),
    ]

    private static let look = "use matches for its JSON text, or at for one of its members"
    /// A test that cannot be made of the value says so under `not` too.
    static let misfits: [Row] = [
        Row(
            "{not: {contains: gho_}}", ["token": "gho_x"],
            "members to look for, such as {name: …}, and not a text: \(look)"),
        Row(
            "{not: {contains: gho_}}", [["token": "gho_x"]],
            "items like a text to look for it, not a list of lists or objects: \(look)"),
        Row("{not: {contains: gho_}}", 1, "something that a text can be in, not a number: \(look)"),
        Row("{not: {contains: {a: 1}}}", "a", "something that an object can be in, not a text: \(look)"),
        Row("{not: {contains: {a: 1}}}", ["a"], "something that an object can be in, not a list: \(look)"),
        Row("{not: {contains: repo}}", ["user"]), Row("{not: {contains: repo}}", []),
        Row("{not: {contains: repo}}", ["repo"], "anything but something that contains \"repo\""),
        Row("{not: {contains: [a]}}", ["b"]), Row("{contains: gho_}", ["a": 1], "something that contains \"gho_\""),
        Row("{not: {starts-with: gho_}}", ["gho_x"], "a text to look at, not a list"),
        Row("{not: {ends-with: x}}", .null, "a text to look at, not null"),
        Row("{not: {length: 2}}", 22, "a text, a list or an object to look at, not a number"),
        Row("{not: {count: 2}}", "ab", "a list or an object to look at, not a text"),
        Row("{not: {each: 1}}", ["a": 1], "a list with at least one item"), Row("{not: {some: 1}}", []),
        Row("{not: {each: 1}}", [], "a list with at least one item"),
        Row(
            "{not: {some: {contains: gho_}}}", [["a": "gho_x"], "b"],
            "members to look for, such as {name: …}, and not a text: \(look)"),
        Row("{not: {at-least: 400}}", "500", "a number to look at, not a text"),
        Row("{not: {range: [400, 499]}}", "401", "a number to look at, not a text"),
        Row("{not: {less-than: b}}", 1, "a text to look at, not a number"),
        Row("{not: {type: string, starts-with: x}}", 1), Row("{not: {matches: gho_}}", ["a": 1]),
        Row("{not: {matches: gho_}}", ["a": "gho_"], "anything but a match of gho_"),
        Row("{not: {at: {a: {starts-with: b}}}}", ["a": 1], "at a: a text to look at, not a number, not 1"),
        Row("{not: {one-of: [a, 1]}}", 1, "anything but one of [\"a\",1]"),
    ]

    @Test(arguments: rows + misfits)
    func predicateHoldsOrSaysWhatItWanted(_ row: Row) throws {
        var reading = Reading(Vocabulary())
        let node = try #require(try TestLanguage.node("x: \(row.yaml)")["x"])
        let predicate = Predicate(node, &reading)
        #expect(reading.diagnostics.isEmpty)
        let variables = Variables(["name": "github", "count": 3])
        #expect(try predicate.refusal(of: row.value, variables) == row.refusal)
    }

    /// A number in quotes, and what a number has none of, is told where it stands; so is what always holds.
    @Test(
        arguments: [
            ("\"200\"", "status is a number, and this is a text"), ("2xx", "status is a number, and this is a text"),
            ("{not: \"401\"}", "status is a number, and this is a text"), ("999", "status is never 999"),
            ("{one-of: [\"401\"]}", "status is a number, and this is a text"),
            ("{at-least: abc}", "status is a number, and this is a text"),
            ("{range: [\"400\", \"499\"]}", "status is a number, and this is a text"),
            ("{starts-with: \"4\"}", "status is a number: it has no text, no items and no members"),
            ("{not: {at-least: 600}}", "status is never at least 600"),
            ("{at-most: 599}", "status is always at most 599"),
            (
                "{type: string}",
                "status is a number, and never of type string"
            ),
        ])
    func aStatusIsANumber(_ yaml: String, _ told: String) throws {
        var reading = Reading(Vocabulary())
        let node = try #require(try TestLanguage.node("x: \(yaml)")["x"])
        _ = Predicate(of: .status, node, &reading)
        #expect(reading.diagnostics.map(\.message).first == told)
    }

    @Test(arguments: [
        "404", "{range: [400, 499]}", "{not: 404}", "absent", "{matches: ^4}", "\"${code}\"", "{not: absent}",
    ])
    func aStatusMayBeSo(_ yaml: String) throws {
        var reading = Reading(Vocabulary())
        _ = Predicate(of: .status, try #require(try TestLanguage.node("x: \(yaml)")["x"]), &reading)
        #expect(reading.diagnostics.isEmpty)
    }

    @Test func aVariableIsNoNumberInQuotes() throws {
        var reading = Reading(Vocabulary())
        for yaml in ["\"${code}\"", "{not: \"${code}\"}", "{not: {one-of: [\"${code}\"]}}"] {
            let predicate = Predicate(of: .status, try #require(try TestLanguage.node("x: \(yaml)")["x"]), &reading)
            #expect(throws: Diagnostic.self) { try predicate.refusal(of: 401, Variables(["code": "401"])) }
        }
    }

    @Test func everyTestSaysWhatItIs() {
        #expect(Set(Predicate.names).count == 22)
        #expect(Predicate.vocabulary.allSatisfy { $0.about.count > 20 && $0.about.hasSuffix(".") })
    }
}
