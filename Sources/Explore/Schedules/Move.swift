package import Harness
package import Kernel

/// One thing that somebody does. Moves name what they need by its owner, so that any of them can be left out of a
/// schedule: a move that finds nothing to work on does nothing.
package enum Move: Hashable, Sendable {
    case list(String)
    case call(String)
    /// A user opens the newest link of `of`, or the one before, and decides.
    case open(String, of: String, older: Bool, Decision)
    /// The application completes the session of a link with the identity of whoever came back from it.
    case complete(of: String, older: Bool)
    /// Somebody opens the address once more by which a provider gave a code.
    case replay(String, of: String)
    /// Mallory read a code in a browser's history and redeems it at the provider with the client's secret.
    case steal(of: String)
    /// A user signs in again and has a new token.
    case refresh(String)
    /// A user's program uses the refresh token of the sign-in.
    case renew(String)
    case poll
    case pollGateway
    case update(givesTools: Bool)
    case synchronize
    case delete
    /// The administrator changes who is let in: the users' client, or one by which nobody here signs in.
    case updateGateway(letsUsersIn: Bool)
    case deleteGateway
    /// A user opens the vendor's page of grants and ends that of the provider's application.
    case revoke(String)
    case consent(Decision)
    case wait(Span)
    case fault(Trouble)
    /// Somebody tries what must be refused, against or with a user.
    case attack(Attack, String)

    static let users = ["alice", "bob", "mallory"]
    static let spans: [Span] = [.seconds(5), .seconds(61), .seconds(595), .minutes(11), .minutes(61), .minutes(540)]

    /// A schedule of chance.
    static func schedule(_ chance: inout Chance) -> [Move] {
        let length = 4 + chance.below(14)
        return (0..<length).flatMap { _ in
            let move = any(&chance)
            // A gateway with targets is not deleted: half of the time its target goes first.
            return move == .deleteGateway && chance.below(2) == 0 ? [.delete, move] : [move]
        }
    }

    private static func any(_ chance: inout Chance) -> Move {
        let user = chance.pick(users)
        // People mostly act on what is theirs.
        let owner = chance.below(3) > 0 ? user : chance.pick(users)
        switch chance.below(117) {
        case 0..<6: return .list(user)
        case 6..<25: return .call(user)
        case 25..<28: return .renew(user)
        case 28..<48:
            return .open(user, of: owner, older: chance.below(6) == 0, chance.below(4) > 0 ? .approve : .any(&chance))
        case 48..<64: return .complete(of: owner, older: chance.below(6) == 0)
        case 64..<67: return .replay(user, of: owner)
        case 67..<69: return .steal(of: owner)
        case 69..<74: return .refresh(user)
        case 74..<79: return .poll
        case 79..<82: return .update(givesTools: chance.below(2) == 0)
        case 82..<85: return .synchronize
        case 85: return .delete
        case 86..<90: return .consent(chance.below(3) > 0 ? .approve : .any(&chance))
        case 90..<96: return .wait(chance.pick(spans))
        case 96..<100: return .fault(chance.pick(Trouble.all))
        case 100..<110: return .attack(chance.pick(Attack.all), user)
        // Mostly to what it is: where nobody is let in, little can be seen.
        case 110..<112: return .updateGateway(letsUsersIn: chance.below(4) > 0)
        case 112: return .deleteGateway
        case 113: return .pollGateway
        default: return .revoke(user)
        }
    }
}

extension Decision {
    /// Without `wrong-account`: who uses another account on purpose gets that account's token, as they should.
    fileprivate static func any(_ chance: inout Chance) -> Decision {
        chance.pick([.deny, .abandon, .expire, .narrowScopes, .doubleClick, .back])
    }
}

/// Something that goes wrong at an edge between two parties, in the dialect of the one that answers.
package struct Trouble: Hashable, Sendable {
    package let party: Party
    package let operation: String
    /// `answer`, `drop`, …, with its value, as a fault has it.
    package let effect: JSONValue
    let effectName: String

    package var name: String { "trouble-\(party)-\(effectName)" }

    /// It may strike nothing: whoever leaves steps out of a schedule leaves what it was for out too.
    package var json: JSONObject {
        [
            "name": .string(name), "party": .string(party.rawValue), "operation": .string(operation),
            effectName: effect, "first": 1, "may-miss": true,
        ]
    }

    /// What may happen to any exchange.
    static func of(_ party: Party, _ operation: String) -> [Trouble] {
        [
            Trouble(party: party, operation: operation, effect: true, effectName: "drop"),
            Trouble(party: party, operation: operation, effect: true, effectName: "truncate"),
            Trouble(party: party, operation: operation, effect: true, effectName: "duplicate"),
            Trouble(party: party, operation: operation, effect: "90s", effectName: "delay"),
            Trouble(party: party, operation: operation, effect: refusal(of: party, operation), effectName: "answer"),
            Trouble(
                party: party, operation: operation, effect: ["status": 200, "body": "{\"this is\": not JSON"],
                effectName: "answer"),
        ]
    }

    /// How a party says no.
    private static func refusal(of party: Party, _ operation: String) -> JSONValue {
        switch party {
        case .github where operation.hasSuffix("/access_token"):
            ["status": 200, "body": ["error": "bad_verification_code", "error_description": "refused on purpose"]]
        case .github: ["status": 503, "body": ["message": "Service Unavailable"]]
        case .idp where operation.hasPrefix("POST"): ["status": 400, "body": ["error": "invalid_grant"]]
        case .aws:
            [
                "status": 429, "headers": ["x-amzn-ErrorType": "ThrottlingException"],
                "body": ["message": "Rate exceeded"],
            ]
        case .mcp: ["status": 401, "headers": ["WWW-Authenticate": "Bearer error=\"invalid_token\""]]
        default: ["status": 503]
        }
    }

    /// At every edge of the generated flow.
    package static let all: [Trouble] = [
        of(.github, "POST /login/oauth/access_token"), of(.github, "GET /user"), of(.mcp, "POST /mcp"),
        of(.aws, "POST /identities/oauth2/token"), of(.aws, "POST /identities/CompleteResourceTokenAuth"),
        of(.idp, "GET /.well-known/jwks.json"),
    ].flatMap { $0 }
}

/// Numbers of a seed.
struct Chance {
    private let entropy: SeededEntropy

    init(seed: UInt64) { entropy = SeededEntropy(seed: seed) }

    mutating func below(_ count: Int) -> Int {
        let bytes = entropy.bytes(4, for: "schedule")
        return bytes.reduce(0) { ($0 << 8) + Int($1) } % count
    }

    mutating func pick<Item>(_ items: [Item]) -> Item { items[below(items.count)] }
}
