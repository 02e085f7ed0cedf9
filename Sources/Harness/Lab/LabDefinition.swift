package import AWSCore
package import AccountServices
package import AuthorizationServer
package import Deploy
package import InboundProvider
package import Kernel
package import LambdaService
package import MCPServer
package import OAuthCore
package import RESTService
package import Scenario

/// What a file under `mocks/labs/` assembles. Read and parsed once, then shared by every lab that is made from it.
package final class LabDefinition: Sendable {
    package let name: String
    package let about: String
    package let region: String
    package let contract: Contract
    package let directory: UserDirectory
    package let inbound: InboundProfile
    /// The clients of the inbound provider as those who use them know them.
    package let clients: [RegisteredClient]
    package let signer: TokenSigner
    /// What stands for private keys in AWS KMS; nil in a lab without.
    package let clientKeys: TokenSigner?
    package let vendor: VendorProfile
    /// Client ids that the vendor's file registers.
    package var applicationIDs: [String] { vendor.applicationIDs }
    /// Every vendor the project has a file for.
    package let vendors: VendorShelf
    package let tools: ToolCatalogue
    /// Functions and REST APIs; none in a lab without these parties.
    package let functions: FunctionCatalogue
    package let apis: RESTCatalogue
    /// Rules that are off and unknowns that are decided in every lab of this definition.
    package let rulesOff: Set<String>
    package let unknowns: [String: String]
    /// Origins of the user's own that a served lab may call, and whether it runs the commands of its functions.
    package let outsideOrigins: [String]
    package let runsCommands: Bool
    /// What the application signs with; nil in a lab whose application does not.
    package let applicationKey: SigV4.Credentials?
    /// How much an account may have.
    package let quotas: AWSSettings.Quotas
    /// Who is known by keys and policies, where signatures or policies count.
    package let access: AccessSettings
    /// What `deploy` knows of CloudFormation.
    package let resourceTypes: ResourceTypes
    let map: HostMap

    private static let standardRegion = "us-east-1"

    /// Reads `mocks/labs/NAME.yaml` and every file it names.
    ///
    /// - Parameters:
    ///   - name: of the file, without its ending.
    ///   - root: folder that holds `mocks/`.
    ///   - looksClosely: whether mistakes are told as well with which a lab would work, though not as it was meant.
    /// - Returns: the definition, to be shared by any number of labs.
    /// - Throws: `Diagnostic` for the first mistake in any of the files.
    package static func load(
        named name: String, root: String, looksClosely: Bool = false
    ) throws(Diagnostic) -> LabDefinition {
        let files = MockFiles(root: root)
        let isPlain = !name.isEmpty && name.utf8.allSatisfy { $0 != UInt8(ascii: "/") && $0 != UInt8(ascii: ".") }
        guard isPlain else {
            let place = Place(Source(name: "mocks/labs", text: ""), line: 1, column: 1)
            throw Diagnostic(place, "a lab's name is the name of a file in mocks/labs, without folder and ending")
        }
        let lab = try files.lab(name)
        files.readAhead(files.named(in: lab) + files.vendorFiles + [LabReader.resourceTypesFile])
        return try LabDefinition(name: name, LabReader(lab, files: files), looksClosely: looksClosely)
    }

    /// The clients of a lab's inbound provider, without reading the rest of the lab.
    static func clientNames(of name: String, root: String) throws(Diagnostic) -> [String] {
        let files = MockFiles(root: root)
        let profile = try files.lab(name)["parties"]?[Party.idp.rawValue]?["profile"]?.scalarText
        guard let profile else { return [] }
        return (try files.json(profile)["clients"]?.array ?? []).compactMap { RegisteredClient($0)?.id }
    }

    private init(name: String, _ reader: LabReader, looksClosely: Bool) throws(Diagnostic) {
        self.name = name
        try reader.checkNames()
        about = try reader.text("about", or: name)
        region = try reader.text("region", or: Self.standardRegion)
        // Half of the work each.
        let parties: PartyFiles
        (contract, parties) = try sideBySide { () throws(Diagnostic) in
            try reader.file("contract") { json in try Contract(json: json) }
        } _: { () throws(Diagnostic) in
            try PartyFiles(reader, looksClosely: looksClosely)
        }
        (directory, inbound, clients) = (parties.directory, parties.inbound, parties.clients)
        (signer, clientKeys) = (parties.signer, parties.clientKeys)
        (vendors, vendor, tools) = (parties.vendors, parties.vendor, parties.tools)
        functions = try reader.file(ofOptional: .lambda, or: .none) { json in try FunctionCatalogue(json: json) }
        apis = try reader.file(ofOptional: .rest, or: .none) { json in try RESTCatalogue(json: json) }
        access = try reader.file(ofOptional: "access", or: .none) { json in try AccessSettings(json: json) }
        quotas = try reader.quotas()
        resourceTypes = try reader.resourceTypes()
        map = try reader.hostMap()
        applicationKey = try reader.applicationKey(access)
        (rulesOff, unknowns) = try reader.switches()
        (outsideOrigins, runsCommands) = try reader.outside()
    }

    /// The switches of one lab: the definition's, then the options'.
    package func switches(with options: LabOptions) throws(SwitchMistake) -> Switches {
        for name in options.rulesOff.sorted() { try SwitchCatalogue.expectRule(name) }
        for name in options.unknowns.keys.sorted() {
            try SwitchCatalogue.expectChoice(options.unknowns[name] ?? "", for: name)
        }
        return Switches(
            off: rulesOff.union(options.rulesOff), chosen: unknowns.merging(options.unknowns) { $1 })
    }

    /// Where parties are reached, and which host leads to which.
    func addresses(for options: LabOptions) -> (AddressBook, HostTable) {
        var hosts = map.table
        for authority in options.hostMap.keys.sorted() {
            if let party = options.hostMap[authority] { hosts.add(authority, party) }
        }
        guard case .served(let served) = options.addressing else { return (map.addresses, hosts) }
        for party in Party.served {
            if let authority = served[party].flatMap({ URLParts($0)?.authority }) { hosts.add(authority, party) }
        }
        // Parties without a port keep their real names.
        let origins = served.merging(Party.inner.map { ($0, map.addresses.origin(of: $0)) }) { own, _ in own }
        let template = "\(origins[.gateway] ?? "")/gateways/{gatewayId}"
        let book = AddressBook(origins: origins, gatewayTemplate: template, realHosts: hosts.single)
        return (book, hosts)
    }
}

/// What the files of those parties say that every lab has.
private struct PartyFiles: Sendable {
    let directory: UserDirectory
    let inbound: InboundProfile
    let clients: [RegisteredClient]
    let signer: TokenSigner
    let clientKeys: TokenSigner?
    let vendors: VendorShelf
    let vendor: VendorProfile
    let tools: ToolCatalogue

    init(_ reader: LabReader, looksClosely: Bool) throws(Diagnostic) {
        directory = try reader.file("users") { json in try UserDirectory(json: json) }
        (inbound, clients) = try reader.file("profile", of: .idp) { json in
            (try InboundProfile(json: json), (json["clients"]?.array ?? []).compactMap(RegisteredClient.init))
        }
        signer = try reader.file("keys", of: .idp) { json in try TokenSigner(keys: json) }
        clientKeys = try reader.keys(of: .aws)
        (vendors, vendor) = try reader.vendors()
        let userMembers = looksClosely ? directory.users.first.map(AuthorizationServer.userMembers) : nil
        tools = try reader.file("profile", of: .mcp) { json in
            try ToolCatalogue(json: json, userMembers: userMembers)
        }
    }
}

/// A client of the inbound provider, from its owner's side: with the secret it was given.
package struct RegisteredClient: Sendable, Hashable {
    package let id: String
    package let secret: Secret?
    package let grants: [String]
    package let scopes: [String]
    /// Whether it signs users in; else it gets tokens for itself alone.
    package var isForUsers: Bool { grants.contains("authorization_code") }
    /// Where its codes go; nil for a native client, whose redirect has any port.
    var redirect: String?

    init?(_ json: JSONValue) {
        guard let id = json["clientId"]?.string else { return nil }
        self.id = id
        secret = json["secret"]?.string.map { Secret($0) }
        grants = json["grantTypes"]?.strings ?? []
        scopes = json["scopes"]?.strings ?? []
    }
}

/// The real hosts of a definition's parties.
struct HostMap: Sendable {
    let table: HostTable
    let addresses: AddressBook
    /// In the order of the file, for `/_local/info`.
    let listed: [(party: Party, hosts: [String])]
}

extension LabDefinition {
    /// The real hosts that each party stands for.
    package var realHosts: [(party: Party, hosts: [String])] { map.listed }
}
