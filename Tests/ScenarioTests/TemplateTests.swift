import Kernel
import Scenario
import Testing

struct TemplateTests {
    @Test func aMergeKeyTakesAListToo() throws {
        let node = try TestLanguage.node("a: &a {p: 1, q: 1}\nb: &b {q: 2, r: 2}\nc: {<<: [*a, *b], r: 3}\n")
        #expect(node["c"]?.json == ["r": 3, "p": 1, "q": 1])
    }

    @Test func repetitionIsFoundWhateverEndsALine() throws {
        for end in ["\n", "\r\n"] {
            let text = ["a:", "  b: 1", "  c: 1", "  b: 2", ""].joined(separator: end)
            let error = #expect(throws: Diagnostic.self) { try TestLanguage.node(text) }
            #expect(error?.place.line == 4)
        }
    }

    static let variables = Variables([
        "target": "K7Q2", "count": 3, "flag": true, "list": [1, 2], "alice": ["accessToken": "t0k"],
        "url": "https://x.test/a?request_uri=urn%3Aietf%3A1&b=c#f",
    ])

    @Test(
        arguments: [
            ("${target}", JSONValue.string("K7Q2")), ("${count}", 3), ("${flag}", true), ("${list}", [1, 2]),
            ("target ${target}", "target K7Q2"), ("${count}${count}", "33"), ("$${target}", "${target}"), ("$5", "$5"),
            ("${alice.accessToken}", "t0k"), ("${list[1]}", 2), ("${url?request_uri}", "urn:ietf:1"), ("a$", "a$"),
        ] as [(String, JSONValue)])
    func templateStandsForItsValue(_ text: String, _ value: JSONValue) throws {
        #expect(try Self.render("x: '\(text)'")["x"] == value)
    }

    @Test func templatesStandInKeysAndDeepInside() throws {
        let value = try Self.render("{'target ${target}': [{deep: '${count}'}]}")
        #expect(value == ["target K7Q2": [["deep": 3]]])
    }

    @Test(
        arguments: [
            ("${taget}", "there is no variable \"taget\"", "did you mean \"target\"?"),
            (
                "${alice.acessToken}", "there is nothing at \"alice.acessToken\"",
                "alice has accessToken; did you mean \"accessToken\"?"
            ),
            ("${list[7]}", "there is nothing at \"list[7]\"", "list is a list of 2"),
            ("${}", "this is no variable: a name is missing", nil),
        ] as [(String, String, String?)])
    func missingVariableIsTold(_ text: String, _ message: String, _ hint: String?) throws {
        do {
            _ = try Self.render("x: '\(text)'")
            Issue.record("a value was found")
        } catch let error as Diagnostic {
            #expect(error.message == message)
            #expect(error.hint == hint)
        }
    }

    static func render(_ yaml: String) throws -> JSONValue {
        var reading = Reading(Vocabulary())
        return try Template(TestLanguage.node(yaml), &reading).value(variables)
    }
}
