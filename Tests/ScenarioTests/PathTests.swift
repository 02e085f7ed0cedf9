import Kernel
import Scenario
import Testing

struct PathTests {
    static let value: JSONValue = [
        "status": 401, "headers": ["www-authenticate": "Bearer"],
        "body": [
            "items": [["name": "a", "status": "READY"], ["name": "github", "status": "FAILED"]],
            "odd.key": 1, "with space": 2, "nothing": nil, "text": "{\"login\":\"alice-gh\",\"n\":[7]}",
        ],
        "hops": [
            ["url": "https://github.com/login"],
            ["url": "https://aws.test/identities/oauth2/callback/1?code=c%2Fd&state=s"],
            ["url": "https://aws.test/?a=1&b=3&a=2"],
        ],
    ]

    @Test(
        arguments: [
            ("status", JSONValue.int(401)), ("headers.www-authenticate", "Bearer"),
            ("headers.WWW-Authenticate", "Bearer"),
            ("body.items[0].name", "a"), ("body.items[-1].name", "github"),
            ("body.items[name=github].status", "FAILED"),
            ("body.\"odd.key\"", 1), ("body['odd.key']", 1), ("body.'with space'", 2), ("body.nothing", nil),
            ("body.text.login", "alice-gh"), ("body.text.n[0]", 7),
            ("hops[url*=/oauth2/callback].url?code", "c/d"), ("hops[2].url?a", ["1", "2"]), ("hops[1].url?state", "s"),
        ] as [(String, JSONValue)])
    func pathLeadsToItsValue(_ path: String, _ expected: JSONValue) throws {
        #expect(try PathExpression(path).value(in: Self.value) == expected)
    }

    @Test(arguments: [
        ("body.item", "body has items, odd.key, with space, nothing, text; did you mean \"items\"?"),
        ("body.items[5]", "body.items is a list of 2"), ("status.code", "status is a number"),
        ("hops[0].url?code", "hops[0].url is a string"),
        ("boddy", "here has status, headers, body, hops; did you mean \"body\"?"),
    ])
    func pathThatLeadsNowhereSaysWhereItStopped(_ path: String, _ explanation: String) throws {
        let expression = try PathExpression(path)
        #expect(expression.value(in: Self.value) == nil)
        #expect(
            expression.explanation(in: Self.value).hasSuffix(
                explanation.hasPrefix("status is") ? "number" : explanation))
    }

    @Test(arguments: [
        ("", "a name is missing"), ("a..b", "a name is missing"), ("a[", "a bracket is not closed"),
        ("a[x]", "a number or name=text must stand in [ ]"), ("a.\"b", "a quote is not closed"),
        ("a?", "a parameter's name must follow ?"), ("a b", "unexpected \" \""),
        ("a[=b]", "a name is missing before ="),
    ])
    func whatIsNoPathIsRefused(_ path: String, _ reason: String) {
        #expect(throws: PathExpression.Failure(reason: reason)) { try PathExpression(path) }
    }
}
