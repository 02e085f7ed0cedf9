import Foundation
import Kernel
package import Scenario

extension Ledger {
    /// Reads every file of `mocks/ledger` below `root`, in order of their names, and finds all mistakes at once.
    package static func load(root: String) -> (Ledger, [Diagnostic]) {
        var reading = Reading(Vocabulary())
        var rows: [Row] = []
        let folder = "\(root)/mocks/ledger"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names.filter({ $0.hasSuffix(".yaml") }).sorted() {
            do throws(Diagnostic) {
                let document = try MockFiles(root: root).document("ledger/\(name)")
                if document.items == nil {
                    reading.report(document.place, "a file of the ledger must be a list, this is \(document.typeName)")
                }
                for node in document.items ?? [] { rows.append(contentsOf: row(node, &reading)) }
            } catch {
                reading.report(error)
            }
        }
        for (index, row) in rows.enumerated() where rows[..<index].contains(where: { $0.id == row.id }) {
            reading.report(row.place, "\(row.id) is in the ledger twice")
        }
        return (Ledger(rows: rows), reading.diagnostics)
    }

    private static func row(_ node: DocumentNode, _ reading: inout Reading) -> [Row] {
        let known = ["id", "states", "mark", "source", "date", "rule", "switch"]
        guard let members = node.members("a ledger row", known: known, &reading) else { return [] }
        var texts: [String: String] = [:]
        for name in ["id", "states", "mark", "source", "date"] {
            texts[name] = members.require(name, &reading)?.text(&reading, as: name)
        }
        guard let id = texts["id"], let states = texts["states"], let source = texts["source"],
            let date = texts["date"],
            let mark = mark(texts["mark"], members, &reading)
        else { return [] }
        if source.count < 4 { reading.report(node.place, "\(id) has no source") }
        if date.wholeMatch(of: #/\d{4}-\d\d-\d\d/#) == nil {
            reading.report(node.place, "\(id) has no date like 2026-11-20")
        }
        let rule = members["rule"]?.text(&reading, as: "rule")
        let unknown = members["switch"]?.text(&reading, as: "switch")
        let row = Row(
            id: id, states: states, mark: mark, source: source, date: date, rule: rule, unknown: unknown,
            place: node.place)
        return [row]
    }

    private static func mark(_ text: String?, _ members: Members, _ reading: inout Reading) -> Mark? {
        guard let text else { return nil }
        if let mark = Mark(rawValue: text) { return mark }
        let known = Mark.allCases.map(\.rawValue)
        let place = members["mark"]?.place ?? members.node.place
        reading.report(place, "\"\(text)\" is no mark", hint: Suggestion.hint(for: text, among: known))
        return nil
    }
}
