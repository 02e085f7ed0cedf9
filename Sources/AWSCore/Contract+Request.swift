import HTTPTypes
package import Kernel

extension Contract {
    /// An HTTP request as an SDK would build it, unsigned: path labels percent-encoded, query, JSON body.
    ///
    /// Nothing is checked here, so that a scenario can send what a careless client would.
    /// - Throws: `ContractFailure` if there is no such operation.
    package func request(for name: String, input: JSONObject, origin: String) throws -> Request {
        guard let operation = operation(named: name) else { throw ContractFailure("no operation \(name)") }
        var members: [Shape.Member] = []
        if let input = operation.input, case .structure(let list, _) = shapes[input].kind { members = list }
        var path = operation.uri
        var query = Form()
        var body = JSONObject()
        for entry in input.members {
            let member = members.first { $0.name == entry.name }
            switch member?.place {
            case .uri:
                let hole = "{\(member?.wireName ?? "")}"
                path = path.replacing(hole, by: percentEncoded(Self.plain(entry.value)))
            case .query:
                for value in entry.value.array ?? [entry.value] {
                    query.append(member?.wireName ?? "", Self.plain(value))
                }
            case .body, .header, nil:
                let value = member.map { renamed(entry.value, $0.shape, toWire: true) } ?? entry.value
                body.append(member?.wireName ?? entry.name, value)
            }
        }
        let hasBody = operation.method != .get && operation.method != .delete
        let url = query.added(to: origin + path)
        guard hasBody else { return Request(operation.method, url) }
        return Request(operation.method, url, headers: Self.jsonHeaders, json: .object(body))
    }

    /// What a body holds, with the model's names instead of those of the wire.
    package func named(_ body: JSONObject, of operation: Operation) -> JSONObject {
        guard let input = operation.input else { return body }
        return renamed(.object(body), input, toWire: false).object ?? body
    }

    /// A value whose members have their other names; nearly all have but one.
    private func renamed(_ value: JSONValue, _ reference: Shape.Reference, toWire: Bool) -> JSONValue {
        guard renaming.contains(reference) else { return value }
        switch (shapes[reference].kind, value) {
        case (.structure(let members, _), .object(let object)):
            return .object(
                JSONObject(
                    object.members.map { entry in
                        guard let member = members.first(where: { (toWire ? $0.name : $0.wireName) == entry.name })
                        else { return entry }
                        let name = toWire ? member.wireName : member.name
                        return .init(name, renamed(entry.value, member.shape, toWire: toWire))
                    }))
        case (.list(let item), .array(let items)): return .array(items.map { renamed($0, item, toWire: toWire) })
        case (.map(_, let item), .object(let object)):
            return .object(JSONObject(object.members.map { .init($0.name, renamed($0.value, item, toWire: toWire)) }))
        default: return value
        }
    }

    static func renaming(_ shapes: [Shape]) -> Set<Shape.Reference> {
        var found: Set<Shape.Reference> = []
        var isNews = true
        while isNews {
            isNews = false
            for (reference, shape) in shapes.enumerated() where !found.contains(reference) {
                let isOne =
                    switch shape.kind {
                    case .structure(let members, _):
                        members.contains { $0.wireName != $0.name || found.contains($0.shape) }
                    case .list(let item), .map(_, let item): found.contains(item)
                    default: false
                    }
                guard isOne else { continue }
                found.insert(reference)
                isNews = true
            }
        }
        return found
    }

    /// The members that an operation takes below a path of names, in the order of the model. An item of a list has any
    /// name; there are none where the model has no such place, or leaves the names to whoever calls.
    package func members(of name: String, at path: [String] = []) -> [String] {
        guard var place = operation(named: name)?.input else { return [] }
        for name in path {
            switch shapes[place].kind {
            case .structure(let list, _):
                guard let member = list.first(where: { $0.name == name }) else { return [] }
                place = member.shape
            case .list(let item): place = item
            case .map(_, let value): place = value
            default: return []
            }
        }
        guard case .structure(let list, _) = shapes[place].kind else { return [] }
        return list.map(\.name)
    }

    private static let jsonHeaders: HTTPFields = [.contentType: "application/json"]

    private static func plain(_ value: JSONValue) -> String { value.string ?? value.text }
}
