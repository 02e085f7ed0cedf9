/// A mistake in a data file, with the way to it from the top: member names, and numbers of items.
package struct DataMistake: Error, Hashable, Sendable, CustomStringConvertible {
    package let reason: String
    package let path: [String]
    /// Where the last name of the way, or `word`, is none that anybody reads: those that somebody does.
    package let known: [String]
    /// What is wrong at the end of the way, where it is no name on it.
    package let word: String?

    package init(_ reason: String, at path: [String] = [], known: [String] = [], word: String? = nil) {
        self.reason = reason
        self.path = path
        self.known = known
        self.word = word
    }

    package var description: String { path.isEmpty ? reason : "\(path.joined(separator: ".")): \(reason)" }
}

/// A value of a data file that knows the way to it, so that whoever reads it can say where it is wrong.
package struct DataNode: Sendable {
    package let json: JSONValue
    /// Nearly every way is walked and never told, so it is put together only when somebody asks.
    private let way: Way?

    private final class Way: Sendable {
        let parent: Way?
        let name: Name

        enum Name {
            case member(String)
            case item(Int)
        }

        init(_ parent: Way?, _ name: Name) {
            self.parent = parent
            self.name = name
        }

        var path: [String] {
            switch name {
            case .member(let name): (parent?.path ?? []) + [name]
            case .item(let index): (parent?.path ?? []) + ["\(index)"]
            }
        }
    }

    package init(_ json: JSONValue, at path: [String] = []) {
        self.init(json, path.reduce(nil) { Way($0, .member($1)) })
    }

    private init(_ json: JSONValue, _ way: Way?) {
        self.json = json
        self.way = way
    }

    package var path: [String] { way?.path ?? [] }

    /// A member that has a value.
    package subscript(_ name: String) -> DataNode? {
        guard let value = json[name], !value.isNull else { return nil }
        return DataNode(value, Way(way, .member(name)))
    }

    package func mistake(_ reason: String) -> DataMistake { DataMistake(reason, at: path) }

    /// The members of a mapping in their order.
    package func members() throws(DataMistake) -> [(name: String, value: DataNode)] {
        try object().members.map { ($0.name, DataNode($0.value, Way(way, .member($0.name)))) }
    }

    package func items() throws(DataMistake) -> [DataNode] {
        guard let items = json.array else { throw mistake("a list is needed here, this is \(described)") }
        return items.indices.map { DataNode(items[$0], Way(way, .item($0))) }
    }

    package func object() throws(DataMistake) -> JSONObject {
        guard let object = json.object else { throw mistake("a mapping is needed here, this is \(described)") }
        return object
    }

    package func text() throws(DataMistake) -> String {
        guard let text = json.string else { throw mistake("a text is needed here, this is \(described)") }
        return text
    }

    package func texts() throws(DataMistake) -> [String] {
        var texts: [String] = []
        for item in try items() { texts.append(try item.text()) }
        return texts
    }

    package func whole(_ range: ClosedRange<Int>) throws(DataMistake) -> Int {
        guard let number = json.int.flatMap({ Int(exactly: $0) }), range.contains(number) else {
            throw mistake("a whole number from \(range.lowerBound) to \(range.upperBound) is needed here")
        }
        return number
    }

    package func flag() throws(DataMistake) -> Bool {
        guard let flag = json.bool else { throw mistake("true or false is needed here, this is \(described)") }
        return flag
    }

    /// One of some words.
    package func word(of known: [String]) throws(DataMistake) -> String {
        guard let word = json.string, known.contains(word) else {
            throw DataMistake(
                "one of \(known.joined(separator: ", ")) is needed here", at: path, known: known, word: json.string)
        }
        return word
    }

    /// A member that must be there.
    package func require(_ name: String, of what: String) throws(DataMistake) -> DataNode {
        if let value = self[name] { return value }
        _ = try object()
        throw mistake("\(what) needs \"\(name)\"")
    }

    /// Refuses a name that nobody reads.
    package func expect(_ what: String, _ known: [String]) throws(DataMistake) {
        for member in try object().members where !known.contains(member.name) {
            throw DataMistake(
                "\(what) has no member \"\(member.name)\"; it has \(known.joined(separator: ", "))",
                at: path + [member.name], known: known)
        }
    }

    private var described: String { json.isNull ? "nothing" : "of type \(json.typeName)" }
}
