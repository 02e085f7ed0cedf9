package import Harness
import Kernel
import Scenario

/// A run that somebody else can repeat: one text file with the scenario, what it includes, its lab, its seed, what was
/// turned off, and the trace without secrets.
package struct Capsule: Sendable, Hashable {
    /// The program that wrote it.
    package let version: String
    /// Path of the scenario, and which cell of its matrix.
    package let path: String
    package let cell: String
    package let seed: UInt64
    package let lab: String
    package let rulesOff: [String]
    package let unknowns: [String: String]
    package let variables: [String: String]
    /// What the file reads of the environment and no secret is made of.
    package let environment: [String: String]
    /// Variables and names of the environment whose values are secrets: they were left out.
    package let secretVariables: [String]
    package let secretEnvironment: [String]
    package let verdict: String
    /// What did not hold, a line each.
    package let failures: [String]
    /// The same in all their words, as a report has them; empty in a capsule that was written before they were kept.
    package let wording: String
    /// Texts of the scenario, its fragments and its lab, by their paths.
    package let files: [File]
    /// Hashes of the other mocks, by their paths.
    package let mocks: [String: String]
    package let trace: String

    package struct File: Sendable, Hashable {
        package let path: String
        package let text: String
        package init(path: String, text: String) {
            self.path = path
            self.text = text
        }
    }

    /// Why a text is no capsule.
    package struct Mistake: Error, Hashable, CustomStringConvertible {
        package let description: String
    }

    /// `lab` is the file of the scenario's lab, `mocks` are the others below `mocks/` that it may read, `companions`
    /// what stands beside it.
    package init(_ result: ScenarioResult, version: String, lab: File?, mocks: [File], companions: [File] = []) {
        self.version = version
        (path, cell, seed) = (Self.inside(result.file.path), result.file.cellText, result.seed)
        self.lab = result.file.lab.name
        rulesOff = result.rulesOff.filter { !result.file.lab.rulesOff.contains($0) }
        unknowns = result.settings.unknowns
        let (hidden, omission) = (SecretSources(of: result.file), SecretOmission(result))
        let secret = hidden.variables.union(result.file.secrets.map(\.name))
        let given = result.settings.variables
        variables = given.filter { !secret.contains($0.key) }.mapValues(omission.shown)
        secretVariables = given.keys.filter { secret.contains($0) }.sorted()
        let names = result.file.environment.map(\.name)
        let set = result.settings.environment.filter { names.contains($0.key) }
        environment = set.filter { !hidden.environment.contains($0.key) }.mapValues(omission.shown)
        secretEnvironment = set.keys.filter { hidden.environment.contains($0) }.sorted()
        verdict = result.verdict.rawValue
        failures = result.failures.map { failure in
            let place = failure.place.map { "\($0): " } ?? ""
            return Self.line("\(place)\(failure.sentence)")
        }
        wording = Self.wording(of: result)
        let sources =
            Self.sources(of: result.file).map { File(path: $0.name, text: omission.shown($0)) }
            + companions
        files = sources.map { File(path: Self.inside($0.path), text: $0.text) } + [lab].compactMap { $0 }
        self.mocks = Dictionary(mocks.map { ($0.path, Self.hash($0.text)) }) { first, _ in first }
        trace = Self.trace(of: result)
    }

    /// What a run did, with what it undid before.
    package static func trace(of result: ScenarioResult) -> String {
        (result.chapters.map { TraceText($0, secrets: result.secrets).rendered } + [result.trace.rendered]).joined()
    }

    package static func hash(_ text: String) -> String { String(hash64(text), radix: 16) }

    /// A path as it is in a capsule's own folder, wherever the scenario stood.
    static func inside(_ path: String) -> String {
        path.split(separator: "/").filter { $0 != ".." && $0 != "." }.joined(separator: "/")
    }

    /// The scenario and everything that it takes steps from.
    static func sources(of file: ScenarioFile) -> [Source] {
        var sources = [file.source]
        func add(_ source: Source) {
            if !sources.contains(where: { $0.name == source.name }) { sources.append(source) }
        }
        func add(_ steps: [PlacedStep]) {
            for placed in steps {
                add(placed.place.source)
                for block in placed.step.blocks { add(block.steps) }
            }
        }
        for given in file.given {
            add(given.fragment.source)
            add(given.fragment.steps)
        }
        add(file.steps)
        add(file.finally)
        return sources
    }

    /// What takes the place of a secret that was left out: letters that may stand in a host, in a path and in every
    /// name, so that whatever was done with the secret can be done with it. A host is in lower case.
    package static func standIn(for name: String) -> String {
        let letters = name.lowercased().map { letter in
            letter.isASCII && (letter.isLetter || letter.isNumber || letter == ".") ? letter : "-"
        }
        return "secret-\(String(letters))"
    }

    private static func line(_ text: String) -> String {
        text.split(whereSeparator: \.isNewline).joined(separator: " ")
    }
}

// The text: a head of `name: value` lines, then files between marks, as in Go's txtar.
extension Capsule {
    private static let mark = "agentcore-local capsule 1"

    package var text: String {
        var head = [
            Self.mark, "version: \(version)", "scenario: \(path)", "cell: \(cell)", "seed: \(seed)", "lab: \(lab)",
            "verdict: \(verdict)",
        ]
        head += rulesOff.map { "rule-off: \($0)" }
        head += unknowns.keys.sorted().map { "unknown: \($0)=\(unknowns[$0] ?? "")" }
        head += variables.keys.sorted().map { "variable: \($0)=\(Self.written(variables[$0] ?? ""))" }
        head += environment.keys.sorted().map { "environment: \($0)=\(Self.written(environment[$0] ?? ""))" }
        head += secretVariables.map { "secret-variable: \($0)" } + secretEnvironment.map { "secret-environment: \($0)" }
        head += failures.map { "failure: \($0)" }
        head += mocks.keys.sorted().map { "mock: \(mocks[$0] ?? "") \($0)" }
        var parts = [head.joined(separator: "\n")]
        for file in files + [File(path: Self.wordingMark, text: wording), File(path: "trace", text: trace)] {
            let lines = file.text.split(separator: "\n", omittingEmptySubsequences: false).count
            parts.append("-- \(file.path) \(lines) --\n\(file.text)")
        }
        let body = parts.joined(separator: "\n")
        return "\(body)\n-- hash \(Self.hash(body)) --\n"
    }

    /// A value on one line; in quotes if it would not be one otherwise.
    private static func written(_ value: String) -> String {
        value.contains(where: \.isNewline) || value.hasPrefix("\"") ? JSONValue.string(value).text : value
    }

    private static func read(_ text: String) -> String {
        guard text.hasPrefix("\""), let value = try? JSONValue(parsing: text) else { return text }
        return value.string ?? text
    }

    /// - Throws: `Mistake` for a text that is no capsule, or not any more what was written.
    package init(text: String) throws(Mistake) {
        guard text.hasPrefix("\(Self.mark)\n") else { throw Mistake(description: "this is no capsule") }
        let all = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        guard let end = all.lastIndex(where: { $0.hasPrefix("-- hash ") }) else {
            throw Mistake(description: "the capsule has no end: a part of it is missing")
        }
        let body = all[..<end].joined(separator: "\n")
        guard all[end] == "-- hash \(Self.hash(body)) --" else {
            throw Mistake(description: "the capsule was changed after it was written: its hash is another one")
        }
        var lines = all[1..<end]
        var head: [(name: String, value: String)] = []
        while let line = lines.first, !line.hasPrefix("-- ") {
            lines.removeFirst()
            let parts = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
            let value = parts.count > 1 ? String(parts[1].dropFirst()) : ""
            head.append((String(parts[0]), value))
        }
        var files: [File] = []
        while let line = lines.popFirst() {
            let words = line.split(separator: " ").map(String.init)
            guard words.count >= 4, words[0] == "--", let count = Int(words[words.count - 2]), count >= 0,
                count <= lines.count
            else { throw Mistake(description: "the capsule has a part without a beginning: \(line)") }
            let name = words[1..<(words.count - 2)].joined(separator: " ")
            files.append(File(path: name, text: lines.prefix(count).joined(separator: "\n")))
            lines = lines.dropFirst(count)
        }
        func value(_ name: String) -> String { head.first { $0.name == name }?.value ?? "" }
        func values(_ name: String) -> [String] { head.filter { $0.name == name }.map(\.value) }
        func pairs(_ name: String) -> [String: String] {
            let pairs = values(name).compactMap { text -> (String, String)? in
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                return parts.count == 2 ? (String(parts[0]), Self.read(String(parts[1]))) : nil
            }
            return Dictionary(pairs) { first, _ in first }
        }
        guard let seed = UInt64(value("seed")), let trace = files.popLast(), trace.path == "trace" else {
            throw Mistake(description: "the capsule has no seed or no trace")
        }
        (version, path, cell, self.seed) = (value("version"), value("scenario"), value("cell"), seed)
        (lab, verdict, failures) = (value("lab"), value("verdict"), values("failure"))
        (rulesOff, unknowns, variables) = (values("rule-off"), pairs("unknown"), pairs("variable"))
        environment = pairs("environment")
        (secretVariables, secretEnvironment) = (values("secret-variable"), values("secret-environment"))
        wording = files.last?.path == Self.wordingMark ? files.removeLast().text : ""
        let hashes = values("mock").compactMap { text -> (String, String)? in
            let parts = text.split(separator: " ", maxSplits: 1)
            return parts.count == 2 ? (String(parts[1]), String(parts[0])) : nil
        }
        mocks = Dictionary(hashes) { first, _ in first }
        self.files = files
        self.trace = trace.text
    }

    /// What is not as it was, in words; nothing if every byte is the same. `standIns` are names of secrets that nobody
    /// gave.
    package func differences(
        from result: ScenarioResult, version: String, mocks here: [File], standIns: [String] = []
    ) -> [String] {
        var differences: [String] = []
        if result.verdict.rawValue != verdict {
            differences.append("the verdict is \(result.verdict.rawValue), it was \(verdict)")
        }
        let now = Self.trace(of: result)
        if now != trace { differences.append(Self.firstDifference(of: "the trace differs", trace, now)) }
        let words = Self.wording(of: result)
        if words != wording, !wording.isEmpty, !words.isEmpty {
            differences.append(Self.firstDifference(of: "what failed is told in other words", wording, words))
        }
        guard !differences.isEmpty else { return [] }
        // What may be the cause comes after what was seen.
        if version != self.version {
            differences.append("this is version \(version), it was written by \(self.version)")
        }
        differences += standIns.map { "the secret \($0) was left out of the capsule, a stand-in took its place" }
        return differences + strangers(among: here)
    }

    /// Mocks that are not here as they were there: for want of them nothing may be readable.
    package func strangers(among here: [File]) -> [String] {
        let known = Dictionary(here.map { ($0.path, Self.hash($0.text)) }) { first, _ in first }
        return mocks.keys.sorted().filter { known[$0] != mocks[$0] }.map { path in
            "\(path) \(known[path] == nil ? "is missing" : "is another one") here"
        }
    }

    private static func firstDifference(of what: String, _ old: String, _ new: String) -> String {
        let (before, after) = (old.split(separator: "\n"), new.split(separator: "\n"))
        for index in 0..<max(before.count, after.count) {
            let left = index < before.count ? String(before[index]) : "nothing more"
            let right = index < after.count ? String(after[index]) : "nothing more"
            if left != right { return "\(what) at line \(index + 1)\n  was: \(left)\n  is:  \(right)" }
        }
        return "\(what) in the line ends"
    }
}
