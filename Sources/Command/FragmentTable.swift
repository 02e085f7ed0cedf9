import Harness
import Kernel
import Scenario

/// What `given` may name: each fragment of `scenarios/given` with what it finds, what it may be told, and what it
/// leaves behind. All of it is read from the steps themselves.
struct FragmentTable {
    struct Row {
        let name: String
        /// What is there afterwards.
        let title: String
        /// Variables of steps before it.
        let needs: [String]
        /// What a scenario may set otherwise.
        let values: [(name: String, standard: JSONValue)]
        /// Variables that are there afterwards.
        let leaves: [String]
    }

    private(set) var rows: [Row] = []

    init(root: String) throws {
        let shelf = Library.shelf(root: root)
        var reading = Reading(LabVocabulary.bare, fragments: shelf)
        for name in shelf.names {
            let place = Place(Source(name: "scenarios/given/\(name).yaml", text: ""), line: 1, column: 1)
            guard let fragment = reading.fragment(name, at: place) else { continue }
            rows.append(Self.row(name, fragment, reading.vocabulary.variables))
        }
        try ScenarioSelection.tell(reading.diagnostics)
    }

    private static func row(_ name: String, _ fragment: Fragment, _ standard: [String]) -> Row {
        var walk = Walk(known: Set(standard))
        walk.through(StepBlock(fragment.steps, settings: fragment.defaults))
        return Row(
            name: name, title: fragment.title, needs: walk.needs,
            values: fragment.defaults.map { ($0.name, $0.value.json) }, leaves: walk.leaves)
    }

    /// Steps, in their order.
    private struct Walk {
        var known: Set<String>
        var needs: [String] = []
        var leaves: [String] = []

        mutating func through(_ block: StepBlock) {
            for setting in block.settings {
                take(setting.value)
                known.insert(setting.name)
            }
            for placed in block.steps {
                for node in placed.step.ownNodes ?? [placed.node] { take(node) }
                for need in placed.step.needs { take(need.name) }
                for inner in placed.step.blocks { through(inner) }
                for name in placed.step.defines where known.insert(name).inserted { leaves.append(name) }
            }
        }

        private mutating func take(_ node: DocumentNode) {
            for hole in Template.holes(in: node) {
                if case .success(let path) = hole.path { take(path.root) }
            }
        }

        private mutating func take(_ name: String) {
            if !known.contains(name), !needs.contains(name) { needs.append(name) }
        }
    }

    var json: JSONValue {
        .array(
            rows.map { row in
                [
                    "fragment": .string(row.name), "states": .string(row.title), "needs": .strings(row.needs),
                    "with": .object(JSONObject(row.values.map { .init($0.name, $0.standard) })),
                    "leaves": .strings(row.leaves),
                ]
            })
    }

    /// A document of its own is cut short.
    private static func short(_ value: JSONValue) -> String {
        value.text.count <= 70 ? value.text : "\(value.text.prefix(69))…"
    }

    /// For people, two to five lines each.
    var text: String {
        rows.map { row in
            let values = row.values.map { "\($0.name): \(Self.short($0.standard))" }.joined(separator: ", ")
            let lines = [
                ("needs", row.needs.joined(separator: ", ")), ("with", values),
                ("leaves", row.leaves.map { "${\($0)}" }.joined(separator: ", ")),
            ]
            return
                ([row.name, "    \(row.title)"]
                + lines.filter { !$0.1.isEmpty }.map { "    \($0.0): \($0.1)" }).joined(separator: "\n")
        }.joined(separator: "\n")
    }
}
