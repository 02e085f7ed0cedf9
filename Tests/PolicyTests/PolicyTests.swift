import Kernel
import Policy
import Testing

/// The evaluation logic of the AWS IAM user guide.
struct PolicyTests {
    private func policy(_ text: String) throws -> PolicyDocument { try PolicyDocument(json: JSONValue(parsing: text)) }

    private func decide(
        _ text: String, _ action: String, _ resource: String = "arn:aws:x:::y", _ context: [String: [String]] = [:]
    ) throws -> Decision {
        PolicyDocument.decide(
            AccessRequest(action: action, resource: resource, context: context), by: [try policy(text)])
    }

    @Test func nothingIsAllowedWithoutAnAllow() throws {
        let text = #"{"Statement":{"Effect":"Allow","Action":"a:Get*","Resource":"*"}}"#
        #expect(try decide(text, "a:GetThing") == .allowed)
        #expect(try decide(text, "A:getthing") == .allowed)
        #expect(try decide(text, "a:PutThing") == .implicitlyDenied)
    }

    @Test func aDenyWins() throws {
        let text = """
            {"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"},
             {"Effect":"Deny","Action":["a:Delete?hing"],"Resource":"*"}]}
            """
        #expect(try decide(text, "a:DeleteThing") == .explicitlyDenied)
        #expect(try decide(text, "a:DeleteThings") == .allowed)
    }

    @Test func resourcesKeepTheirCase() throws {
        let text = #"{"Statement":[{"Effect":"Allow","Action":"a:*","Resource":"arn:aws:x:::identity/MyGw-*"}]}"#
        #expect(try decide(text, "a:b", "arn:aws:x:::identity/MyGw-1") == .allowed)
        #expect(try decide(text, "a:b", "arn:aws:x:::identity/mygw-1") == .implicitlyDenied)
    }

    @Test func notActionAndNotResourceTurnTheListAround() throws {
        let text = #"{"Statement":[{"Effect":"Allow","NotAction":"a:Put*","NotResource":"arn:secret*"}]}"#
        #expect(try decide(text, "a:Get") == .allowed)
        #expect(try decide(text, "a:PutIt") == .implicitlyDenied)
        #expect(try decide(text, "a:Get", "arn:secret:1") == .implicitlyDenied)
    }

    @Test(arguments: [
        (#"{"ForAnyValue:StringEquals":{"aws:CalledVia":["bedrock-agentcore.amazonaws.com"]}}"#, true, false),
        (#"{"StringEquals":{"aws:CalledVia":"other"}}"#, false, false),
        (#"{"StringLike":{"aws:CalledVia":"bedrock-*"}}"#, true, false),
        (#"{"StringNotEquals":{"aws:CalledVia":"other"}}"#, true, true),
        (#"{"StringEqualsIfExists":{"aws:CalledVia":"other"}}"#, false, true),
        (#"{"ForAllValues:StringEquals":{"aws:CalledVia":"bedrock-agentcore.amazonaws.com"}}"#, true, true),
        (#"{"Null":{"aws:CalledVia":"true"}}"#, false, true),
        (#"{"Bool":{"aws:CalledVia":"true"}}"#, false, false),
    ])
    func conditions(_ condition: String, withKey: Bool, without: Bool) throws {
        let text = #"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":\#(condition)}]}"#
        let context = ["aws:calledvia": ["bedrock-agentcore.amazonaws.com"]]
        #expect(try (decide(text, "a:b", "r", context) == .allowed) == withKey)
        #expect(try (decide(text, "a:b", "r") == .allowed) == without)
    }

    @Test(arguments: [
        "[]", "{}", #"{"Statement":[{}]}"#, #"{"Statement":[{"Effect":"Maybe","Action":"*","Resource":"*"}]}"#,
        #"{"Statement":[{"Effect":"Allow","Resource":"*"}]}"#,
        #"{"Statement":[{"Effect":"Allow","Action":1,"Resource":"*"}]}"#,
        #"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*","Condition":{"Odd":{"a":"b"}}}]}"#,
    ])
    func malformedPoliciesAreRefused(_ text: String) {
        #expect(throws: PolicyDocument.Mistake.self) { try policy(text) }
    }

    @Test func manyStarsEnd() throws {
        let stars = String(repeating: "*a", count: 2000)
        let text = #"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"\#(stars)b"}]}"#
        let long = String(repeating: "a", count: 10_000)
        #expect(try decide(text, "x:y", long) == .implicitlyDenied)
    }
}
