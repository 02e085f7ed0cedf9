import Kernel
import Synchronization

/// The fragments that several scenarios share. Each is read once, however many scenarios begin with it.
package final class FragmentShelf: Sendable {
    package let names: [String]
    /// Text of a fragment by its name, or by its path beside a file; nil if there is none.
    private let source: @Sendable (_ name: String, _ from: String) -> Source?
    private let read = Mutex<[String: (Fragment?, [Diagnostic])]>([:])

    package init(names: [String] = [], source: @escaping @Sendable (_ name: String, _ from: String) -> Source?) {
        self.names = names
        self.source = source
    }

    /// The fragment, and what is wrong with it.
    func fragment(_ name: String, from file: String, _ reading: Reading) -> (Fragment?, [Diagnostic])? {
        // One of the names is the same for every file; its text is not even looked for twice.
        if names.contains(name), let known = read.withLock({ $0[name] }) { return known }
        guard let source = source(name, file) else { return nil }
        if let known = read.withLock({ $0[source.name] }) ?? reading.wrong.find(source.name) { return known }
        var inner = Reading(reading.vocabulary, fragments: self, file: source.name)
        inner.path = reading.path + [source.name]
        inner.wrong = reading.wrong
        let fragment = Fragment.read(source, &inner)
        let result = (inner.diagnostics.isEmpty ? fragment : nil, inner.diagnostics)
        // What was read inside itself is known to be wrong only there.
        if inner.path.count == 1 || inner.diagnostics.isEmpty {
            read.withLock { read in
                read[source.name] = result
                if names.contains(name) { read[name] = result }
            }
        } else if !reading.path.contains(source.name) {
            reading.wrong.note(source.name, result.1)
        }
        return result
    }
}

/// The fragments that are wrong as one file includes them: each is read once for it, on however many ways they lead to
/// each other.
final class WrongFragments: Sendable {
    private let found = Mutex<[String: [Diagnostic]]>([:])

    func find(_ name: String) -> (Fragment?, [Diagnostic])? { found.withLock { $0[name] }.map { (nil, $0) } }
    func note(_ name: String, _ mistakes: [Diagnostic]) { found.withLock { $0[name] = mistakes } }
}

extension Reading {
    /// The most steps of a file. Ten fragments that name each other ten times would bring ten thousand million.
    private static let mostSteps = 10_000

    /// A fragment by its name: one of this file, or one on the shelf.
    package mutating func fragment(_ name: String, at place: Place) -> Fragment? {
        guard let fragment = found(name, at: place) else { return nil }
        stepCount += fragment.stepCount
        guard stepCount > Self.mostSteps else { return fragment }
        lacksAFragment = true
        // Once: whatever stands below is too much as well.
        if !isTooLong {
            report(
                place, "with the fragment \"\(name)\" these are more than \(Self.mostSteps) steps",
                hint: "a fragment's steps count each time it is named, and so do those of the fragments in it")
        }
        isTooLong = true
        return nil
    }

    private mutating func found(_ name: String, at place: Place) -> Fragment? {
        if let own = own[name] {
            used.insert(name)
            return own
        }
        if declared.contains(name), let reads {
            lacksAFragment = true
            used.insert(name)
            if name == reads {
                report(place, "a fragment cannot include itself: \(name)")
            } else {
                report(
                    place, "the fragment \"\(name)\" stands below",
                    hint: "it is known from there on: put it before \"\(reads)\"")
            }
            return nil
        }
        guard let shelf, let source = shelf.fragment(name, from: file, self) else {
            lacksAFragment = true
            // It may be any of them that is meant.
            used.formUnion(own.keys)
            if let surroundings = vocabulary.surroundings, surroundings.others("\(name).yaml", file) == nil {
                report(place, "there is no fragment \"\(name)\"", hint: "did you mean \"\(name).yaml\"?")
                return nil
            }
            let known = own.keys.sorted() + (shelf?.names ?? [])
            let near = Suggestion.nearest(to: name, among: known).map { "did you mean \"\($0)\"?" }
            let all = known.isEmpty ? nil : "known: \(known.joined(separator: ", "))"
            report(place, "there is no fragment \"\(name)\"", hint: near ?? all)
            return nil
        }
        for diagnostic in source.1 { report(diagnostic) }
        if source.0 == nil { lacksAFragment = true }
        for sender in source.0?.senders ?? [] { note(sender: sender) }
        return source.0
    }

    /// The first fragment of the shelf after which there is a variable of that name.
    func fragment(saving variable: String) -> String? {
        func saves(_ steps: [PlacedStep]) -> Bool {
            steps.contains { placed in
                placed.step.defines.contains(variable)
                    || placed.step.blocks.contains { $0.keeps && saves($0.steps) }
            }
        }
        return shelf?.names.first { name in
            shelf?.fragment(name, from: file, self)?.0.map { saves($0.steps) } ?? false
        }
    }

    /// The values that a scenario gives a fragment.
    package mutating func overrides(
        _ node: DocumentNode?, of fragment: Fragment, named name: String
    ) -> [(name: String, value: DocumentNode)] {
        guard let node else { return [] }
        _ = node.members("fragment \"\(name)\"", known: fragment.defaults.map(\.name), &self)
        return node.members.map { ($0.name, $0.value) }
    }
}

extension Fragment {
    private static let members = FileShape.fragment.map(\.name)

    static func read(_ source: Source, _ reading: inout Reading) -> Fragment? {
        if reading.path.dropLast().contains(source.name) {
            let way = reading.path.joined(separator: " includes ")
            reading.report(Place(source, line: 1, column: 1), "a fragment cannot include itself: \(way)")
            return nil
        }
        do throws(Diagnostic) {
            let root = try DocumentNode.parse(source)
            guard let members = root.members("a fragment", known: Self.members, &reading) else { return nil }
            let title = members.require("fragment", &reading)?.text(&reading, as: "fragment") ?? ""
            return read(members, title: title, source, &reading)
        } catch {
            reading.report(error)
            return nil
        }
    }

    /// A fragment that stands in the scenario itself, under its name.
    static func read(own node: DocumentNode, named name: String, _ reading: inout Reading) -> Fragment? {
        guard let members = node.members("fragment \"\(name)\"", known: FileShape.ownFragment.map(\.name), &reading)
        else {
            return nil
        }
        let title = members["about"]?.text(&reading, as: "about") ?? name
        return read(members, title: title, node.place.source, &reading)
    }

    private static func read(
        _ members: Members, title: String, _ source: Source, _ reading: inout Reading
    ) -> Fragment {
        if let with = members["with"], !with.isMapping {
            reading.report(with.place, "with must be a mapping of names to values")
        }
        let defaults = members["with"]?.members ?? []
        for member in defaults { reading.expectVariableName(member.name, at: member.key.place) }
        let before = reading.stepCount
        let steps = members.require("steps", &reading).map { reading.steps($0, of: "steps") } ?? []
        return Fragment(
            source: source, title: title, defaults: defaults.map { ($0.name, $0.value) }, steps: steps,
            stepCount: reading.stepCount - before, senders: reading.senders)
    }
}
