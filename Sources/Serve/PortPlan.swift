package import Kernel

/// Where each party listens and by which name it is called.
package struct PortPlan: Sendable, Hashable {
    /// `127.0.0.1` unless somebody asked for more.
    package let bindAddress: String
    /// First of seven ports; 0 takes free ones.
    package let base: Int
    package let naming: Naming

    /// The host in a party's origin.
    package enum Naming: Sendable, Hashable {
        /// `http://127.0.0.1:4583`
        case loopback
        /// `http://github.localhost:4583`: cookies ignore ports, so that only names keep parties' cookies apart.
        case partyHosts
        /// A host that others reach this machine by.
        case advertised(String)
    }

    package init(bindAddress: String = "127.0.0.1", base: Int = 4580, naming: Naming = .loopback) {
        self.bindAddress = bindAddress
        self.base = base
        self.naming = naming
    }

    /// The fixed port of a party: base plus its place; 0 for a free one.
    package func port(of party: Party) -> Int {
        guard base > 0, let place = Party.served.firstIndex(of: party) else { return 0 }
        return base + place
    }

    package func origins(ports: [Party: Int]) -> ServedOrigins {
        var byParty: [Party: String] = [:]
        for (party, port) in ports {
            let host =
                switch naming {
                case .loopback: "127.0.0.1"
                case .partyHosts: "\(party).localhost"
                case .advertised(let name): name
                }
            byParty[party] = "http://\(host):\(port)"
        }
        return ServedOrigins(byParty: byParty)
    }

    package func callers(of origins: ServedOrigins) -> CallerGuard {
        CallerGuard(names: Set(origins.byParty.values.compactMap { URLParts($0)?.host }))
    }
}

/// Scheme, host and port of every served party, without final slash.
package struct ServedOrigins: Sendable, Hashable {
    package let byParty: [Party: String]
    package init(byParty: [Party: String]) { self.byParty = byParty }
    package subscript(_ party: Party) -> String { byParty[party] ?? "" }

    /// In the order of the default ports.
    package var all: [(party: Party, origin: String)] {
        Party.served.compactMap { party in byParty[party].map { (party, $0) } }
    }

    /// What an endpoints file says: one object that any program can read.
    package func endpoints(region: String, account: String) -> JSONValue {
        var object = JSONObject(all.map { .init($0.party.rawValue, .string($0.origin)) })
        object["region"] = .string(region)
        object["accountId"] = .string(account)
        return .object(object)
    }
}
