package import Kernel

/// One keyword of the language: what people do. The harness says how it runs.
package protocol Step: Sendable {
    static var keyword: String { get }
    /// What it looks like in a file.
    static var shape: StepShape { get }
    /// Reads the step; what is wrong goes to `reading`, and nil means that there is no step to speak of.
    init?(_ node: StepNode, _ reading: inout Reading)
    /// Variables that exist after it.
    var defines: [String] { get }
    /// The steps inside it.
    var blocks: [StepBlock] { get }
    /// Variables that it takes without naming them.
    var needs: [NeededVariable] { get }
    /// What of the lab it gives a name, and what it speaks of by such a name.
    var keeps: [KeptName] { get }
    var takes: [KeptName] { get }
    /// The client by which somebody signs in, where it is named.
    var signsInBy: PlacedName? { get }
    /// Users who are signed in afterwards, if they were not before; each may be a variable.
    var signsIn: [String] { get }
    /// The files that it reads, apart from what the steps inside it do.
    var reads: [NamedFile] { get }
    /// What of its text names variables, apart from the steps inside it; nil for all of it.
    var ownNodes: [DocumentNode]? { get }
}

extension Step {
    package static var shape: StepShape { StepShape("", value: .anything) }
    package var blocks: [StepBlock] { [] }
    package var ownNodes: [DocumentNode]? { nil }
    package var needs: [NeededVariable] { [] }
    package var keeps: [KeptName] { [] }
    package var takes: [KeptName] { [] }
    package var signsInBy: PlacedName? { nil }
    package var signsIn: [String] { [] }
    package var reads: [NamedFile] { [] }
}

/// A variable that a step takes unless it is told otherwise.
package struct NeededVariable: Sendable {
    package let name: String
    package let place: Place
    package let hint: String
    package init(_ name: String, at place: Place, hint: String) {
        self.name = name
        self.place = place
        self.hint = hint
    }
}

/// Steps inside a step.
package struct StepBlock: Sendable {
    package let steps: [PlacedStep]
    /// Variables that are there for these steps, each a text that may name earlier ones.
    package let settings: [(name: String, value: DocumentNode)]
    /// Whether what these steps save is there afterwards.
    package let keeps: Bool
    /// The checks of this block alone.
    package let then: DocumentNode?
    /// The fragment that these steps are of, and where it is named.
    package let fragment: PlacedName?
    /// Whether they are one of several ways, each of which is undone after its end.
    package let isWay: Bool

    package init(
        _ steps: [PlacedStep], settings: [(name: String, value: DocumentNode)] = [], keeps: Bool = true,
        then: DocumentNode? = nil, fragment: PlacedName? = nil, isWay: Bool = false
    ) {
        self.steps = steps
        self.settings = settings
        self.keeps = keeps
        self.then = then
        self.fragment = fragment
        self.isWay = isWay
    }
}

extension [PlacedStep] {
    /// Whether they end with the ways of a fork: then each of these is an end of the whole.
    package var endsInWays: Bool {
        guard let block = last?.step.blocks.first else { return false }
        return block.isWay || block.fragment != nil && block.steps.endsInWays
    }

    /// How many ends of the whole they have: one, or that of each way of a fork at their end.
    var endWayCount: Int {
        guard endsInWays, let blocks = last?.step.blocks else { return 1 }
        return blocks.reduce(0) { $0 + $1.steps.endWayCount }
    }

    /// Reports forks whose ways a `then` of the whole scenario sees nothing of, as other steps follow them.
    func expectSeen(isEnd: Bool, _ reading: inout Reading) {
        for index in indices {
            let (placed, isLast) = (self[index], isEnd && index == count - 1)
            let blocks = placed.step.blocks
            if !isLast, blocks.contains(where: { $0.isWay && $0.then == nil }) {
                reading.report(
                    placed.place, "then sees nothing of this \(placed.keyword): what its ways did is undone",
                    hint: "give each way a then of its own, or end the steps with it: then each way is judged")
            }
            for block in blocks {
                block.steps.expectSeen(isEnd: isLast && (block.isWay || block.fragment != nil), &reading)
            }
        }
    }
}

/// One keyword of a `then` block: what must be true of the whole run.
package protocol Check: Sendable {
    static var keyword: String { get }
    /// What it says of a run, for people.
    static var about: String { get }
    static var shape: Shape { get }
    /// Whether it can be true of one end of a scenario only, where a fork gives it several.
    static var isOfOneEnd: Bool { get }
    /// The files that it reads.
    var reads: [NamedFile] { get }
    init?(_ node: DocumentNode, _ reading: inout Reading)
}

extension Check {
    package static var isOfOneEnd: Bool { false }
    package var reads: [NamedFile] { [] }
    package static var about: String { "" }
    package static var shape: Shape { .anything }
}

/// A step as it stands in the file.
package struct StepNode: Sendable {
    package let keyword: String
    /// What stands behind the keyword.
    package let value: DocumentNode
    package let node: DocumentNode
    package var place: Place { node.place }

    /// The members beside the keyword, each of which must be known.
    package func members(_ known: [String], _ reading: inout Reading) -> Members {
        let common = StepShape.common.map(\.name)
        _ = node.members("a step \"\(keyword)\"", known: [keyword] + known, alsoKnown: common, &reading)
        return Members(what: "a step \"\(keyword)\"", node: node)
    }

    /// The members beside the keyword as the step's shape has them.
    package func members(of type: (some Step).Type, _ reading: inout Reading) -> Members {
        let members = members(type.shape.names, &reading)
        for member in type.shape.members {
            guard case .text = member.shape, let node = members[member.name], node.scalarText == nil else { continue }
            _ = node.text(&reading, as: member.name)
        }
        return members
    }
}

/// Everything a file may name. An empty list of names means that any will do.
package struct Vocabulary: Sendable {
    package var steps: [any Step.Type] = [] {
        didSet { types = Dictionary(steps.map { ($0.keyword, $0) }) { first, _ in first } }
    }
    private var types: [String: any Step.Type] = [:]
    package var checks: [any Check.Type] = []
    package var rules: [String] = []
    /// Dotted name to the choices there are; none listed means any.
    package var unknowns: [String: [String]] = [:]
    package var users: [String] = []
    /// What else tokens and parties call them.
    package var userAliases: Set<String> = []
    package var parties: [String] = []
    package var labs: [String] = []
    /// Profiles of authorization servers.
    package var vendors: [String] = []
    package var operations: [String] = []
    /// The members that an operation takes below a path of names, in which an item of a list has an empty one; none if
    /// that is not known.
    package var membersOfOperation: @Sendable (_ name: String, _ path: [String]) -> [String] = { _, _ in [] }
    /// The ids of the ledger's rows if this is none of them; nil if it is one, or where nobody asks.
    package var otherRows: @Sendable (_ id: String) -> [String]? = { _ in nil }
    /// What is wrong with other members of a vendor's profile.
    package var mistakeInVendor: @Sendable (_ name: String, _ changes: JSONObject) -> DataMistake? = { _, _ in nil }
    /// What is wrong with a vendor's profile as its file has it.
    package var mistakeInVendorFile: @Sendable (_ name: String) -> Diagnostic? = { _ in nil }
    /// Names that no file may give a value.
    package var reserved: [String] = []
    /// What an authorization server that is nobody's own asks for in paths; none where that is not known.
    package var vendorPaths: [String] = []
    /// Variables that are there before the first step, and the members of those that have some.
    package var variables: [String] = []
    package var membersOfVariable: [String: [String]] = [:]
    /// What there is besides the texts; nil where nobody can look.
    package var surroundings: Surroundings?
    package init() {}

    package var keywords: [String] { steps.map { $0.keyword } }

    /// Reads a step: a mapping with exactly one keyword.
    package func step(_ node: DocumentNode, _ reading: inout Reading) -> PlacedStep? {
        guard case .mapping(let members) = node.content, let first = members.first else {
            let found = node.isMapping ? "an empty one" : node.typeName
            reading.report(node.place, "a step must be a mapping that begins with what is done, this is \(found)")
            return nil
        }
        var found: (member: DocumentNode.Member, type: any Step.Type)?
        for member in members {
            guard let type = types[member.name] else { continue }
            if let found {
                // `timeout` of another vocabulary or a member that is a keyword elsewhere would be one too many.
                if found.type.shape.names.contains(member.name) { continue }
                reading.report(
                    member.key.place,
                    "one step does one thing: \"\(found.member.name)\" and \"\(member.name)\" are two",
                    hint: "begin the second with its own dash")
                return nil
            }
            found = (member, type)
        }
        guard let (member, type) = found else {
            let near = members.first { Suggestion.nearest(to: $0.name, among: keywords) != nil } ?? first
            reading.report(
                near.key.place, "no step is called \"\(near.name)\"",
                hint: Suggestion.hint(for: near.name, among: keywords))
            return nil
        }
        let stepNode = StepNode(keyword: member.name, value: member.value, node: node)
        let timeout = node["timeout"].flatMap { $0.settledSpan(&reading, as: "timeout") }
        let label = node["label"].map { Template($0, &reading) }
        return type.init(stepNode, &reading).map {
            PlacedStep(
                step: $0, node: node, keyword: member.name, place: member.key.place, label: label, timeout: timeout)
        }
    }
}

extension Reading {
    /// A list of steps below another one.
    package mutating func steps(_ node: DocumentNode, of what: String) -> [PlacedStep] {
        guard let items = node.items else {
            report(node.place, "\(what) must be a list, this is \(node.typeName)")
            return []
        }
        if items.isEmpty { report(node.place, "there is no step") }
        stepCount += items.count
        return items.compactMap { vocabulary.step($0, &self) }
    }

    /// The checks of a `then` block.
    package mutating func checks(_ node: DocumentNode) -> [PlacedCheck] {
        guard node.members("then", known: vocabulary.checks.map { $0.keyword }, &self) != nil else { return [] }
        if node.members.isEmpty { report(node.place, "then is empty: nothing would be checked") }
        return node.members.compactMap { member in
            guard let type = vocabulary.checks.first(where: { $0.keyword == member.name }),
                let check = type.init(member.value, &self)
            else { return nil }
            return PlacedCheck(check: check, keyword: member.name, place: member.key.place)
        }
    }
}

/// A step and where it stands.
package struct PlacedStep: Sendable {
    package let step: any Step
    package let node: DocumentNode
    package let keyword: String
    /// Where its keyword stands.
    package let place: Place
    /// What people call it.
    package let label: Template?
    /// How much world time it may take.
    package let timeout: Settled<Span>?

    /// What it does, as short as it stands in the file: `mcp: tools/call`.
    package var title: String {
        guard let value = node[keyword]?.scalarText else { return keyword }
        return "\(keyword): \(value)"
    }
}
