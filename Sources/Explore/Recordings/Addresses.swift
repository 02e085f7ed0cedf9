package import Harness
package import Kernel

/// Names parties in the texts of a recording, so that they mean the lab's own in a scenario.
package struct RecordedAddresses: Sendable {
    private var parties: [String: Party] = [:]
    private var gatewaySuffix = ""

    /// `origins` are those of a served lab or of `--map`; the real hosts of the lab's parties are known.
    package init(_ definition: LabDefinition, origins: [String: Party], portBase: Int) {
        for (party, hosts) in definition.realHosts {
            for host in hosts {
                if let hole = host.range(of: "{gatewayId}") {
                    gatewaySuffix = String(host[hole.upperBound...])
                } else if !host.hasPrefix("{") {
                    parties["https://\(host)"] = party
                    parties["http://\(host)"] = party
                }
            }
        }
        for (offset, party) in Party.served.enumerated() where portBase > 0 {
            parties["http://127.0.0.1:\(portBase + offset)"] = party
            parties["http://localhost:\(portBase + offset)"] = party
        }
        for (origin, party) in origins { parties[origin.lowercased()] = party }
    }

    mutating func learn(_ recording: Recording) {
        for (origin, party) in recording.origins { parties[origin] = party }
    }

    /// The party a URL reaches and the path it sees; nil outside the lab.
    func party(of url: URLText) -> (party: Party, path: String)? {
        if let party = parties[url.origin] { return (party, url.path) }
        guard let gateway = gateway(url.origin) else { return nil }
        return (.gateway, "/gateways/\(gateway)\(url.path)")
    }

    private func gateway(_ origin: String) -> String? {
        let host = origin.replacing("https://", by: "").replacing("http://", by: "")
        guard !gatewaySuffix.isEmpty, host.hasSuffix(gatewaySuffix) else { return nil }
        return String(host.dropLast(gatewaySuffix.count))
    }

    /// A text in which `${lab.aws}` stands for the origin of AWS. A whole URL has its parameters in one notation, so
    /// that the same address is the same text.
    func named(_ text: String) -> String {
        let safe = Self.withoutUsers(text).replacing("${", by: "$${")
        let url = URLText(safe)
        if !url.origin.isEmpty, !safe.contains(" ") || safe.contains("=<") {
            let front: String
            if let (party, path) = party(of: url) {
                front = "${lab.\(party.rawValue)}\(path)"
            } else {
                front = url.origin + url.path
            }
            let fragment = safe.firstIndex(of: "#").map { String(safe[$0...]) } ?? ""
            guard let query = url.query else { return front + fragment }
            return "\(front)?\(Self.encoded(query.pairs.map { ($0.name, named($0.value)) }))\(fragment)"
        }
        guard safe.contains("://") else { return safe }
        var result = safe
        for origin in parties.keys.sorted(by: { ($0.utf8.count, $0) > ($1.utf8.count, $1) }) {
            guard let party = parties[origin], result.contains(origin) else { continue }
            result = Self.replaced(result, origin, "${lab.\(party.rawValue)}")
        }
        return result
    }

    /// A text whose addresses name nobody: `https://user:password@host/` is `https://host/`.
    private static func withoutUsers(_ text: String) -> String {
        guard text.contains("@"), text.contains("://") else { return text }
        var (result, rest) = ("", text)
        while let scheme = rest.range(of: "://") {
            result += rest[..<scheme.upperBound]
            rest = String(rest[scheme.upperBound...])
            let authority = rest.prefix { !"/?#\\\"'<> \n\t".contains($0) }
            if let mark = authority.lastIndex(of: "@") { rest = String(rest[rest.index(after: mark)...]) }
        }
        return result + rest
    }

    /// Not where a longer host or port goes on.
    private static func replaced(_ text: String, _ origin: String, _ name: String) -> String {
        var (result, rest) = ("", text)
        while let place = rest.range(of: origin) {
            let next = rest[place.upperBound...].first
            let goesOn = next.map { $0.isLetter || $0.isNumber || $0 == "." || $0 == ":" || $0 == "-" } ?? false
            result += rest[..<place.lowerBound] + (goesOn ? origin : name)
            rest = String(rest[place.upperBound...])
        }
        return result + rest
    }

    func named(_ value: JSONValue) -> JSONValue {
        switch value {
        case .string(let text): .string(named(text))
        case .array(let items): .array(items.map(named))
        case .object(let object): .object(JSONObject(object.members.map { .init($0.name, named($0.value)) }))
        default: value
        }
    }

    /// A query in which templates stay as they are.
    static func encoded(_ pairs: [(name: String, value: String)]) -> String {
        pairs.map { "\(encoded($0.name))=\(encoded($0.value))" }.joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        var (result, rest) = ("", text)
        while let open = rest.range(of: "${") {
            guard let close = String(rest[open.upperBound...]).place(of: "}") else { break }
            let inner = String(rest[open.upperBound...])
            result += percentEncoded(String(rest[..<open.lowerBound])) + "${\(inner[..<close])}"
            rest = String(inner[inner.index(after: close)...])
        }
        return result + percentEncoded(rest)
    }
}
