import Kernel
import Scenario
import Testing

struct SchemaAndLikenessTests {
    @Test(
        arguments: [
            ("{type: integer}", "3", true), ("{type: integer}", "3.5", false), ("{type: [string, null]}", "null", true),
            ("{enum: [a, 1]}", "1.0", true), ("{const: {a: 1}}", "{a: 2}", false),
            ("{required: [a]}", "{b: 1}", false), ("{required: [a]}", "[]", true),
            ("{properties: {a: {type: string}}}", "{a: 1}", false),
            ("{additionalProperties: false, properties: {a: true}}", "{a: 1, b: 2}", false),
            ("{patternProperties: {^x: {type: number}}, additionalProperties: false}", "{x1: 1}", true),
            ("{propertyNames: {maxLength: 2}}", "{abc: 1}", false), ("{minProperties: 2}", "{a: 1}", false),
            ("{items: {minimum: 2}}", "[2, 3]", true), ("{items: {exclusiveMinimum: 2}}", "[2, 3]", false),
            ("{prefixItems: [{type: string}], items: false}", "[a, 1]", false),
            ("{contains: {const: 1}, maxContains: 1}", "[1, 1]", false), ("{uniqueItems: true}", "[1, 2, 1.0]", false),
            ("{minItems: 1, maxItems: 2}", "[1, 2, 3]", false), ("{multipleOf: 0.5}", "1.5", true),
            ("{pattern: ^a+$, minLength: 2}", "aa", true), ("{pattern: ^a+$}", "ab", false),
            ("{allOf: [{type: string}, {maxLength: 1}]}", "ab", false),
            ("{anyOf: [{const: 1}, {const: 2}]}", "2", true),
            ("{oneOf: [{type: number}, {const: 2}]}", "2", false), ("{not: {type: string}}", "a", false),
            ("{if: {const: 1}, then: false, else: true}", "1", false),
            (
                "{$ref: '#/$defs/n', $defs: {n: {type: object, properties: {n: {$ref: '#/$defs/n'}}}}}", "{n: {n: 1}}",
                false
            ),
            ("{dependentRequired: {a: [b]}}", "{a: 1}", false), ("false", "1", false), ("true", "1", true),
        ] as [(String, String, Bool)])
    func schemaHoldsOrDoesNot(_ schema: String, _ value: String, _ holds: Bool) throws {
        let schema = JSONSchema(try #require(try TestLanguage.node("x: \(schema)")["x"]).json)
        let value = try #require(try TestLanguage.node("x: \(value)")["x"]).json
        #expect(schema.mistakes == [])
        #expect(schema.violations(of: value).isEmpty == holds)
    }

    @Test func violationSaysWhere() throws {
        let schema = JSONSchema(["items": ["properties": ["mode": ["const": "url"]], "required": ["mode"]]])
        #expect(
            schema.violations(of: [["mode": "form"], [:]]) == [
                "it[0].mode: \"url\", not \"form\"", "it[1]: a member \"mode\", which is not there",
            ])
        let endless = JSONSchema(["$ref": "#"])
        #expect(endless.violations(of: 1) == ["it: a schema that ends"])
    }

    @Test(
        arguments: [
            ("2f1c5c1e-0d7b-4c62-8a55-1f0c7f3d9e11", "<uuid>"), ("2026-11-20T10:00:00Z", "<time>"),
            ("at 2026-11-20T10:00:00.123Z, K7Q2M9XPLD", "at <time>, <id>"), ("demo-gw-r0dnwy31yn", "demo-gw-<id>"),
            ("gho_0123456789abcdefghijABCDEFGHIJ012345", "<token>"), ("eyJhbGciOi.eyJpc3MiOi.c2ln", "<jwt>"),
            ("gateway demo-gw-r0dnwy31yn: - -> READY", "gateway demo-gw-<id>: - -> READY"),
            ("https://demo-gw-r0dnwy31yn.gateway.x.amazonaws.com/", "https://demo-gw-<id>.gateway.x.amazonaws.com/"),
            ("1795168802.0, 1795168802", "<time>, <time>"), ("127.0.0.1:33418", "127.0.0.1:33418"),
            ("a%2F2f1c5c1e-0d7b-4c62-8a55-1f0c7f3d9e11%2Fb", "a%2F<uuid>%2Fb"),
            ("urn:ietf:params:oauth:request_uri:x7Kq2LmZ9pRt4VbN8cYw", "urn:ietf:params:oauth:request_uri:<text>"),
            ("CreateOauth2CredentialProvider", "CreateOauth2CredentialProvider"), ("2025-11-25", "2025-11-25"),
            ("https://github.com/login/oauth/access_token", "https://github.com/login/oauth/access_token"),
            ("AROAKJQWMNBVCXZLKJHGF:s", "<id>:s"), ("ASIA7QABCDEFGHIJKLMN", "<id>"), ("AROA of roles", "AROA of roles"),
            ("us-east-1_AbCdEfGhI", "us-east-1_<id>"), ("ap-southeast-2_a1B2c3D4e", "ap-southeast-2_<id>"),
            (
                "https://x.us-east-1.amazonaws.com/us-east-1_AbCdEfGhI/",
                "https://x.us-east-1.amazonaws.com/us-east-1_<id>/"
            ),
            ("a-table-1_AbCdEfGhI", "a-table-1_AbCdEfGhI"), ("us-east-1_AbCdEfGh", "us-east-1_AbCdEfGh"),
            ("2F1C5C1E-0D7B-4C62-8A55-1F0C7F3D9E11", "<uuid>"), ("stack-Role-SRVWTXPQZYZK", "stack-Role-<id>"),
            ("a:agentcore-local-C-A1B2C3D4E5F6", "a:agentcore-local-C-<id>"),
            ("role-111122223333", "role-111122223333"),
            ("abcdefghijklmnopqrstuvwxy7", "<text>"), ("x7Kq2LmZ9pRt4VbN8cYw", "<text>"),
            ("00112233445566778899aabbccddeeff", "<text>"),
            (
                "arn:aws:secretsmanager:x:1:secret:y!z/my-app-vUwZyz",
                "arn:aws:secretsmanager:x:1:secret:y!z/my-app-<id>"
            ),
        ])
    func whatIsUnstableIsMaskedByItsKind(_ text: String, _ masked: String) { #expect(Likeness.masked(text) == masked) }

    /// An id of letters alone looks like a word, and one of digits alone like a number.
    @Test func whatIsKnownToBeAnIdIsMaskedWhateverItLooksLike() {
        let known = ["abcdefghij": "id", "123456789012": "code"]
        let text = "gateway my-abcdefghij: <code 123456789012> and abcdefghijk"
        let masked = Likeness.masked(text, known: known) { kind, _ in kind }
        #expect(masked == "gateway my-id: <code code> and abcdefghijk")
    }

    @Test func differencesSayWhere() {
        let expected: JSONValue = ["id": "K7Q2M9XPLD", "items": [1, ["a": "<any>"]], "at": 1_795_168_802, "gone": 1]
        let actual: JSONValue = ["id": "AAAA000011", "items": [1, ["a": 7], 3], "at": 1_795_168_999, "new": true]
        #expect(
            Likeness.differences(expected, actual) == [
                "items: 2 items, not 3", "gone: 1, not there", "new: not expected, is true",
            ])
    }

    @Test func predicatesOverLists() throws {
        func refusal(_ yaml: String, _ value: JSONValue?) throws -> String? {
            var reading = Reading(Vocabulary())
            let predicate = Predicate(try #require(try TestLanguage.node("x: \(yaml)")["x"]), &reading)
            #expect(reading.diagnostics.isEmpty)
            return try predicate.refusal(of: value, Variables(["two": 2]))
        }
        #expect(try refusal("{count: 2}", [1, 2]) == nil)
        #expect(try refusal("{count: {at-most: 1}}", [1, 2]) == "something at most 1 items, not 2")
        #expect(try refusal("{range: [1, \"${two}\"]}", 2) == nil)
        #expect(try refusal("{range: [1, 2]}", 3) == "something from 1 to 2")
        #expect(try refusal("{each: {type: integer}}", [1, 2]) == nil)
        #expect(try refusal("{each: {type: integer}}", []) == "a list with at least one item")
        #expect(try refusal("{each: 1}", [1, 2]) == "each item to be 1, and [1] is 2")
        #expect(try refusal("{some: {at: {a.b: 1}}}", [["a": ["b": 0]], ["a": ["b": 1]]]) == nil)
        #expect(try refusal("{at: {a.b: 1}}", ["a": ["b": 0]]) == "at a.b: 1, not 0")
        #expect(try refusal("{like: {a: 1}}", ["a": 2]) == "alike; it differs at a: 1, not 2")
        #expect(
            try refusal("{like: {id: K7Q2M9XPLD}}", ["id": "no"])
                == "alike; it differs at id: \"K7Q2M9XPLD\", not \"no\"")
    }
}
