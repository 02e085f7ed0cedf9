// Reads CloudFormation templates as `cdk synth` writes them and creates what they say by calling the AWS API of a lab.
// It knows no fake and no store: whatever it makes, a client with the same credentials could have made.

import Kernel
package import Scenario

/// A CloudFormation template (AWS CloudFormation user guide, "Template anatomy").
package struct StackTemplate: Sendable {
    package struct Resource: Sendable {
        package let name: String
        package let type: String
        let node: DocumentNode
        let properties: [DocumentNode.Member]
        let condition: String?
        let dependsOn: [String]
        package var place: Place { node.place }
    }

    struct Parameter: Sendable {
        let name: String
        let type: String
        let node: DocumentNode
    }

    package let resources: [Resource]
    let parameters: [Parameter]
    let mappings: DocumentNode?
    let conditions: [String: DocumentNode]
    let rules: [DocumentNode.Member]
    let outputs: [DocumentNode.Member]
    /// What stands for every section whose place no other node has.
    let root: DocumentNode

    private static let sections = [
        "AWSTemplateFormatVersion", "Description", "Metadata", "Parameters", "Rules", "Mappings", "Conditions",
        "Transform", "Hooks", "Resources", "Outputs",
    ]
    private static let members = [
        "Type", "Properties", "DependsOn", "Condition", "Metadata", "DeletionPolicy", "UpdateReplacePolicy",
        "CreationPolicy", "UpdatePolicy",
    ]

    /// - Throws: `TemplateProblems` with every mistake of the template's form.
    package init(text: String, name: String) throws(TemplateProblems) {
        let root: DocumentNode
        do throws(Diagnostic) {
            root = try DocumentNode.parseTemplate(Source(name: name, text: text))
        } catch {
            throw TemplateProblems([error])
        }
        try self.init(root)
    }

    private init(_ root: DocumentNode) throws(TemplateProblems) {
        var problems: [Diagnostic] = []
        guard root.isMapping else {
            throw TemplateProblems([Diagnostic(root.place, "a template must be a mapping, this is \(root.typeName)")])
        }
        for member in root.members where !Self.sections.contains(member.name) {
            problems.append(
                Diagnostic(
                    member.key.place, "a template has no section \"\(member.name)\"",
                    hint: Suggestion.hint(for: member.name, among: Self.sections)))
        }
        if let transform = root["Transform"] {
            problems.append(Diagnostic(transform.place, "Transform is not supported: synthesize the template first"))
        }
        self.root = root
        let given = Self.section("Resources", root, &problems)
        if root["Resources"] == nil { problems.append(Diagnostic(root.place, "a template needs \"Resources\"")) }
        resources = given.compactMap { Self.resource($0, &problems) }
        parameters = Self.section("Parameters", root, &problems).compactMap { member in
            guard let type = member.value["Type"]?.scalarText else {
                problems.append(Diagnostic(member.key.place, "parameter \(member.name) needs a Type"))
                return nil
            }
            return Parameter(name: member.name, type: type, node: member.value)
        }
        mappings = root["Mappings"]
        let named = Self.section("Conditions", root, &problems).map { ($0.name, $0.value) }
        conditions = Dictionary(named) { first, _ in first }
        rules = Self.section("Rules", root, &problems)
        outputs = Self.section("Outputs", root, &problems)
        for resource in resources {
            if let condition = resource.condition, conditions[condition] == nil {
                problems.append(Diagnostic(resource.place, "\(resource.name): there is no condition \"\(condition)\""))
            }
        }
        if !problems.isEmpty { throw TemplateProblems(problems) }
    }

    private static func section(
        _ name: String, _ root: DocumentNode, _ problems: inout [Diagnostic]
    ) -> [DocumentNode.Member] {
        guard let node = root[name] else { return [] }
        if node.isMapping { return node.members }
        problems.append(Diagnostic(node.place, "\(name) must be a mapping, this is \(node.typeName)"))
        return []
    }

    private static func resource(_ member: DocumentNode.Member, _ problems: inout [Diagnostic]) -> Resource? {
        let (name, node) = (member.name, member.value)
        guard node.isMapping, let type = node["Type"]?.scalarText else {
            problems.append(Diagnostic(member.key.place, "resource \(name) needs a Type"))
            return nil
        }
        for other in node.members where !members.contains(other.name) {
            problems.append(
                Diagnostic(
                    other.key.place, "resource \(name) has no member \"\(other.name)\"",
                    hint: Suggestion.hint(for: other.name, among: members)))
        }
        if let properties = node["Properties"], !properties.isMapping, !properties.isNothing {
            problems.append(Diagnostic(properties.place, "\(name).Properties must be a mapping"))
        }
        let depends = node["DependsOn"]
        let named = depends?.items?.compactMap(\.scalarText) ?? depends?.scalarText.map { [$0] } ?? []
        return Resource(
            name: name, type: type, node: node, properties: node["Properties"]?.members ?? [],
            condition: node["Condition"]?.scalarText, dependsOn: named)
    }

    func resource(_ name: String) -> Resource? { resources.first { $0.name == name } }
}

/// Every mistake of a template, in the order of the file.
package struct TemplateProblems: Error, Sendable, CustomStringConvertible {
    package let diagnostics: [Diagnostic]
    init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics }
    package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}
