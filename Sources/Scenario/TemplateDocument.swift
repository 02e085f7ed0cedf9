import Kernel
import Yams

// CloudFormation writes its functions as tags in YAML: `!Ref Name` is `{Ref: Name}` (AWS CloudFormation user guide,
// "Intrinsic function reference").

extension DocumentNode {
    /// Reads a CloudFormation template, YAML or JSON; a tag becomes the mapping it is short for.
    ///
    /// - Throws: `Diagnostic` for what is neither, and for a tag that is no function.
    package static func parseTemplate(_ source: Source) throws(Diagnostic) -> DocumentNode {
        // JSON may be indented with tabs, YAML may not.
        let text = source.text.first { !$0.isWhitespace } == "{" ? source.text.replacing("\t", by: " ") : source.text
        let plain = try DocumentNode.parse(Source(name: source.name, text: text))
        guard text.range(of: "!") != nil else { return plain }
        let root: Node?
        do {
            root = try Parser(yaml: text, resolver: .basic, encoding: .utf8).singleRoot()
        } catch {
            throw Diagnostic(plain.place, "this is no YAML")
        }
        guard let root else { return plain }
        return try tagged(plain, root, source)
    }

    private static func tagged(
        _ plain: DocumentNode, _ node: Node, _ source: Source
    ) throws(Diagnostic) -> DocumentNode {
        var result = plain
        switch (plain.content, node) {
        case (.sequence(let items), .sequence(let nodes)) where items.count == nodes.count:
            var read: [DocumentNode] = []
            for (item, node) in zip(items, nodes) { read.append(try tagged(item, node, source)) }
            result = DocumentNode(.sequence(read), at: plain.place)
        case (.mapping(let members), .mapping(let mapping)):
            var read: [Member] = []
            for member in members {
                // What a merge key brought has no node of its own here; it is read as it is.
                guard let value = mapping.first(where: { $0.key.string == member.name })?.value else {
                    read.append(member)
                    continue
                }
                let node = try tagged(member.value, value, source)
                read.append(Member(key: member.key, name: member.name, value: node))
            }
            result = DocumentNode(.mapping(read), at: plain.place)
        default: break
        }
        return try unfolded(result, tag: explicitTag(node))
    }

    private static func explicitTag(_ node: Node) -> String? {
        let tag =
            switch node {
            case .scalar(let scalar): scalar.tag
            case .sequence(let sequence): sequence.tag
            case .mapping(let mapping): mapping.tag
            case .alias(let alias): alias.tag
            }
        let name = tag.rawValue
        return name.hasPrefix("!") && name.count > 1 ? String(name.dropFirst()) : nil
    }

    private static let functions: Set<String> = [
        "And", "Base64", "Cidr", "Contains", "EachMemberEquals", "EachMemberIn", "Equals", "FindInMap", "GetAZs",
        "GetAtt", "If", "ImportValue", "Join", "Length", "Not", "Or", "RefAll", "Select", "Split", "Sub",
        "ToJsonString", "Transform", "ValueOf", "ValueOfAll",
    ]

    private static func unfolded(_ node: DocumentNode, tag: String?) throws(Diagnostic) -> DocumentNode {
        guard let tag else { return node }
        guard tag == "Ref" || tag == "Condition" || functions.contains(tag) else {
            throw Diagnostic(
                node.place, "!\(tag) is no function of CloudFormation",
                hint: Suggestion.hint(for: tag, among: functions.sorted() + ["Ref", "Condition"]))
        }
        let name = tag == "Ref" || tag == "Condition" ? tag : "Fn::\(tag)"
        var argument = node
        // `!GetAtt Role.Arn` is a list in the long form.
        if tag == "GetAtt", let text = node.scalarText, let dot = text.place(of: ".") {
            let parts = [String(text[..<dot]), String(text[text.index(after: dot)...])]
            argument = DocumentNode(
                .sequence(parts.map { DocumentNode(.scalar($0, plain: false), at: node.place) }), at: node.place)
        }
        let key = DocumentNode(.scalar(name, plain: false), at: node.place)
        return DocumentNode(.mapping([Member(key: key, name: name, value: argument)]), at: node.place)
    }
}
