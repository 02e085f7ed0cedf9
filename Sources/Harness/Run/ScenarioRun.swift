package import Kernel
import OAuthCore
package import Scenario
import Synchronization

/// One scenario under way: its lab, its variables, who is signed in.
package final class ScenarioRun: Sendable {
    package let lab: Lab
    /// The inbound provider's client that people use unless a step says otherwise.
    package static let standardClient = "web"
    private let state: Mutex<State>

    private struct State {
        var variables: Variables
        var messages: Int64 = 0
        var clients: [String: AgentClient] = [:]
        /// The client by which a user signed in last.
        var signedIn: [String: String] = [:]
    }

    init(lab: Lab, variables: [String: String]) {
        self.lab = lab
        var initial = Variables(["lab": Self.places(lab), "seed": .int(Int64(clamping: lab.options.seed))])
        for name in variables.keys.sorted() { initial[name] = variables[name].map { .string($0) } }
        state = Mutex(State(variables: initial))
    }

    /// Variables that are there before the first step.
    package static let standardVariables = ["lab", "seed"]

    /// `${lab.app}` and its like: origins of the parties, region and account.
    private static func places(_ lab: Lab) -> JSONValue {
        var places = JSONObject()
        for party in Party.served { places.append(party.rawValue, .string(lab.addresses.origin(of: party))) }
        places.append("region", .string(lab.definition.region))
        places.append("accountId", "000000000000")
        return .object(places)
    }

    package var variables: Variables { state.withLock { $0.variables } }
    package func set(_ name: String, _ value: JSONValue) { state.withLock { $0.variables[name] = value } }
    func keep(_ saves: Saves, from outcome: JSONValue) throws(Diagnostic) {
        var copy = variables
        try saves.keep(from: outcome, in: &copy)
        let kept = copy
        state.withLock { $0.variables = kept }
    }

    package func nextMessageID() -> Int64 {
        state.withLock { state in
            state.messages += 1
            return state.messages
        }
    }

    package func client(of user: String) -> AgentClient {
        state.withLock { state in
            if let client = state.clients[user] { return client }
            let client = AgentClient(user: user, lab: lab)
            state.clients[user] = client
            return client
        }
    }

    /// Who sends: a party by its name, or the program of a user.
    package func party(of name: String, with program: String) -> Party {
        lab.definition.directory.user(named: name) == nil ? PartyName.party(name) : Party("\(name)'s \(program)")
    }

    /// Sends a request; what came of it as `expect` sees it.
    package func send(_ request: Request, from party: Party) async -> JSONValue {
        do throws(NetworkFailure) {
            return .outcome(of: try await lab.network.send(request, from: party))
        } catch {
            return .outcome(of: error)
        }
    }

    /// Signs a user in, or gives what an earlier sign-in by the same client gave.
    package func signIn(_ user: String, client: String, fresh: Bool) async throws -> JSONValue {
        let held = state.withLock { $0.signedIn[user] == client ? $0.variables[user] : nil }
        if let held, !fresh { return held }
        let result = try await lab.signIn(user: user, client: client).json
        state.withLock { state in
            state.signedIn[user] = client
            state.variables[user] = result
        }
        return result
    }

    /// A user's current token; signs the user in first if need be.
    package func accessToken(of user: String) async throws -> String? {
        if let token = variables[user]?["accessToken"]?.string { return token }
        return try await signIn(user, client: Self.standardClient, fresh: false)["accessToken"]?.string
    }

    /// The last answer a party got.
    package func lastAnswer(to party: Party) -> Response? {
        for entry in lab.store.journal().reversed() {
            if case .exchange(let exchange) = entry.event, exchange.from == party,
                case .answered(let response) = exchange.outcome
            {
                return response
            }
        }
        return nil
    }
}

extension Reading {
    /// Everybody who can send a request.
    var people: [String] {
        vocabulary.users.isEmpty ? [] : vocabulary.users + vocabulary.parties + [Party.outside.rawValue]
    }
}
