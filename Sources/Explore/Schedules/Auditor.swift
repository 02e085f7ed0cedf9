import HTTPTypes
package import Harness
package import Kernel
import OAuthCore

/// Reads a journal as it grows and says which invariants did not hold. It looks at what was sent and answered, never
/// into a party.
package struct Auditor: Sendable {
    private let directory: UserDirectory
    /// Whether a session belongs to the very token that began it (unknown `binding.mode`).
    private let bindsToken: Bool
    private static let lifetime = Span.minutes(10)
    /// A token may be taken a minute late: clocks differ.
    static let leeway = Span.seconds(60)

    private var births: [String: TokenBirth] = [:]
    private var identities: [String: Starter] = [:]
    private var sessions: [String: Session] = [:]
    /// Who completed a session, by provider.
    private var completed: Set<String> = []
    private var redeemed: [String: Int] = [:]
    private var freshTokens: [TokenBirth] = []
    /// Sessions that were bound and of which no call yet says by whom.
    private var freshlyBound: Set<String> = []
    var status: [String: String] = [:]
    /// Targets that became READY and of which nothing yet says where their tools are from.
    private var bare: [(target: String, sequence: Int)] = []
    private var hasCrawled = false
    /// Clients that a gateway lets in, and since when; without a row for one of which that cannot be known.
    var letIn: [String: (clients: [String], since: Instant)] = [:]
    var deleted: Set<String> = []
    /// Tokens that were ended, and when.
    var revoked: [String: Instant] = [:]
    /// Whose next answer is a fault's, which serves nobody.
    var faulted: Party?
    package private(set) var edges: Set<Edge> = []

    package init(lab: Lab) {
        directory = lab.definition.directory
        bindsToken = lab.choice(of: "binding.mode") != "sub"
    }

    /// Who began a session, or asks for a token.
    private enum Starter: Hashable {
        case token(String)
        case id(String)

        var subject: String {
            switch self {
            case .id(let id): return "id \(id)"
            case .token(let jwt):
                guard let claims = DecodedToken(jwt)?.claims else { return "token" }
                return "\(claims["iss"]?.string ?? "") \(claims["sub"]?.string ?? "")"
            }
        }
    }

    private struct Session {
        let starter: Starter
        let provider: String
        let began: Instant
    }

    /// Entries after those read before, oldest first.
    package mutating func read(_ entries: [JournalEntry]) -> [Violation] {
        var found: [Violation] = []
        for entry in entries {
            switch entry.event {
            case .transition(let move): found += read(move, entry)
            case .token(.issued(let birth)):
                births[birth.id] = birth
                if birth.issuer == .github, birth.kind == "access_token" { freshTokens.append(birth) }
                found += countRedemption(birth, entry)
            case .token(.revoked(let id, _)): revoked[id] = entry.at
            case .fault(_, let party): faulted = party
            case .exchange(let exchange):
                found += read(exchange, entry)
                if exchange.to == faulted { faulted = nil }
            default: break
            }
        }
        return found
    }

    private mutating func read(_ move: Transition, _ entry: JournalEntry) -> [Violation] {
        let edge = Edge(move)
        guard edge.isKnownKind else { return [] }
        edges.insert(edge)
        if edge.kind == "session", move.to == "BOUND" {
            freshlyBound.insert(String(move.subject.dropFirst("session ".count)))
        }
        if edge.kind == "target" {
            let target = String(move.subject.dropFirst("target ".count))
            status[target] = move.to
            if ["CREATING", "UPDATING", "SYNCHRONIZING"].contains(move.to) { hasCrawled = false }
            if move.to == "READY", !hasCrawled { bare.append((target, entry.sequence)) }
        }
        if edge.kind == "gateway" {
            let gateway = String(move.subject.dropFirst("gateway ".count))
            status[gateway] = move.to
            if move.to == "DELETING" { deleted.insert(gateway) }
        }
        guard !Edge.legal.contains(edge) else { return [] }
        return [
            Violation(invariant: .legalEdges, sequence: entry.sequence, text: "\(edge), because of \(move.cause)")
        ]
    }

    private mutating func countRedemption(_ birth: TokenBirth, _ entry: JournalEntry) -> [Violation] {
        guard birth.kind == "access_token", let parent = birth.parent,
            births[parent]?.kind == "authorization_code"
        else { return [] }
        redeemed[parent, default: 0] += 1
        guard redeemed[parent, default: 0] > 1 else { return [] }
        return [
            Violation(
                invariant: .oneRedemption, sequence: entry.sequence,
                text: "\(birth.issuer) gave a second access token for the code \(parent)")
        ]
    }
}

// What was sent and answered.
extension Auditor {
    private mutating func read(_ exchange: Exchange, _ entry: JournalEntry) -> [Violation] {
        let path = exchange.request.path
        switch exchange.to {
        case .aws where path.hasPrefix("/identities/"): return identity(exchange, path, entry)
        case .aws: return controlPlane(exchange, path, entry)
        case .github where path.hasSuffix("/access_token"): return redemption(exchange, entry)
        case .github: return revocation(exchange, entry)
        case .gateway: return call(exchange, entry)
        case .mcp:
            if exchange.from == .gateway, exchange.status == 200,
                Self.json(exchange.request)?["method"]?.string?.hasSuffix("/list") == true
            {
                hasCrawled = true
            }
            return revocation(exchange, entry)
        default: return []
        }
    }

    static func json(_ request: Request) -> JSONValue? { try? request.json() }

    static func answer(_ exchange: Exchange) -> JSONValue? {
        guard case .answered(let response) = exchange.outcome, (200..<300).contains(response.status) else { return nil }
        return response.json
    }

    private mutating func identity(_ exchange: Exchange, _ path: String, _ entry: JournalEntry) -> [Violation] {
        guard let body = Self.json(exchange.request) else { return [] }
        if path == "/identities/CompleteResourceTokenAuth" {
            // An answer may be lost, or be that of a second call: what counts is that the session was bound.
            let isBound = freshlyBound.remove(body["sessionUri"]?.string ?? "") != nil
            return isBound || Self.answer(exchange) != nil ? completion(body, entry) : []
        }
        guard let answer = Self.answer(exchange) else { return [] }
        switch path {
        case "/identities/GetWorkloadAccessTokenForJWT", "/identities/GetWorkloadAccessTokenForUserId":
            let starter = body["userToken"]?.string.map { Starter.token($0) } ?? body["userId"]?.string.map { .id($0) }
            if let starter, let token = answer["workloadAccessToken"]?.string { identities[token] = starter }
            return []
        case "/identities/oauth2/token": return vault(body, answer, entry)
        default: return []
        }
    }

    private mutating func vault(_ body: JSONValue, _ answer: JSONValue, _ entry: JournalEntry) -> [Violation] {
        guard body["oauth2Flow"] == "USER_FEDERATION",
            let starter = identities[body["workloadIdentityToken"]?.string ?? ""]
        else { return [] }
        let provider = body["resourceCredentialProviderName"]?.string ?? ""
        if let url = answer["authorizationUrl"]?.string,
            let session = Form(parsing: URLParts(url)?.query ?? "")["request_uri"], sessions[session] == nil
        {
            sessions[session] = Session(starter: starter, provider: provider, began: entry.at)
        }
        guard let token = answer["accessToken"]?.string else { return [] }
        guard completed.contains("\(provider) \(starter.subject)") else {
            return [
                Violation(
                    invariant: .tokenAfterCompletion, sequence: entry.sequence,
                    text: "a token left the vault for somebody who completed no session")
            ]
        }
        guard case .token(let jwt) = starter, let birth = births[tokenID(token)],
            let subject = DecodedToken(jwt)?.claims["sub"]?.string, let user = directory.user(subject: subject),
            birth.user != user.name
        else { return [] }
        return [
            Violation(
                invariant: .tokenOfItsUser, sequence: entry.sequence,
                text: "the vault gave \(birth.user ?? "somebody")'s token for \(user.name)")
        ]
    }

    private mutating func completion(_ body: JSONValue, _ entry: JournalEntry) -> [Violation] {
        let identifier = body["userIdentifier"]
        let by =
            identifier?["userToken"]?.string.map { Starter.token($0) } ?? identifier?["userId"]?.string.map { .id($0) }
        guard let by, let session = sessions[body["sessionUri"]?.string ?? ""] else { return [] }
        completed.insert("\(session.provider) \(by.subject)")
        var found: [Violation] = []
        if bindsToken ? by != session.starter : by.subject != session.starter.subject {
            found.append(
                Violation(
                    invariant: .completedByInitiator, sequence: entry.sequence,
                    text: "a session was completed by another identity than the one that began it"))
        }
        if entry.at - session.began > Self.lifetime {
            found.append(
                Violation(
                    invariant: .completedInTime, sequence: entry.sequence,
                    text: "a session was completed \((entry.at - session.began).milliseconds / 1000) s after it began"))
        }
        return found
    }

    private mutating func redemption(_ exchange: Exchange, _ entry: JournalEntry) -> [Violation] {
        defer { freshTokens = [] }
        // Whoever asked for a code with a verifier of his own is not who merely saw it.
        guard exchange.from != .aws, let birth = freshTokens.last,
            exchange.request.form["code_verifier"] == nil,
            births[birth.parent ?? ""]?.kind == "authorization_code"
        else { return [] }
        return [
            Violation(
                invariant: .redeemedByItsClient, sequence: entry.sequence,
                text: "\(exchange.from) got \(birth.user ?? "somebody")'s token for a code that \(Party.aws) asked for")
        ]
    }

    private mutating func controlPlane(_ exchange: Exchange, _ path: String, _ entry: JournalEntry) -> [Violation] {
        guard path.range(of: "/targets") != nil else { return gateway(exchange, path, entry) }
        var found: [Violation] = []
        let isChange = exchange.request.method != .get
        if !bare.isEmpty, isChange || exchange.from != .aws {
            let body = String(decoding: exchange.request.body, as: UTF8.self)
            let isGiven =
                ["mcpToolSchema", "inlinePayload", "DYNAMIC"].contains { body.range(of: $0) != nil }
                || body.range(of: "mcpServer") == nil
            if !(isChange && isGiven) {
                found += bare.map {
                    Violation(
                        invariant: .readyWithCatalogue, sequence: $0.sequence,
                        text: "target \($0.target) became READY, and its tools were neither given nor read")
                }
            }
            bare = []
        }
        if exchange.request.method == .get, let answer = Self.answer(exchange), let id = answer["targetId"]?.string,
            let said = answer["status"]?.string, let known = status[id], said != known
        {
            found.append(
                Violation(
                    invariant: .journalAndState, sequence: entry.sequence,
                    text: "the API says that target \(id) is \(said), the journal says \(known)"))
        }
        return found
    }
}
