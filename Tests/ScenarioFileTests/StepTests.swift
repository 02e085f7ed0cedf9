import Harness
import Kernel
import Scenario
import Testing

/// What the harness's own steps and checks say about a slip of the pen.
struct StepTests {
    static let mistakes: [(String, String)] = [
        ("- aws: GetGatway", "there is no operation \"GetGatway\" (did you mean \"GetGateway\"?)"),
        ("- aws: GetGateway\n    wiht: {}", "a step \"aws\" has no member \"wiht\" (did you mean \"with\"?)"),
        ("- aws: GetGateway\n    as: alcie", "there is no user or party \"alcie\" (did you mean \"alice\"?)"),
        ("- aws: GetGateway\n    with: [1]", "with must be a mapping of members, this is a list"),
        (
            "- aws: GetGateway\n    expect: {result.x: 1}",
            "this step has no \"result\" (known: status, headers, body, failure)"
        ),
        ("- mcp: tools/list", "a step \"mcp\" needs \"as\""),
        (
            "- browser: https://github.com\n    as: bob\n    decide: aprove",
            "there is no decision \"aprove\" (did you mean \"approve\"?)"
        ),
        (
            "- browser: https://github.com\n    as: bob\n    complete: perhaps",
            "complete must be true or false, this is a text"
        ),
        (
            "- http: GET https://github.com\n    form: {a: 1}\n    json: {}",
            "a request has one body: form and json are too many"
        ),
        ("- http: [GET]", "http must be a method and a URL, this is a list"),
        (
            "- http: GET https://github.com\n    expect: {cookie.x: 1}",
            "this step has no \"cookie\" (did you mean \"cookies\"?)"
        ),
        ("- application: Ov23lishop", "a step \"application\" needs \"with\""),
        (
            "- application: Ov23lishop\n    with: {callback: []}",
            "an application has no member \"callback\" (did you mean \"callbacks\"?)"
        ),
        (
            "- application: Ov23lishop\n    with: {callbacks: https://shop.example/callback}",
            "callbacks must be a list, this is a text (such as [{url: https://shop.example/callback}])"
        ),
        (
            "- application: Ov23lishop\n    with: {suspended: maybe}",
            "true or false is needed here, this is a text"
        ),
        (
            "- application: Ov23lishop\n    with: {callbacks: [{url: https://shop.example/callback, wildcard: 1}]}",
            "true or false is needed here, this is a number"
        ),
        ("- clock: {advance: 11}", "advance must be a duration (such as 500ms, 90s, 11m, 2h or 1d)"),
        ("- clock: {advance: -1s}", "world time never runs backwards"),
        ("- clock: {skew: {githb: 1s}}", "there is no party \"githb\" (did you mean \"github\"?)"),
        ("- clock: {}", "clock needs \"advance\" or \"skew\""),
        (
            "- fault: {name: x, party: github}",
            "A fault needs exactly one of answer, throttle, delay, drop, duplicate, truncate."
        ),
        ("- fault: {name: x, party: gitub, drop: true}", "there is no party \"gitub\" (did you mean \"github\"?)"),
        ("- sign-in: alcie", "there is no user \"alcie\" (did you mean \"alice\"?)"),
        ("- app: {}", "app needs \"user_token\", or \"session_id\" and \"user_id\""),
        ("- wait: {within: 5m}", "wait needs \"until\""),
        ("- wait: {until: {aws: GetGateway}}", "a wait needs a step with \"expect\": what is it to wait for?"),
        ("- {mcp: tools/list, token: {a: b}}", "token must be a text, this is a mapping"),
        ("- {mcp: tools/list, session: [1]}", "session must be a text, this is a list"),
        ("- set: x", "set must be a mapping of names to values, this is a text"),
    ]

    @Test func titleIsShownAsItIs() {
        #expect(
            Self.messages("scenario: A ${user} asks\nspec: [E1]\nmatrix: {user: [bob]}\nsteps:\n  - aws: GetGateway\n")
                == ["a title is shown as it is (reports put the values of the matrix behind it)"])
    }

    @Test(arguments: mistakes)
    func stepSaysWhatIsWrong(_ step: String, _ message: String) {
        let text = "scenario: s\nspec: [E1]\nsteps:\n  \(step)\n"
        #expect(Self.messages(text).contains(message))
    }

    static let checks: [(String, String)] = [
        ("transitions: [READY]", "transitions must be a mapping of subjects to lists of states, this is a list"),
        ("transitions: {target: READY}", "states must be a list, this is a text"),
        (
            "never: [target READY]",
            "never must say SUBJECT: STATE (such as \"target ${target}: READY before consent granted\")"
        ),
        ("never: [\"gateway *: READY before consent granted\"]", "only a target asks for consent"),
        ("exchanges: [{too: github}]", "an exchange has no member \"too\" (did you mean \"to\"?)"),
        ("exchanges: [{to: gthub}]", "there is no party \"gthub\" (did you mean \"github\"?)"),
        ("tokens: [{held: [vault]}]", "a token has no member \"held\" (did you mean \"held-by\"?)"),
        ("token: []", "then has no member \"token\" (did you mean \"tokens\"?)"),
        ("tokens: [{for: \"${nobody}\"}]", "there is no variable \"nobody\" here"),
    ]

    @Test(arguments: checks)
    func checkSaysWhatIsWrong(_ check: String, _ message: String) {
        let text = "scenario: s\nspec: [E1]\nsteps:\n  - aws: GetGateway\nthen:\n  \(check)\n"
        #expect(Self.messages(text).contains { $0.hasPrefix(message) })
    }

    static func messages(_ text: String) -> [String] {
        var vocabulary = LabVocabulary.bare
        vocabulary.users = ["admin", "alice", "bob"]
        vocabulary.operations = ["GetGateway", "GetGatewayTarget"]
        let (_, diagnostics) = ScenarioReader(vocabulary).read(Source(name: "s.yaml", text: text))
        return diagnostics.map { "\($0.message)\($0.hint.map { " (\($0))" } ?? "")" }
    }
}
