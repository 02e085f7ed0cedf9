import Deploy
import Kernel
import Scenario
import Testing

/// Reading, checking and ordering templates, without creating anything.
struct PlanTests {
    private static let types = ResourceTypes(
        json: [
            "types": [
                "AWS::IAM::Role": [
                    "properties": ["RoleName", "AssumeRolePolicyDocument", "Description"],
                    "required": ["AssumeRolePolicyDocument"], "attributes": ["Arn"],
                ]
            ]
        ])

    private func plan(_ text: String, given: [String: String] = [:]) throws(TemplateProblems) -> Plan {
        let destination = Destination(
            stack: "S", account: "111122223333", region: "us-east-1", given: given, id: "1")
        return try Plan(StackTemplate(text: text, name: "t.yaml"), destination, types: Self.types)
    }

    private func problems(_ text: String, given: [String: String] = [:]) -> [String] {
        do throws(TemplateProblems) {
            _ = try plan(text, given: given)
            return []
        } catch {
            return error.diagnostics.map(\.description)
        }
    }

    private let role = "{Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}, Description: %}}"
    private func roles(_ named: (String, String)...) -> String {
        "Resources:\n" + named.map { "  \($0.0): \(role.replacing("%", by: $0.1))\n" }.joined()
    }

    @Test func dependenciesComeFirst() throws {
        let text = roles(("A", "!GetAtt B.Arn"), ("B", "!Sub 'x ${C.Arn} ${!no} ${AWS::Region}'"), ("C", "plain"))
        #expect(try plan(text).resources.map(\.name) == ["C", "B", "A"])
    }

    @Test func theOrderOfTheFileHoldsOtherwise() throws {
        #expect(try plan(roles(("B", "1"), ("A", "2"))).resources.map(\.name) == ["B", "A"])
    }

    @Test func whatAConditionLeavesOutIsNotCreated() throws {
        let text = """
            Conditions: {No: !Not [!Equals [a, a]], Yes: !Or [!Condition No, !Equals [!Ref AWS::Region, us-east-1]]}
            Resources:
              A: {Type: AWS::IAM::Role, Condition: No, Properties: {AssumeRolePolicyDocument: {}}}
              B: {Type: AWS::IAM::Role, Condition: Yes, Properties: {AssumeRolePolicyDocument: {}}}
            """
        #expect(try plan(text).resources.map(\.name) == ["B"])
    }

    @Test func aCircleIsNamed() {
        let found = problems(roles(("A", "!GetAtt B.Arn"), ("B", "!Ref A")))
        #expect(found.count == 1)
        #expect(found.first?.contains("circular dependency between resources: [A, B]") == true)
    }

    @Test func unsupportedTypesAreToldAtOnce() {
        let found = problems("Resources: {A: {Type: AWS::S3::Bucket}, B: {Type: AWS::SNS::Topic}}")
        #expect(found.count == 1)
        #expect(found.first?.contains("AWS::S3::Bucket (A), AWS::SNS::Topic (B)") == true)
    }

    @Test func parametersAreCheckedBeforeAnything() {
        let text = "Parameters: {P: {Type: String, AllowedValues: [a]}, Q: {Type: Number}}\n\(roles(("A", "!Ref P")))"
        #expect(problems(text).count == 2)
        #expect(problems(text, given: ["P": "b", "Q": "x"]).count == 2)
        #expect(problems(text, given: ["P": "a", "Q": "1", "R": ""]).count == 1)
        #expect(problems(text, given: ["P": "a", "Q": "1"]).isEmpty)
    }

    @Test func aBrokenRuleIsToldInItsOwnWords() {
        let text = """
            Parameters: {V: {Type: 'AWS::SSM::Parameter::Value<String>', Default: '5'}}
            Rules:
              Check:
                Assertions:
                  - Assert: !Not [!Contains [['1', '5'], !Ref V]]
                    AssertDescription: version 6 required
            \(roles(("A", "x")))
            """
        #expect(problems(text).first?.contains("rule Check: version 6 required") == true)
        #expect(problems(text, given: ["V": "6"]).isEmpty)
    }

    @Test(arguments: [
        "", "[]", "Resources: 1", "Resources: {A: 1}", "Resources: {A: {Type: !Nope x}}", "{\"Resources\": {",
        "Resource: {}", "Resources: {A: {Type: AWS::IAM::Role}}", "Transform: x\nResources: {}",
        "Resources: {A: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}, Nmae: x}}}",
        "Resources: {A: {Type: AWS::IAM::Role, Propertys: {}}}",
        "Resources: {A: {Type: AWS::IAM::Role, Condition: C, Properties: {AssumeRolePolicyDocument: {}}}}",
        "Resources: {A: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: !Ref Nobody}}}",
        "Conditions: {A: !Condition B, B: !Condition A}\nResources: {}",
        "Conditions: {A: !Equals [x]}\nResources: {}", "a: &a [*a]",
    ])
    func everyMistakeHasAPlace(_ text: String) {
        let found = problems(text)
        #expect(!found.isEmpty)
        #expect(found.allSatisfy { $0.hasPrefix("t.yaml:") })
    }

    /// Forty conditions that name the next one twice each: a trillion looks, were each looked at whenever it is named.
    @Test func conditionsAreLookedAtOnce() throws {
        let named = (0..<40).map { "  C\($0): !And [!Condition C\($0 + 1), !Condition C\($0 + 1)]\n" }.joined()
        let text = "Conditions:\n\(named)  C40: !Equals [a, a]\n\(roles(("A", "!If [C0, a, b]")))"
        #expect(try plan(text).resources.map(\.name) == ["A"])
    }

    @Test func conditionsHaveADepth() {
        // From the end, so that the names' order is no help.
        let named = (0..<300).map { "  C\(1000 + $0): !Not [!Condition C\(1001 + $0)]\n" }.joined()
        let found = problems("Conditions:\n\(named)  C1300: !Equals [a, a]\n\(roles(("A", "x")))")
        #expect(found.first?.hasSuffix("conditions depend on each other more than 200 deep") == true)
    }

    /// Little that grows at each of its levels.
    private static func nested(_ levels: Int) -> String {
        (0..<levels).reduce("'\(String(repeating: "y", count: 50))'") { inner, _ in
            "!Sub ['\(String(repeating: "${a}", count: 10))', {a: \(inner)}]"
        }
    }

    @Test(arguments: [
        nested(6),
        "!Join ['\(String(repeating: "y", count: 2_000))', !Split [a, '\(String(repeating: "a", count: 20_000))']]",
    ])
    func whatATemplateComesToIsBounded(_ expression: String) {
        let found = problems(roles(("A", expression), ("B", expression)))
        #expect(found.count == 1)
        #expect(found.first?.contains("the functions of the template come to more than 33554432 bytes") == true)
    }

    @Test func whatATemplateComesToMayBeMuch() throws {
        #expect(try plan(roles(("A", Self.nested(4)))).resources.count == 1)
    }

    /// Names and attributes that nothing has, in properties and in outputs, and whatever can be worked out now.
    @Test(arguments: [
        ("!GetAtt B.Arm", "B has no attribute \"Arm\" (did you mean \"Arn\"?)"),
        ("!GetAtt Bb.Arn", "there is no resource \"Bb\" (did you mean \"B\"?)"), ("!GetAtt B", "has no attribute"),
        ("!GetAtt [B, Arm]", "did you mean \"Arn\"?"), ("!Sub '${B.Arm}'", "did you mean \"Arn\"?"),
        ("!Sub '${AWS::Regio}'", "did you mean \"AWS::Region\"?"), ("!Ref AWS::Regio", "did you mean \"AWS::Region\"?"),
        ("!Join ['', [!GetAtt B.Arm]]", "did you mean \"Arn\"?"), ("!Ref Bb", "there is no parameter or resource"),
        ("!Ref No", "No is not created: its condition does not hold"),
        ("!If [Never, !Ref B, !GetAtt No.Arn]", "No is not created"), ("!Select [3, [a]]", "cannot select item 3 of 1"),
        ("!FindInMap [M, a, b]", "finds nothing"), ("!Cidr [a, 1, 2]", "Fn::Cidr is not supported here"),
    ])
    func whatCannotEndWellIsNotBegun(_ expression: String, _ told: String) {
        let before = "Conditions: {Never: !Equals [a, b]}\n"
        let never = "  No: {Type: AWS::IAM::Role, Condition: Never, Properties: {AssumeRolePolicyDocument: {}}}\n"
        let found = problems("\(before)\(roles(("A", expression), ("B", "x")))\(never)")
        #expect(found.count == 1 && found.first?.contains(told) == true, "\(found)")
        let output = "Outputs: {O: {Value: \(expression)}}"
        let foundInOutput = problems("\(before)\(roles(("A", "x"), ("B", "x")))\(never)\(output)")
        #expect(foundInOutput.count == 1 && foundInOutput.first?.contains(told) == true, "\(foundInOutput)")
    }

    @Test func whatIsNotAskedForMayBeMissing() {
        let text = """
            Conditions: {Never: !Equals [a, b]}
            Resources:
              A: {Type: Custom::C, Properties: {ServiceToken: x, Y: !If [Never, !GetAtt No.Arn, !Sub '${D.Arn}']}}
              B: {Type: Custom::C, Properties: {ServiceToken: x, Y: !GetAtt A.Any.Thing}}
              D: {Type: AWS::IAM::Role, Properties: {AssumeRolePolicyDocument: {}}}
              No: {Type: AWS::IAM::Role, Condition: Never, Properties: {AssumeRolePolicyDocument: {}}}
            Outputs:
              O: {Value: !Ref No, Condition: Never}
              P: {Value: !Sub ['${x} ${AWS::Region}', {x: !GetAtt D.Arn}], Export: {Name: !Ref AWS::StackName}}
            """
        #expect(problems(text) == [])
        #expect(problems("\(roles(("A", "x")))Outputs: {O: {}}").count == 1)
    }

    @Test func jsonWithTabsIsRead() throws {
        let text = "{\n\t\"Resources\": {\n\t\t\"A\": {\"Type\": \"AWS::CDK::Metadata\"}\n\t}\n}"
        #expect(try plan(text).resources.map(\.name) == ["A"])
    }
}
