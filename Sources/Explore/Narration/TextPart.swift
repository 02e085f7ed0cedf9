import Kernel
import Scenario

/// A mapping of a file that is told to people, of which each mistake is reported where it stands.
struct TextPart {
    private let members: Members?

    init(_ node: DocumentNode, _ what: String, _ known: [String], _ reading: inout Reading) {
        members = node.members(what, known: known, &reading)
    }

    /// Empty where it is reported.
    func text(_ name: String, _ reading: inout Reading) -> String {
        guard let node = members?.require(name, &reading) else { return "" }
        return Self.text(node, name, &reading) ?? ""
    }

    func optional(_ name: String, _ reading: inout Reading) -> String? {
        members?[name].flatMap { Self.text($0, name, &reading) }
    }

    func items(_ name: String, _ reading: inout Reading) -> [DocumentNode] {
        guard let node = members?.require(name, &reading) else { return [] }
        if let items = node.items, !items.isEmpty { return items }
        reading.report(node.place, "\"\(name)\" must be a list with at least one item, this is \(node.typeName)")
        return []
    }

    private static func text(_ node: DocumentNode, _ name: String, _ reading: inout Reading) -> String? {
        guard let text = node.text(&reading, as: "\"\(name)\"") else { return nil }
        if trimmed(text).isEmpty { reading.report(node.place, "\"\(name)\" is empty") }
        return trimmed(text)
    }
}
