package import AWSCore
package import Kernel
import Scenario

/// What a template will create, in the order of its dependencies. Everything that can be wrong without asking AWS has
/// been looked at, so nothing is created for a template that could not end well.
package struct Plan: Sendable {
    let destination: Destination
    let evaluator: Evaluator
    package let resources: [StackTemplate.Resource]
    /// Outputs whose condition holds.
    let outputs: [DocumentNode.Member]

    /// What the operations that make the resources take, and how strictly.
    package typealias Service = (contract: Contract, manner: Contract.Manner)

    /// - Throws: `TemplateProblems` with every mistake, unsupported types all at once.
    package init(
        _ template: StackTemplate, _ destination: Destination, types: ResourceTypes, service: Service? = nil
    ) throws(TemplateProblems) {
        var problems: [Diagnostic] = []
        let values = template.values(given: destination.given, &problems)
        if !problems.isEmpty { throw TemplateProblems(problems) }
        let evaluator = Evaluator(template: template, parameters: values, pseudo: destination.pseudo)
        var active: [StackTemplate.Resource] = []
        var outputs: [DocumentNode.Member] = []
        do throws(Diagnostic) {
            problems += try evaluator.brokenRules()
            for name in template.conditions.keys.sorted() { _ = try evaluator.holds(name, template.root.place) }
            for resource in template.resources {
                if let name = resource.condition, try !evaluator.holds(name, resource.place) { continue }
                active.append(resource)
            }
            for output in template.outputs {
                if let name = output.value["Condition"]?.scalarText, try !evaluator.holds(name, output.key.place) {
                    continue
                }
                outputs.append(output)
            }
        } catch {
            problems.append(error)
        }
        problems += Self.unsupported(active, types)
        for resource in active { problems += types.problems(of: resource) }
        let mentions = MentionCheck(evaluator, types, active: Set(active.map(\.name)))
        var needs: [String: [String]] = [:]
        for resource in active {
            needs[resource.name] = resource.dependsOn + mentions.names(in: resource, &problems)
        }
        for output in outputs { mentions.check(output, &problems) }
        // Only of a template that is in order otherwise: what is missing there would be told twice.
        if problems.isEmpty, let (contract, manner) = service {
            let check = ContractCheck(contract: contract, manner: manner, evaluator: evaluator.again)
            problems = active.flatMap(check.problems)
        }
        resources = Self.ordered(active, needs, &problems)
        if !problems.isEmpty { throw TemplateProblems(problems) }
        self.destination = destination
        self.evaluator = evaluator
        self.outputs = outputs
    }

    /// One mistake for all of them, at the first.
    private static func unsupported(_ resources: [StackTemplate.Resource], _ types: ResourceTypes) -> [Diagnostic] {
        let strange = resources.filter { !types.supports($0.type) }
        guard let first = strange.first else { return [] }
        var listed: [String] = []
        for resource in strange { listed.append("\(resource.type) (\(resource.name))") }
        return [
            Diagnostic(
                first.place, "unsupported resource types: \(listed.joined(separator: ", "))",
                hint: "supported: \(types.names.joined(separator: ", "))")
        ]
    }

    /// Each resource after what it needs, otherwise in the order of the file.
    private static func ordered(
        _ resources: [StackTemplate.Resource], _ needs: [String: [String]], _ problems: inout [Diagnostic]
    ) -> [StackTemplate.Resource] {
        var waiting = resources
        var result: [StackTemplate.Resource] = []
        var done: Set<String> = []
        while !waiting.isEmpty {
            let open = Set(waiting.map(\.name))
            guard
                let index = waiting.firstIndex(where: { resource in
                    (needs[resource.name] ?? []).allSatisfy { done.contains($0) || !open.contains($0) }
                })
            else {
                let names = waiting.map(\.name).joined(separator: ", ")
                problems.append(Diagnostic(waiting[0].place, "circular dependency between resources: [\(names)]"))
                return result
            }
            let next = waiting.remove(at: index)
            done.insert(next.name)
            result.append(next)
        }
        return result
    }

    /// What `--check` says.
    package var summary: JSONValue {
        .array(resources.map { ["logicalId": .string($0.name), "type": .string($0.type)] })
    }
}
