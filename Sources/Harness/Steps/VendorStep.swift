import AuthorizationServer
package import Kernel
package import Scenario

/// `vendor: google` puts another vendor's authorization server in the place of the one there was; `with` changes
/// members of its profile, as in `mocks/vendors`: `vendor: github-2024`, `with: {proofKey: enforced-if-sent}`.
package struct VendorStep: LabStep {
    package static let keyword = "vendor"
    private static let roots = ["vendor", "profile"]
    package static let shape = StepShape(
        "Makes the authorization server another vendor's from here on.", value: .name(.vendors), outcome: roots,
        [.values("with", "Members of the vendor's profile that are to be others.")])
    private let name: Template
    private let changes: Template?
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        name = Template(node.value, &reading)
        if let text = node.value.text(&reading, as: "a vendor") {
            reading.expectName(text, of: "vendor", among: reading.vocabulary.vendors, at: node.value.place)
        }
        changes = Template.mapping("with", members, &reading)
        expectations = Expectations(members["expect"], roots: Self.roots, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
        let with = members["with"] ?? DocumentNode(.mapping([]), at: node.value.place)
        guard let vendor = node.value.scalarText, !node.value.namesAVariable,
            Template.holes(in: with).isEmpty, let object = with.json.object,
            let mistake = reading.vocabulary.mistakeInVendor(vendor, object)
        else { return }
        reading.report(reading.vocabulary.mistakeInVendorFile(vendor) ?? Self.diagnostic(mistake, in: with))
    }

    /// A mistake of a profile at the member that says it.
    private static func diagnostic(_ mistake: DataMistake, in with: DocumentNode) -> Diagnostic {
        var place = with.place
        var node: DocumentNode? = with
        // What lies over the file is told with the way to it.
        let isLaidOver = mistake.path.first == "profiles" && with["profiles"] == nil
        for name in mistake.path.dropFirst(isLaidOver ? 2 : 0) {
            guard let member = node?.members.first(where: { $0.name == name }) else { break }
            (place, node) = (mistake.known.isEmpty ? member.value.place : member.key.place, member.value)
        }
        let near = mistake.path.last.flatMap { Suggestion.hint(for: $0, among: mistake.known) }
        return Diagnostic(place, mistake.reason, hint: near)
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let vendor = try name.text(run.variables)
        let known = run.lab.definition.vendors.names
        guard known.contains(vendor) else {
            let near = Suggestion.nearest(to: vendor, among: known).map { "did you mean \"\($0)\"?" }
            throw Diagnostic(
                name.place, "there is no vendor \"\(vendor)\"",
                hint: near ?? "known: \(known.joined(separator: ", "))")
        }
        let changes = try changes?.members(run.variables) ?? [:]
        do {
            return try run.lab.changeVendor(to: vendor, changes)
        } catch let problem as VendorProfileProblem {
            if let mistake = MockFiles(root: run.settings.root).mistake(inVendor: vendor) { throw mistake }
            guard let node = self.changes?.node else { throw Diagnostic(name.place, problem.description) }
            throw Self.diagnostic(problem.mistake, in: node)
        }
    }
}
