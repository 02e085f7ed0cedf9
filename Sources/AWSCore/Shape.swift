import Kernel

/// A shape of the service model, as far as it constrains an input.
struct Shape: Sendable {
    /// Place of a shape in its contract; shapes may contain themselves.
    typealias Reference = Int

    indirect enum Kind: Sendable {
        case structure([Member], isUnion: Bool)
        case list(Reference)
        case map(key: Reference, value: Reference)
        case string(choices: [String], pattern: Pattern?)
        case integer
        case number
        case boolean
        case timestamp
        /// Any JSON.
        case document
    }

    /// One reference: a walk takes each in hand, and most inputs leave most of them out.
    final class Member: Sendable {
        enum Place: Sendable, Equatable {
            case body
            case uri
            case query
            case header
        }
        let name: String
        /// The name on the wire, where the model gives another.
        let wireName: String
        let place: Place
        let shape: Reference
        let isRequired: Bool

        init(name: String, wireName: String, place: Place, shape: Reference, isRequired: Bool) {
            (self.name, self.wireName, self.place) = (name, wireName, place)
            (self.shape, self.isRequired) = (shape, isRequired)
        }
    }

    let kind: Kind
    /// Bounds of a length, a count or a value.
    let least: Int64?
    let most: Int64?

    init(_ json: JSONValue, find: (String) throws(ContractFailure) -> Reference) throws(ContractFailure) {
        least = json["min"]?.int
        most = json["max"]?.int
        func reference(_ name: String) throws(ContractFailure) -> Reference {
            guard let target = json[name]?.string else { throw ContractFailure("a shape without its \(name)") }
            return try find(target)
        }
        switch json["type"]?.string {
        case "structure":
            kind = .structure(try Self.members(of: json, find: find), isUnion: json["union"]?.bool ?? false)
        case "list": kind = .list(try reference("member"))
        case "map": kind = .map(key: try reference("key"), value: try reference("value"))
        case "string", "blob":
            kind = .string(choices: json["enum"]?.strings ?? [], pattern: try Self.pattern(json["pattern"]?.string))
        case "integer", "long", "short", "byte": kind = .integer
        case "float", "double": kind = .number
        case "boolean": kind = .boolean
        case "timestamp": kind = .timestamp
        case "document": kind = .document
        case let other: throw ContractFailure("unknown type \(other ?? "none")")
        }
    }

    private static func pattern(_ source: String?) throws(ContractFailure) -> Pattern? {
        guard let source else { return nil }
        do throws(Pattern.Unsupported) {
            return try Pattern(source)
        } catch {
            throw ContractFailure("pattern \(error.source): \(error.reason)")
        }
    }

    private static func members(
        of json: JSONValue, find: (String) throws(ContractFailure) -> Reference
    ) throws(ContractFailure) -> [Member] {
        let required = json["required"]?.strings ?? []
        var result: [Member] = []
        for entry in json["members"]?.object?.members ?? [] {
            guard let target = entry.value.string ?? entry.value["shape"]?.string else {
                throw ContractFailure("member \(entry.name) without a shape")
            }
            let place: Member.Place =
                switch entry.value["in"]?.string {
                case "uri": .uri
                case "querystring": .query
                case "header": .header
                default: .body
                }
            result.append(
                Member(
                    name: entry.name, wireName: entry.value["as"]?.string ?? entry.name, place: place,
                    shape: try find(target), isRequired: required.contains(entry.name)))
        }
        return result
    }
}

/// The contract file is broken: our own fault, found when a lab is made.
package struct ContractFailure: Error, Hashable, Sendable, CustomStringConvertible {
    package let reason: String
    init(_ reason: String) { self.reason = reason }
    package var description: String { "contract: \(reason)" }
}
