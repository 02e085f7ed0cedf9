import ControlPlane
import Kernel
import Testing

/// What a Smithy model refers to has to be there (ledger `smithy-references`).
struct SmithyTests {
    private func outcome(_ model: JSONValue) async throws -> String {
        try await ControlLab.outcome("smithyModel", model)
    }

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
