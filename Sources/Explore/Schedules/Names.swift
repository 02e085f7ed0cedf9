import Harness
import Kernel

/// What `${…}` stands for in the requests of a schedule. They are written once, as a file has them, and filled to be
/// sent.
struct Names: Sendable {
    private var values: [String: String]

    /// The parties' origins, and what else there is.
    init(_ lab: Lab, _ more: [String: String] = [:]) {
        values = more
        for party in Party.served { values["lab.\(party.rawValue)"] = lab.addresses.origin(of: party) }
    }

    subscript(name: String) -> String? {
        get { values[name] }
        set { values[name] = newValue }
    }

    /// A name that nobody gave stays as it stands.
    func filled(_ text: String) -> String {
        var result = ""
        var rest = text[...]
        while let start = rest.range(of: "${"), let end = rest[start.upperBound...].range(of: "}") {
            let name = String(rest[start.upperBound..<end.lowerBound])
            result += rest[..<start.lowerBound]
            result += values[name] ?? "${\(name)}"
            rest = rest[end.upperBound...]
        }
        return result.isEmpty ? String(rest) : "\(result)\(rest)"
    }

    func filled(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(filled(text))
        case .array(let items): .array(items.map { filled($0) })
        case .object(let object): .object(filled(object))
        default: value
        }
    }

    func filled(_ object: JSONObject) -> JSONObject {
        JSONObject(object.members.map { .init($0.name, filled($0.value)) })
    }
}
