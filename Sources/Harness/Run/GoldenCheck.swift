import Foundation
import Kernel
package import Scenario

/// `golden: method-2.trace`: the trace is line for line what a file beside the scenario says. What changes from seed to
/// seed is masked by its kind and numbered in the order of its appearance, so that who meets whom again still counts.
/// `run --update-golden` writes the file.
package struct GoldenCheck: JournalCheck {
    package static let keyword = "golden"
    package static let about = "A file beside the scenario that has the trace, line for line."
    package static let shape = Shape.text
    package static let isOfOneEnd = true
    private static let trace = NamedFile.Kind(
        "golden trace", example: "method-2.trace", isOfTheRun: true, hint: "run with --update-golden to write it")
    private let file: NamedFile

    package init?(_ node: DocumentNode, _ reading: inout Reading) {
        guard let name = node.text(&reading, as: "golden") else { return nil }
        if Library.isScenarioName(name) {
            reading.report(node.place, "a golden trace is no scenario: \"\(name)\"", hint: "such as method-2.trace")
            return nil
        }
        file = NamedFile(node, Self.trace, &reading)
    }

    package var reads: [NamedFile] { [file] }

    package func judge(_ evidence: Evidence) throws(Diagnostic) -> [Failure] {
        let (companion, place) = (try evidence.companion(file), file.name.place)
        let shown = companion.shown
        let actual = Self.stable(evidence.trace.rendered, known: Self.known(in: evidence.entries))
        if evidence.settings.updatesGolden {
            guard let path = companion.writable else {
                throw Diagnostic(place, "a golden trace stands beside its scenario; \(shown) does not")
            }
            let trace = GoldenTraces.Trace(
                path: path, shown: shown, text: actual, place: place, name: evidence.file.name,
                seed: evidence.run.lab.options.seed)
            if let traces = evidence.settings.goldenTraces {
                traces.add(trace)
                return []
            }
            do throws(OutputFile.Failure) {
                try trace.write()
                return []
            } catch {
                throw Diagnostic(place, "\(shown): \(error.reason)")
            }
        }
        guard let data = companion.contents else {
            return [
                Failure(
                    place, "golden", expected: "a trace in \(shown)", actual: "no such file",
                    hint: "run with --update-golden to write it")
            ]
        }
        // A checkout may have given its lines the ends of another system.
        let expected = String(decoding: data, as: UTF8.self).replacing("\r\n", by: "\n")
        guard expected != actual else { return [] }
        let isOfOneSeed = !file.name.node.namesAVariable || file.name.node.scalarText?.contains("${seed}") == false
        let seed = evidence.run.lab.options.seed
        let other = isOfOneSeed && seed != LabOptions().seed ? seed : nil
        return [Self.difference(expected, actual, shown, place, otherSeed: other)]
    }

    private static func difference(
        _ expected: String, _ actual: String, _ file: String, _ place: Place, otherSeed: UInt64?
    ) -> Failure {
        let (old, new) = (expected.split(separator: "\n"), actual.split(separator: "\n"))
        let line = zip(old, new).prefix { $0 == $1 }.count
        let (was, has) = (line < old.count ? old[line] : "its end", line < new.count ? new[line] : "its end")
        let seeds =
            otherSeed.map {
                "; a trace is of one seed, and this run's is \($0): with ${seed} in its name each seed has its own"
            } ?? ""
        return Failure(
            place, "golden", expected: "line \(line + 1) of \(file): \(was)", actual: String(has),
            hint: "if the new trace is right, run with --update-golden\(seeds)",
            exchange: new[max(0, line - 3)..<min(new.count, line + 2)].joined(separator: "\n"))
    }

    /// Unstable values by kind and number: `<uuid 1>`.
    private static func stable(_ text: String, known: [String: String]) -> String {
        var numbers: [String: Int] = [:]
        var counts: [String: Int] = [:]
        return Likeness.masked(text, known: known) { kind, value in
            guard kind != "time" else { return "<time>" }
            let number: Int
            if let known = numbers[value] {
                number = known
            } else {
                number = counts[kind, default: 0] + 1
                counts[kind] = number
                numbers[value] = number
            }
            return "<\(kind) \(number)>"
        }
    }

    /// What the journal itself calls by such a name. By its looks an id of letters alone is a word, one of digits alone
    /// a number, and of hundreds of nonces one is a word.
    private static func known(in entries: [JournalEntry]) -> [String: String] {
        var known: [String: String] = [:]
        for entry in entries {
            switch entry.event {
            case .token(.issued(let birth)): known[birth.id] = "id"
            case .token(.held(let id, _)), .token(.revoked(let id, _)): known[id] = "id"
            case .transition(let move):
                let words = move.subject.split(separator: " ")
                guard words.count == 2 else { continue }
                switch words[0] {
                case "target", "code", "device": known[String(words[1])] = "id"
                // A name of somebody's choice and ten letters behind it.
                case "gateway": if let id = words[1].split(separator: "-").last { known[String(id)] = "id" }
                default: break
                }
            case .exchange(let exchange):
                for pair in exchange.request.parameters.pairs
                where ["state", "nonce", "code_challenge"].contains(pair.name) && pair.value.utf8.count >= 20
                    && Likeness.masked(pair.value) == pair.value
                { known[pair.value] = "text" }
            default: break
            }
        }
        return known
    }
}
