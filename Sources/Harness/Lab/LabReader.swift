import AWSCore
import AccountServices
import AuthorizationServer
import Deploy
import Kernel
import OAuthCore
import Scenario

/// Reads a lab's file. Throws at the first mistake, with its place.
struct LabReader {
    private let root: DocumentNode
    private let files: MockFiles
    private static let members = [
        "about", "region", "contract", "users", "parties", "rules", "unknowns", "outside", "access", "iam",
        "sigv4", "quotas", "use",
    ]
    private static let partyMembers = ["hosts", "each", "profile", "keys", "vendor", "signs-with"]

    init(_ root: DocumentNode, files: MockFiles) {
        self.root = root
        self.files = files
    }

    /// Every name in the file must be one that somebody reads.
    func checkNames() throws(Diagnostic) {
        try Self.expect(root, "a lab", Self.members)
        let parties = try require("parties")
        try Self.expect(parties, "parties", (Party.served + Party.inner).map(\.rawValue))
        for member in parties.members { try Self.expect(member.value, member.name, Self.partyMembers) }
    }

    func text(_ name: String, or standard: String) throws(Diagnostic) -> String {
        guard let node = root[name] else { return standard }
        return try Self.text(node, name)
    }

    /// What a file named in the lab says.
    func file<Value>(
        _ name: String, of party: Party? = nil, _ make: (JSONValue) throws -> Value
    ) throws(Diagnostic) -> Value {
        let node = if let party { try require(name, of: party) } else { try require(name) }
        let path = try Self.text(node, name)
        try files.expectThere(path, namedAt: node.place)
        return try files.parsed(path, make)
    }

    /// What a file named in the lab says; `none` in a lab that names none.
    func file<Value>(
        ofOptional name: String, or none: Value, _ make: (JSONValue) throws -> Value
    ) throws(Diagnostic) -> Value {
        guard root[name] != nil else { return none }
        return try file(name, make)
    }

    /// CloudFormation's resource types: the same in every lab.
    func resourceTypes() throws(Diagnostic) -> ResourceTypes {
        ResourceTypes(json: try files.json(Self.resourceTypesFile))
    }
    static let resourceTypesFile = "cloudformation/types.json"

    /// The vendors there are, and the one whose server this lab has: what `github: {vendor: google}` names, or else
    /// what its profile's file says itself.
    func vendors() throws(Diagnostic) -> (VendorShelf, VendorProfile) {
        let shelf = VendorShelf(try files.vendors())
        guard let node = root["parties"]?[Party.github.rawValue]?["vendor"] else {
            return (shelf, try file("profile", of: .github) { json in try Self.vendor(json) })
        }
        let place: (file: Int, profile: String?)
        do throws(VendorProfileProblem) {
            place = try shelf.place(of: node.scalarText ?? "")
        } catch {
            throw Diagnostic(node.place, error.description)
        }
        return (shelf, try files.parsed(files.vendorFiles[place.file]) { json in try Self.vendor(json, place.profile) })
    }

    static func vendor(_ json: JSONValue, _ profile: String? = nil) throws(DataMistake) -> VendorProfile {
        do throws(VendorProfileProblem) {
            return try VendorProfile(json: json, profile: profile)
        } catch {
            throw error.mistake
        }
    }

    /// `app: {signs-with: AKIA…}`, a key of the lab's `access`.
    func applicationKey(_ access: AccessSettings) throws(Diagnostic) -> SigV4.Credentials? {
        guard let node = root["parties"]?[Party.app.rawValue]?["signs-with"] else { return nil }
        let id = try Self.text(node, "signs-with")
        guard let key = access.key(id) else {
            throw Diagnostic(node.place, "nobody has the key \(id)", hint: "the file under access lists the keys")
        }
        return key.credentials
    }

    func hostMap() throws(Diagnostic) -> HostMap {
        var table = HostTable()
        var origins: [Party: String] = [:]
        var listed: [(party: Party, hosts: [String])] = []
        var template = ""
        for party in Party.served + Party.inner where isServed(party) || root["parties"]?[party.rawValue] != nil {
            var hosts: [String] = []
            for host in try require("hosts", of: party).items ?? [] { hosts.append(try Self.text(host, "a host")) }
            guard let first = hosts.first else {
                throw Diagnostic(try require("hosts", of: party).place, "\(party) needs a list of at least one host")
            }
            for host in hosts { table.add(host, party) }
            origins[party] = "https://\(first)"
            if let each = root["parties"]?[party.rawValue]?["each"], !isServed(party) {
                // Every API has a host name of its own; its id is the first label.
                let pattern = try Self.text(each, "each")
                guard pattern.hasPrefix("{id}.") else { throw Diagnostic(each.place, "each must begin with {id}.") }
                table.add(suffix: String(pattern.dropFirst("{id}".count)), party, prefix: "/_stages/{label}")
                hosts.append(pattern)
            } else if let each = root["parties"]?[party.rawValue]?["each"] {
                let pattern = try Self.text(each, "each")
                guard pattern.hasPrefix("{gatewayId}.") else {
                    throw Diagnostic(each.place, "each must begin with {gatewayId}.")
                }
                template = "https://\(pattern)"
                hosts.append(pattern)
                let suffix = String(pattern.dropFirst("{gatewayId}".count))
                table.add(suffix: suffix, party, prefix: "/gateways/{label}")
            }
            listed.append((party, hosts))
        }
        return HostMap(
            table: table, addresses: AddressBook(origins: origins, gatewayTemplate: template), listed: listed)
    }

    private func isServed(_ party: Party) -> Bool { Party.served.contains(party) }

    /// `outside: {origins: [http://127.0.0.1:9000], commands: on}`: what a served lab may reach of the user's own.
    func outside() throws(Diagnostic) -> (origins: [String], runsCommands: Bool) {
        guard let node = root["outside"] else { return ([], false) }
        try Self.expect(node, "outside", ["origins", "commands"])
        var origins: [String] = []
        for item in try Self.list(node["origins"], "origins") {
            let text = try Self.text(item, "an origin")
            guard let parts = URLParts(text), parts.userInfo == nil, parts.origin == text.lowercased() else {
                throw Diagnostic(item.place, "an origin is scheme, host and port: http://127.0.0.1:9000")
            }
            origins.append(text)
        }
        guard let commands = node["commands"] else { return (origins, false) }
        switch try Self.text(commands, "commands") {
        case "on": return (origins, true)
        case "off": return (origins, false)
        default: throw Diagnostic(commands.place, "commands are on or off")
        }
    }

    /// `quotas: {gateways: 2, targetsPerGateway: 20000}`: how much an account may have.
    func quotas() throws(Diagnostic) -> AWSSettings.Quotas {
        var quotas = AWSSettings.Quotas()
        guard let node = root["quotas"] else { return quotas }
        try Self.expect(node, "quotas", AWSSettings.Quotas.names)
        for member in node.members {
            guard let number = Int(try Self.text(member.value, member.name)), number >= 0 else {
                throw Diagnostic(member.value.place, "\(member.name) is a whole number")
            }
            quotas.set(member.name, number)
        }
        return quotas
    }

    /// The private keys of a party, if the lab gives it some.
    func keys(of party: Party) throws(Diagnostic) -> TokenSigner? {
        guard root["parties"]?[party.rawValue]?["keys"] != nil else { return nil }
        return try file("keys", of: party) { json in try TokenSigner(keys: json) }
    }

    /// What a file named for a party says; `none` in a lab without that party.
    func file<Value>(
        ofOptional party: Party, or none: Value, _ make: (JSONValue) throws -> Value
    ) throws(Diagnostic) -> Value {
        guard root["parties"]?[party.rawValue] != nil else { return none }
        return try file("profile", of: party, make)
    }

    /// `rules: {name: off}` and `unknowns: {name: choice}`.
    func switches() throws(Diagnostic) -> (off: Set<String>, chosen: [String: String]) {
        var off: Set<String> = []
        var chosen: [String: String] = [:]
        for name in ["iam", "sigv4"] {
            guard let node = root[name] else { continue }
            let choice = try Self.text(node, name)
            try Self.at(node) { () throws(SwitchMistake) in try SwitchCatalogue.expectChoice(choice, for: name) }
            chosen[name] = choice
        }
        for member in try Self.mapping(root["rules"], "rules") {
            try Self.at(member.key) { () throws(SwitchMistake) in try SwitchCatalogue.expectRule(member.name) }
            switch try Self.text(member.value, member.name) {
            case "off": off.insert(member.name)
            case "on": break
            default: throw Diagnostic(member.value.place, "a rule is on or off")
            }
        }
        for member in try Self.mapping(root["unknowns"], "unknowns") {
            let choice = try Self.text(member.value, member.name)
            try Self.at(member.key) { () throws(SwitchMistake) in
                try SwitchCatalogue.expectChoice(choice, for: member.name)
            }
            chosen[member.name] = choice
        }
        return (off, chosen)
    }

    private func require(_ name: String) throws(Diagnostic) -> DocumentNode {
        if let node = root[name] { return node }
        throw Diagnostic(root.place, "a lab needs \"\(name)\"")
    }

    private func require(_ name: String, of party: Party) throws(Diagnostic) -> DocumentNode {
        let parties = try require("parties")
        guard let node = parties[party.rawValue] else {
            throw Diagnostic(parties.place, "parties needs \"\(party)\"")
        }
        if let member = node[name] { return member }
        throw Diagnostic(node.place, "\(party) needs \"\(name)\"")
    }

    private static func text(_ node: DocumentNode, _ what: String) throws(Diagnostic) -> String {
        if let text = node.scalarText, !node.isNothing { return text }
        throw Diagnostic(node.place, "\(what) must be a text, this is \(node.typeName)")
    }

    /// Nothing where nothing is said.
    private static func list(_ node: DocumentNode?, _ what: String) throws(Diagnostic) -> [DocumentNode] {
        guard let node else { return [] }
        if let items = node.items { return items }
        throw Diagnostic(node.place, "\(what) must be a list, this is \(node.typeName)")
    }

    private static func mapping(
        _ node: DocumentNode?, _ what: String
    ) throws(Diagnostic) -> [DocumentNode.Member] {
        guard let node else { return [] }
        if node.isMapping { return node.members }
        throw Diagnostic(node.place, "\(what) must be a mapping, this is \(node.typeName)")
    }

    private static func expect(_ node: DocumentNode, _ what: String, _ known: [String]) throws(Diagnostic) {
        guard node.isMapping else {
            throw Diagnostic(node.place, "\(what) must be a mapping, this is \(node.typeName)")
        }
        for member in node.members where !known.contains(member.name) {
            throw Diagnostic(
                member.key.place, "\(what) has no member \"\(member.name)\"",
                hint: Suggestion.hint(for: member.name, among: known))
        }
    }

    private static func at(_ node: DocumentNode, _ check: () throws(SwitchMistake) -> Void) throws(Diagnostic) {
        do throws(SwitchMistake) {
            try check()
        } catch {
            throw Diagnostic(node.place, error.message, hint: error.hint)
        }
    }
}
