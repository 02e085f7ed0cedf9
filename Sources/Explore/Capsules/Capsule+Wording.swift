import Harness
import Scenario

// What a run says of its failures, so that it can be compared with what it says elsewhere.
extension Capsule {
    /// The name of the part; no file of a capsule is called so, for theirs end in `.yaml` and the like.
    static let wordingMark = "failures"

    /// Every failure in all its words. A place is file and line: where a secret stood in the line, the capsule has a
    /// stand-in of another length. The line itself is left out for the same reason; the capsule has the file.
    static func wording(of result: ScenarioResult) -> String {
        var text = ""
        for failure in result.failures {
            let place = failure.place.map { "\($0.source.name):\($0.line): " } ?? ""
            text += "\(place)\(failure.what)\n"
            let parts = [
                ("step", failure.step), ("expected", failure.expected), ("actual", failure.actual),
                ("hint", failure.hint), ("from", failure.exchange),
            ]
            for (name, said) in parts {
                guard let said, !said.isEmpty else { continue }
                text += "  \(name): \(said.replacing("\n", with: "\n    "))\n"
            }
        }
        // A scenario from outside the root is replayed inside the capsule's folder.
        for name in sources(of: result.file).map(\.name) where inside(name) != name {
            let (outside, within) = (folder(of: name), folder(of: inside(name)))
            text = outside.isEmpty ? text : text.replacing("\(outside)/", with: within.isEmpty ? "" : "\(within)/")
        }
        return text
    }

    private static func folder(of path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
    }
}
