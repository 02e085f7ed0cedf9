import ControlPlane
import Kernel
import Testing

/// What a target's document grows to while it is read: a short one may ask for more memory than there is.
struct DocumentSizeTests {
    private func outcome(_ kind: String, _ document: JSONValue) async throws -> String {
        try await ControlLab.outcome(kind, document)
    }

    private func openAPI(
        url: String = "https://api.example.com", variables: JSONValue = [:], path: String = "/z",
        operation: JSONObject = [:], _ more: JSONObject = [:]
    ) -> JSONValue {
        var get: JSONObject = ["operationId": "z", "responses": [:]]
        for member in operation.members { get.append(member.name, member.value) }
        var document: JSONObject = [
            "openapi": "3.0.0", "servers": [["url": .string(url), "variables": variables]],
            "paths": [path: ["get": .object(get)]],
        ]
        for member in more.members { document.append(member.name, member.value) }
        return .object(document)
    }

    private func times(_ count: Int, _ text: String) -> String { String(repeating: text, count: count) }

    private static let tooLong = "The document unfolds to more than 16777216 bytes"

    @Test func aDefaultIsNoTemplate() async throws {
        let variables: JSONValue = [
            "a": ["default": "{b}"], "b": ["default": "api"], "c": ["default": "v1"],
        ]
        let good = openAPI(url: "https://{b}.example.com/{c}", variables: variables)
        #expect(try await outcome("openApiSchema", good) == "READY")
        let nested = openAPI(url: "https://{a}.example.com", variables: variables)
        #expect(try await outcome("openApiSchema", nested).hasSuffix("servers[0].url must be an https URL"))
    }

    /// Eight variables of ten holes each would be a hundred million bytes.
    @Test func variablesDoNotMultiply() async throws {
        var variables: JSONObject = [:]
        for number in 0..<8 {
            variables.append("v\(number)", ["default": .string(times(10, "{v\(number + 1)}"))])
        }
        let document = openAPI(url: "https://api.example.com/{v0}", variables: .object(variables))
        #expect(try await outcome("openApiSchema", document).hasSuffix("servers[0].url must be an https URL"))
        let long: JSONValue = ["a": ["default": .string(times(10_000, "x"))]]
        let repeated = openAPI(url: "https://api.example.com/" + times(10_000, "{a}"), variables: long)
        #expect(try await outcome("openApiSchema", repeated) == Self.tooLong)
    }

    @Test func schemasThatAreSharedCountWhereverTheyStand() async throws {
        let parameters: [JSONValue] = (0..<200).map {
            ["name": .string("q\($0)"), "in": "query", "schema": ["$ref": "#/components/schemas/b"]]
        }
        let shared: JSONValue = ["schemas": ["b": ["type": "string", "description": .string(times(100_000, "d"))]]]
        let document = openAPI(operation: ["parameters": .array(parameters)], ["components": shared])
        #expect(try await outcome("openApiSchema", document) == Self.tooLong)
    }

    @Test(arguments: ["/{a}/{a}", "/{a}/x/{b}{a}", "/{a}/{a+}"])
    func aHoleStandsOnce(_ path: String) async throws {
        let hole: (String) -> JSONValue = {
            ["name": .string($0), "in": "path", "required": true, "schema": ["type": "string"]]
        }
        let document = openAPI(path: path, operation: ["parameters": [hole("a"), hole("b")]])
        let told = "Invalid OpenAPI schema: paths.'\(path)'(get): {a} stands twice"
        #expect(try await outcome("openApiSchema", document) == told)
    }

    private func smithy(uri: String, members: JSONObject, documentation: String = "") -> JSONValue {
        let http: JSONValue = ["method": "GET", "uri": .string(uri)]
        return [
            "smithy": "2.0",
            "shapes": [
                "a#S": [
                    "type": "service",
                    "traits": ["aws.protocols#restJson1": [:], "aws.api#service": ["endpointPrefix": "weather"]],
                ],
                "a#Get": [
                    "type": "operation", "input": ["target": "a#In"], "traits": ["smithy.api#http": http],
                ],
                "a#In": ["type": "structure", "members": .object(members)],
                "a#B": [
                    "type": "structure",
                    "members": [
                        "d": [
                            "target": "smithy.api#String",
                            "traits": ["smithy.api#documentation": .string(documentation)],
                        ]
                    ],
                ],
            ],
        ]
    }

    @Test func aSmithyModelHasTheSameBounds() async throws {
        let member: JSONValue = ["target": "a#B"]
        let members = JSONObject((0..<200).map { .init("m\($0)", member) })
        let long = smithy(uri: "/x", members: members, documentation: times(100_000, "d"))
        #expect(try await outcome("smithyModel", long) == Self.tooLong)
        let label: JSONValue = ["target": "smithy.api#String", "traits": ["smithy.api#httpLabel": [:]]]
        let twice = smithy(uri: "/{a}/{a}", members: ["a": label])
        #expect(
            try await outcome("smithyModel", twice) == "Invalid Smithy model: label {a} stands twice in a uri")
        #expect(try await outcome("smithyModel", smithy(uri: "/{a}", members: ["a": label])) == "READY")
    }
}
