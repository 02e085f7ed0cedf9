import Foundation
import Kernel
import Scenario
import Synchronization

/// Reads the data files of a lab. Each mistake in one is a `Diagnostic` at its place.
struct MockFiles {
    /// Folder that holds `mocks/`.
    let root: String
    private let folder: Enclosure
    private let known = Known()

    init(root: String) {
        self.root = root
        folder = Enclosure("\(root)/mocks")
    }

    /// What was read already, by path: mistakes too, until somebody asks for the file.
    private final class Known: Sendable {
        let files = Mutex<[String: Result<JSONValue, Diagnostic>]>([:])
    }

    /// Reads files side by side, as many as there are cores: most of the time until a lab is there goes by here.
    func readAhead(_ paths: [String]) {
        DispatchQueue.concurrentPerform(iterations: paths.count) { _ = try? json(paths[$0]) }
    }

    /// A YAML file below `mocks/`, with its marks.
    func document(_ path: String) throws(Diagnostic) -> DocumentNode { try DocumentNode.parse(source(path)) }

    /// A YAML or JSON file below `mocks/`, without marks.
    func json(_ path: String) throws(Diagnostic) -> JSONValue {
        if let known = known.files.withLock({ $0[path] }) { return try known.get() }
        let result: Result<JSONValue, Diagnostic>
        do throws(Diagnostic) {
            result = .success(try readJSON(path))
        } catch {
            result = .failure(error)
        }
        known.files.withLock { $0[path] = result }
        return try result.get()
    }

    private func readJSON(_ path: String) throws(Diagnostic) -> JSONValue {
        let source = try source(path)
        guard path.hasSuffix(".json") else {
            let ready = folder.existing("\(root)/mocks/\(ReadyFiles.path(of: path))")
                .flatMap { FileManager.default.contents(atPath: $0) }
            if let value = ReadyFiles.value(ready, of: source.text) { return value }
            return try DocumentNode.parse(source).json
        }
        do throws(JSONFailure) {
            return try JSONValue(parsing: source.text)
        } catch {
            throw Diagnostic(Self.place(ofByte: error.offset, in: source), "this is no JSON: \(error.reason)")
        }
    }

    /// Makes a party's data from a file. What the party has against it stands where the mistake says, or else at the
    /// file's first line.
    func parsed<Value>(_ path: String, _ make: (JSONValue) throws -> Value) throws(Diagnostic) -> Value {
        let json = try json(path)
        do {
            return try make(json)
        } catch let error as Diagnostic {
            throw error
        } catch let error as DataMistake where !path.hasSuffix(".json") {
            let near = (error.word ?? error.path.last).flatMap { Suggestion.nearest(to: $0, among: error.known) }
            throw Diagnostic(
                Self.place(of: error.path, in: try document(path), isValue: error.word != nil), error.reason,
                hint: near.map { "did you mean \"\($0)\"?" })
        } catch {
            throw Diagnostic(Place(Source(name: "mocks/\(path)", text: ""), line: 1, column: 1), "\(error)")
        }
    }

    /// The node a mistake means, or what of the way to it there is.
    private static func place(of path: [String], in document: DocumentNode, isValue: Bool) -> Place {
        var node = document
        for (index, name) in path.enumerated() {
            if let member = node.members.first(where: { $0.name == name }) {
                // The value may stand elsewhere, where an anchor is; a name stands where it is wrong.
                if index == path.count - 1, !isValue { return member.key.place }
                node = member.value
            } else if let items = node.items, let place = Int(name), items.indices.contains(place) {
                node = items[place]
            }
        }
        return node.place
    }

    /// - Throws: `Diagnostic` at the place that names a file which is not there, with one that is like it.
    func expectThere(_ path: String, namedAt place: Place) throws(Diagnostic) {
        guard !FileManager.default.fileExists(atPath: "\(root)/mocks/\(path)") else { return }
        let folder = path.split(separator: "/").dropLast().joined(separator: "/")
        let beside = names(in: folder).map { folder.isEmpty ? $0 : "\(folder)/\($0)" }
        throw Diagnostic(
            place, "there is no file mocks/\(path)", hint: Suggestion.hint(for: path, among: beside))
    }

    /// Names of the files in a folder below `mocks/`, sorted.
    func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: "\(root)/mocks/\(folder)")) ?? []).sorted()
    }

    private func source(_ path: String) throws(Diagnostic) -> Source {
        let name = "mocks/\(path)"
        let start = Place(Source(name: name, text: ""), line: 1, column: 1)
        guard FileManager.default.fileExists(atPath: "\(root)/\(name)") else {
            throw Diagnostic(start, "there is no file \(name)")
        }
        guard let place = folder.existing("\(root)/\(name)") else {
            throw Diagnostic(start, "\(name) leads out of the folder mocks")
        }
        guard let data = FileManager.default.contents(atPath: place) else {
            throw Diagnostic(start, "\(name) cannot be read")
        }
        guard let text = String(bytes: data, encoding: .utf8) else {
            throw Diagnostic(Place(Source(name: name, text: ""), line: 1, column: 1), "the file is no UTF-8 text")
        }
        return Source(name: name, text: text)
    }

    private static func place(ofByte offset: Int, in source: Source) -> Place {
        let before = source.text.utf8.prefix(offset)
        let line = before.filter { $0 == UInt8(ascii: "\n") }.count + 1
        let column = before.reversed().prefix { $0 != UInt8(ascii: "\n") }.count + 1
        return Place(source, line: line, column: column)
    }
}
