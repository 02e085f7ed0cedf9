import AWSCore
import AccountServices
import Application
import AuthorizationServer
import ControlPlane
import Gateway
import IdentityService
import InboundProvider
import Kernel
import LambdaService
import MCPServer
import OAuthCore
import RESTService
import Scenario

/// The world as each party of one lab sees it.
struct Worlds {
    let clock: VirtualClock
    let entropy: SeededEntropy
    let network: InMemoryNetwork
    let store: Store
    let addresses: AddressBook
    let switches: Switches
    /// Runs the user's own commands; nil in every scenario run.
    var commands: (any CommandRunner)?

    func world(of party: Party) -> World {
        World(
            party: party, clock: PartyClock(clock, for: party), scheduler: PartyClock(clock, for: party),
            entropy: entropy,
            network: network.port(of: party), store: store, addresses: addresses, switches: switches)
    }
}

/// The parties of one lab, each in its own world.
struct Assembly {
    let authorizationServer: AuthorizationServer
    let gate: AccessGate
    let inbound: InboundProvider
    let origins: [(Party, any Origin)]
    let handlers: [Party: any AlarmHandling]
    /// Of parties whose answer to a path that they do not have is like one to another mistake: which paths they have.
    let claims: [Party: @Sendable (String) -> Bool]

    /// The parties themselves know no YAML.
    private static let yaml: AWSSettings.YAMLReader = { (text) throws(AWSSettings.YAMLMistake) in
        do throws(Diagnostic) {
            return try DocumentNode.parse(Source(name: "document", text: text)).json
        } catch {
            throw AWSSettings.YAMLMistake("line \(error.place.line): \(error.message)")
        }
    }

    init(definition: LabDefinition, signer: TokenSigner, worlds: Worlds) {
        let contract = definition.contract
        let principal = ServicePrincipal(proof: worlds.entropy.text(32, from: .base62, for: "service principal"))
        let settings = AWSSettings(
            servicePrincipal: principal, vendorEndpoints: AWSSettings.vendors(at: worlds.addresses),
            region: definition.region, quotas: definition.quotas, began: worlds.clock.now, yaml: Self.yaml)
        gate = AccessGate(
            world: worlds.world(of: .aws), contract: contract, settings: settings, access: definition.access)
        inbound = InboundProvider(
            world: worlds.world(of: .idp), profile: definition.inbound, directory: definition.directory,
            signer: signer, region: definition.region)
        let aws = AWSOrigin(
            contract: contract, gate: gate,
            accounts: AccountServices(world: worlds.world(of: .aws), region: definition.region),
            controlPlane: ControlPlane(world: worlds.world(of: .aws), contract: contract, settings: settings),
            identityService: IdentityService(
                world: worlds.world(of: .aws), contract: contract, settings: settings,
                clientKeys: definition.clientKeys),
            inbound: inbound)
        let callers = AccessGate(
            world: worlds.world(of: .gateway), contract: contract, settings: settings, access: definition.access)
        let gateway = Gateway(world: worlds.world(of: .gateway), settings: settings, signatures: callers)
        authorizationServer = AuthorizationServer(
            world: worlds.world(of: .github), profile: definition.vendor, directory: definition.directory,
            shelf: definition.vendors)
        let mcp = MCPServer(
            world: worlds.world(of: .mcp), catalogue: definition.tools, issuerPath: definition.vendor.issuerPath)
        // Where nobody looks at a signature there is none (ledger `accounts-apart`).
        let application = Application(
            world: worlds.world(of: .app), credentials: gate.isOpen ? nil : definition.applicationKey,
            region: definition.region)
        let functions = LambdaService(
            world: worlds.world(of: .lambda), catalogue: definition.functions, region: definition.region,
            commands: worlds.commands)
        let rest = RESTService(world: worlds.world(of: .rest), catalogue: definition.apis)
        handlers = [.aws: aws, .gateway: gateway, .mcp: mcp]
        claims = [.aws: aws.claims, .gateway: gateway.claims]
        origins = [
            (.aws, aws), (.gateway, gateway), (.idp, inbound), (.github, authorizationServer), (.mcp, mcp),
            (.app, application), (.lambda, functions), (.rest, rest),
        ]
    }
}
