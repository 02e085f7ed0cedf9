import Harness
import Kernel
import Scenario

/// Leaves the secrets of a run out of the texts of its capsule: stand-ins take their place, which the trace masks as it
/// masked the secrets, so that a replay has the same bytes.
struct SecretOmission {
    private let written: [Written]
    /// Values and what takes their place, the longest first.
    private var values: [(value: String, standIn: String)]

    /// A secret that a file writes out.
    private struct Written {
        let node: DocumentNode
        let text: String
        let standIn: String
    }

    /// Fewer letters stand in other words too: these give way only where the file says that they are a secret.
    private static let shortest = 6

    init(_ result: ScenarioResult) {
        var (written, values): ([Written], [(value: String, standIn: String)]) = ([], [])
        var numbers = 0
        func add(_ node: DocumentNode, _ name: String) {
            let json = node.json
            let text = json.string ?? json.text
            var standIn = Capsule.standIn(for: name)
            if json.string == nil {
                // Each number is another one.
                standIn = String(repeating: String(9 - numbers % 9), count: text.count)
                numbers += 1
            }
            written.append(Written(node: node, text: text, standIn: standIn))
            if text.utf8.count >= Self.shortest { values.append((text, standIn)) }
        }
        let (file, known) = (result.file, result.secrets)
        for secret in file.secrets {
            for leaf in secret.value?.node.secretLeaves(of: secret.name) ?? [] { add(leaf.node, leaf.name) }
        }
        // What a secret is made of is one too, as far as the secret has it.
        let sources = SecretSources(of: file)
        let origins: [(String, DocumentNode)] =
            file.settings.filter { sources.variables.contains($0.name) }.map { ($0.name, $0.value.node) }
            + file.environment.filter { sources.environment.contains($0.name) }.compactMap { item in
                item.standard.map { (item.name, $0.node) }
            }
        for (name, node) in origins {
            for leaf in node.secretLeaves(of: name) {
                let text = leaf.node.scalarText ?? ""
                if known.isEmpty || known.contains(where: { $0.value.contains(text) }) { add(leaf.node, leaf.name) }
            }
        }
        // What a step saved is of the run, and the words of the file are no secret because an answer has them too.
        let given = file.secrets.filter { $0.value != nil || result.settings.variables[$0.name] != nil }.map(\.name)
        for secret in known where secret.value.utf8.count >= Self.shortest {
            let name = String(secret.name.dropFirst("secret ".count))
            guard given.contains(where: { name == $0 || name.hasPrefix("\($0).") }) else { continue }
            if !values.contains(where: { $0.value == secret.value }) {
                values.append((secret.value, Capsule.standIn(for: name)))
            }
        }
        self.written = written
        self.values = values.enumerated().sorted {
            ($1.element.value.utf8.count, $0.offset) < ($0.element.value.utf8.count, $1.offset)
        }.map(\.element)
    }

    /// The text of a file.
    func shown(_ source: Source) -> String {
        var text = source.text
        // The last first, so that the places of the others stay.
        let short = written.filter { $0.text.utf8.count < Self.shortest && $0.node.place.source.name == source.name }
        let order = short.sorted {
            ($0.node.place.line, $0.node.place.column) > ($1.node.place.line, $1.node.place.column)
        }
        for secret in order {
            text = Self.replacing(
                [secret.text, Self.quoted(secret.text)], by: secret.standIn, at: secret.node.place, in: text)
        }
        return shown(text)
    }

    /// Any other text, such as a value of the environment.
    func shown(_ text: String) -> String {
        var text = text
        for (value, standIn) in values {
            let lines = value.split(separator: "\n").map(String.init).filter { $0.utf8.count >= Self.shortest }
            for form in [value, Self.quoted(value)] + lines { text = text.replacing(form, by: standIn) }
        }
        return text
    }

    /// As it stands in quotes.
    private static func quoted(_ text: String) -> String { String(JSONValue.string(text).text.dropFirst().dropLast()) }

    /// The first of `forms` that stands there gives way.
    private static func replacing(_ forms: [String], by other: String, at place: Place, in text: String) -> String {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard lines.indices.contains(place.line - 1) else { return text }
        let line = lines[place.line - 1]
        let start = line.index(line.startIndex, offsetBy: place.column - 1, limitedBy: line.endIndex) ?? line.endIndex
        guard let found = forms.lazy.compactMap({ line[start...].range(of: $0) }).first else { return text }
        lines[place.line - 1] = "\(line[..<found.lowerBound])\(other)\(line[found.upperBound...])"
        return lines.joined(separator: "\n")
    }
}
