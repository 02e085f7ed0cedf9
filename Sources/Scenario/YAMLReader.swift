import Kernel
import Yams

extension DocumentNode {
    /// Reads the one YAML document of a source. Anchors, aliases and merge keys (`<<`) are resolved.
    package static func parse(_ source: Source) throws(Diagnostic) -> DocumentNode {
        guard source.text.utf8.count <= 1_000_000 else {
            throw Diagnostic(Place(source, line: 1, column: 1), "the file is larger than a megabyte")
        }
        try refuseDepth(source)
        let root: Node?
        do {
            // The basic resolver has no patterns to match: types are decided in `DocumentNode.json`.
            root = try Parser(yaml: source.text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch {
            throw diagnostic(error as? YamlError, source)
        }
        guard let root else { throw Diagnostic(Place(source, line: 1, column: 1), "the file is empty") }
        var reader = TreeReader(source: source)
        return try reader.node(root)
    }

    /// Brackets that nest deeper than any scenario needs would exhaust the stack of the parser.
    private static func refuseDepth(_ source: Source) throws(Diagnostic) {
        var depth = 0
        var line = 1
        var text = source.text
        let isTooDeep = text.withUTF8 { bytes in
            for byte in bytes {
                switch byte {
                case UInt8(ascii: "\n"): line += 1
                case UInt8(ascii: "["), UInt8(ascii: "{"):
                    depth += 1
                    if depth > 200 { return true }
                case UInt8(ascii: "]"), UInt8(ascii: "}"): depth = max(0, depth - 1)
                default: continue
                }
            }
            return false
        }
        if isTooDeep { throw Diagnostic(Place(source, line: line, column: 1), "nested too deep") }
    }

    private static func diagnostic(_ error: YamlError?, _ source: Source) -> Diagnostic {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = Place(source, line: mark.line, column: mark.column)
            let text = source.line(mark.line)
            if text.prefix(while: { $0 == " " || $0 == "\t" }).contains("\t") {
                return Diagnostic(place, "a tab cannot indent", hint: "use blanks")
            }
            if problem.contains("another document") {
                return Diagnostic(place, "another document begins here", hint: "a file is one document")
            }
            let slip = YAMLSlip(problem: problem, line: text, column: mark.column)
            let opening = context.map { Place(source, line: $0.mark.line, column: $0.mark.column) }
            return Diagnostic(
                place, "this is no YAML: \(problem)", hint: slip.hint(context?.text ?? "", opening))
        case .duplicatedKeysInMapping(let names, let context):
            return repeated(names.first ?? "", near: context.mark, source)
        case .reader(let problem, _, _, _):
            return Diagnostic(Place(source, line: 1, column: 1), "this is no text: \(problem)")
        default:
            return Diagnostic(Place(source, line: 1, column: 1), "this is no YAML")
        }
    }

    /// The parser names the key and one of its places only: the last line of the same indentation is the repetition.
    private static func repeated(_ name: String, near mark: Mark, _ source: Source) -> Diagnostic {
        // By scalars: with carriage returns, a line's end is one character that is no "\n".
        let lines = source.text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var place = Place(source, line: mark.line, column: mark.column, length: name.count)
        for (index, text) in lines.enumerated().dropFirst(mark.line) {
            let indent = text.prefix { $0 == " " }.count
            if !text.isEmpty, indent < mark.column - 1 { break }
            guard indent == mark.column - 1, text.dropFirst(indent).hasPrefix("\(name):") else { continue }
            place = Place(source, line: index + 1, column: indent + 1, length: name.count)
            break
        }
        return Diagnostic(place, "\"\(name)\" stands twice in the same mapping")
    }
}

/// Turns the parser's tree into ours and counts nodes: an alias inside an alias can multiply without end.
private struct TreeReader {
    let source: Source
    var count = 0
    var depth = 0

    mutating func node(_ node: Node) throws(Diagnostic) -> DocumentNode {
        count += 1
        depth += 1
        defer { depth -= 1 }
        guard count <= 50_000, depth <= 100 else {
            throw Diagnostic(place(of: node.mark), "too many nodes, or nested too deep")
        }
        switch node {
        case .scalar(let scalar):
            let content = DocumentNode.Content.scalar(scalar.string, plain: scalar.style == .plain)
            return DocumentNode(content, at: place(of: scalar.mark, length: Self.width(scalar)))
        case .sequence(let sequence):
            var items: [DocumentNode] = []
            items.reserveCapacity(sequence.count)
            for item in sequence { items.append(try self.node(item)) }
            return DocumentNode(.sequence(items), at: place(of: sequence.mark))
        case .mapping(let mapping):
            return DocumentNode(.mapping(try members(mapping)), at: place(of: mapping.mark))
        case .alias(let alias): throw Diagnostic(place(of: alias.mark), "this alias names no anchor")
        }
    }

    private func place(of mark: Mark?, length: Int = 1) -> Place {
        Place(source, line: mark?.line ?? 1, column: mark?.column ?? 1, length: length)
    }

    private static func width(_ scalar: Node.Scalar) -> Int {
        var text = scalar.string
        return text.withUTF8 { bytes in
            // Code points: every byte but those that go on with one.
            var width = scalar.style == .plain ? 0 : 2
            for byte in bytes {
                guard byte != UInt8(ascii: "\n") else { return 1 }
                if byte & 0xC0 != 0x80 { width += 1 }
            }
            return width
        }
    }

    private mutating func members(_ mapping: Node.Mapping) throws(Diagnostic) -> [DocumentNode.Member] {
        var result: [DocumentNode.Member] = []
        result.reserveCapacity(mapping.count)
        var merged: [DocumentNode.Member] = []
        for (key, value) in mapping {
            let key = try node(key)
            guard let name = key.scalarText else { throw Diagnostic(key.place, "a key must be a text") }
            let value = try node(value)
            if key.isWord("<<") {
                merged += try Self.merged(value)
            } else if result.indices.contains(where: { areSame(result[$0].name, name) }) {
                throw Diagnostic(key.place, "\"\(name)\" stands twice in the same mapping")
            } else {
                result.append(DocumentNode.Member(key: key, name: name, value: value))
            }
        }
        // Of several that bring a name the first counts.
        for member in merged where !result.contains(where: { $0.name == member.name }) { result.append(member) }
        return result
    }

    /// What a merge key brings: a mapping's members, or those of a list of mappings.
    private static func merged(_ value: DocumentNode) throws(Diagnostic) -> [DocumentNode.Member] {
        var members: [DocumentNode.Member] = []
        for item in value.items ?? [value] {
            guard item.isMapping else {
                throw Diagnostic(item.place, "<< takes a mapping or a list of mappings, this is \(item.typeName)")
            }
            members += item.members
        }
        return members
    }
}
