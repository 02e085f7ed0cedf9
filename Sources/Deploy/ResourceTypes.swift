package import Kernel
import Scenario

/// What CloudFormation knows of the resource types that can be deployed: data, generated from its resource schemas.
package struct ResourceTypes: Sendable {
    struct Description: Sendable {
        let properties: [String]
        let required: [String]
        let attributes: [String]
    }

    private let types: [String: Description]
    /// In the order of the file.
    package let names: [String]

    /// `{types: {AWS::…: {properties, required, attributes}}}`.
    package init(json: JSONValue) {
        var types: [String: Description] = [:]
        for member in json["types"]?.object?.members ?? [] {
            types[member.name] = Description(
                properties: member.value["properties"]?.strings ?? [],
                required: member.value["required"]?.strings ?? [],
                attributes: member.value["attributes"]?.strings ?? [])
        }
        self.types = types
        names = (json["types"]?.object?.names ?? []) + ["AWS::CloudFormation::CustomResource", "Custom::*"]
    }

    static func isCustom(_ type: String) -> Bool {
        type == "AWS::CloudFormation::CustomResource" || type.hasPrefix("Custom::")
    }

    /// Says which version of the CDK made a template; it makes nothing.
    static let metadata = "AWS::CDK::Metadata"

    func supports(_ type: String) -> Bool { types[type] != nil || Self.isCustom(type) || type == Self.metadata }

    /// What `Fn::GetAtt` gives of a type; nil for one that answers whatever its own code says.
    func attributes(of type: String) -> [String]? { types[type]?.attributes }

    /// Properties that the schema does not have or misses, in the words of CloudFormation.
    func problems(of resource: StackTemplate.Resource) -> [Diagnostic] {
        let given = resource.properties.map(\.name)
        if Self.isCustom(resource.type), !given.contains("ServiceToken") {
            return [Diagnostic(resource.place, "\(resource.name): required key [ServiceToken] not found")]
        }
        guard let type = types[resource.type] else { return [] }
        var problems: [Diagnostic] = []
        for member in resource.properties where !type.properties.contains(member.name) {
            problems.append(
                Diagnostic(
                    member.key.place,
                    "\(resource.name) (\(resource.type)): extraneous key [\(member.name)] is not permitted",
                    hint: Suggestion.hint(for: member.name, among: type.properties)))
        }
        for name in type.required where !given.contains(name) {
            problems.append(
                Diagnostic(resource.place, "\(resource.name) (\(resource.type)): required key [\(name)] not found"))
        }
        return problems
    }
}
