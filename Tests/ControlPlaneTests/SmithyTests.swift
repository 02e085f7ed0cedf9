import ControlPlane
import Kernel
import Testing

/// What a Smithy model refers to has to be there (ledger `smithy-references`).
struct SmithyTests {
    /// A model whose one operation takes a member of this target.
    private func model(input: String = "a#In", member: String, _ shapes: JSONObject = [:]) -> JSONValue {
        var all: JSONObject = [
            "a#S": [
                "type": "service",
                "traits": ["aws.protocols#restJson1": [:], "aws.api#service": ["endpointPrefix": "weather"]],
            ],
            "a#Get": [
                "type": "operation", "input": ["target": .string(input)],
                "traits": ["smithy.api#http": ["method": "GET", "uri": "/x"]],
            ],
            "a#In": ["type": "structure", "members": ["m": ["target": .string(member)]]],
        ]
        for shape in shapes.members { all.append(shape.name, shape.value) }
        return ["smithy": "2.0", "shapes": .object(all)]
    }

    private func outcome(_ model: JSONValue) async throws -> String {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        var input = Sample.target(gateway, credentials: nil)
        input["targetConfiguration"] = ["mcp": ["smithyModel": ["inlinePayload": .string(model.text)]]]
        input["credentialProviderConfigurations"] = [
            [
                "credentialProviderType": "GATEWAY_IAM_ROLE",
                "credentialProvider": ["iamCredentialProvider": ["service": "execute-api"]],
            ]
        ]
        let id = try await lab.ok("CreateGatewayTarget", input)["targetId"]?.string ?? ""
        await lab.advance(.milliseconds(50))
        let target = try await lab.ok(
            "GetGatewayTarget", ["gatewayIdentifier": .string(gateway), "targetId": .string(id)])
        return target["statusReasons"]?[0]?.string ?? target["status"]?.string ?? ""
    }

    @Test(arguments: ["String", "Blob", "Timestamp", "PrimitiveLong", "Float", "Document", "Unit"])
    func shapesOfThePreludeAreAlwaysThere(_ name: String) async throws {
        #expect(try await outcome(model(member: "smithy.api#\(name)")) == "READY")
    }

    @Test(arguments: ["a#Lost", "smithy.api#Lost", "String", ""])
    func aMemberOfNoShapeFailsTheTarget(_ target: String) async throws {
        #expect(try await outcome(model(member: target)) == "Invalid Smithy model: there is no shape '\(target)'")
    }

    @Test func whatIsBelowAMemberCountsToo() async throws {
        let list: JSONValue = ["type": "list", "member": ["target": "a#Lost"]]
        #expect(try await outcome(model(member: "a#L", ["a#L": list])).hasSuffix("there is no shape 'a#Lost'"))
        let odd: JSONValue = ["type": "text"]
        #expect(try await outcome(model(member: "a#O", ["a#O": odd])).hasSuffix("'a#O' has no type of Smithy's"))
    }

    @Test(arguments: [
        ("a#Lost", "Invalid Smithy model: there is no shape 'a#Lost'"), ("smithy.api#Unit", "READY"),
        ("a#S", "Invalid Smithy model: the input 'a#S' is no structure"),
    ])
    func anInputIsAStructure(_ input: String, _ expected: String) async throws {
        #expect(try await outcome(model(input: input, member: "smithy.api#String")) == expected)
    }
}
