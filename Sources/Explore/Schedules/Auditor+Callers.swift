import HTTPTypes
import Harness
import Kernel
import OAuthCore

// Who is served, by which gateway, with which token.
extension Auditor {
    /// What an update says holds once it is worked in; nothing is judged before.
    private static let work = Span.seconds(1)

    mutating func gateway(_ exchange: Exchange, _ path: String, _ entry: JournalEntry) -> [Violation] {
        guard path.hasPrefix("/gateways/") else { return [] }
        let answer = Self.answer(exchange)
        let id = answer?["gatewayId"]?.string ?? Self.gatewayID(path)
        if exchange.request.method == .put || exchange.request.method == .post {
            let body = Self.json(exchange.request)?["authorizerConfiguration"]?["customJWTAuthorizer"]
            if answer != nil {
                letIn[id] = body?["allowedClients"]?.strings.map { ($0, entry.at) }
            } else if (exchange.status ?? 0) < 400 {
                // An answer that was lost does not tell what was done.
                letIn[id] = nil
            }
            return []
        }
        guard exchange.request.method == .get, let said = answer?["status"]?.string, let known = status[id],
            said != known
        else { return [] }
        return [
            Violation(
                invariant: .journalAndState, sequence: entry.sequence,
                text: "the API says that gateway \(id) is \(said), the journal says \(known)")
        ]
    }

    private static func gatewayID(_ path: String) -> String {
        String(path.dropFirst("/gateways/".count).prefix { $0 != "/" })
    }

    func call(_ exchange: Exchange, _ entry: JournalEntry) -> [Violation] {
        guard exchange.from != .gateway, let answer = Self.answer(exchange), answer["result"] != nil else { return [] }
        let id = Self.gatewayID(exchange.request.path)
        var found: [Violation] = []
        if deleted.contains(id) {
            found.append(
                Violation(
                    invariant: .deletedServesNothing, sequence: entry.sequence,
                    text: "\(exchange.from) was served by gateway \(id), which was deleted"))
        }
        guard let header = exchange.request.header(.authorization), header.hasPrefix("Bearer "),
            let claims = DecodedToken(String(header.dropFirst("Bearer ".count)))?.claims
        else { return found }
        if let expiry = Instant(numericDate: claims["exp"]), entry.at > expiry + Self.leeway {
            found.append(
                Violation(
                    invariant: .callerStillValid, sequence: entry.sequence,
                    text: "\(exchange.from) was served with a token that had expired"))
        }
        if let (clients, since) = letIn[id], entry.at - since >= Self.work, let client = claims["client_id"]?.string,
            !clients.contains(client)
        {
            found.append(
                Violation(
                    invariant: .callerLetIn, sequence: entry.sequence,
                    text: "\(exchange.from) was served with a token of the client \(client), "
                        + "and the gateway lets in \(clients.joined(separator: ", "))"))
        }
        return found
    }

    /// What the vendor's API or the MCP server serves to a token that was ended. One that ends while a call is under
    /// way may still be served.
    func revocation(_ exchange: Exchange, _ entry: JournalEntry) -> [Violation] {
        guard !revoked.isEmpty, exchange.to != faulted, let header = exchange.request.header(.authorization),
            header.hasPrefix("Bearer "),
            let since = revoked[tokenID(String(header.dropFirst("Bearer ".count)))], entry.at - since >= Self.work,
            case .answered(let answer) = exchange.outcome, (200..<300).contains(answer.status)
        else { return [] }
        return [
            Violation(
                invariant: .revokedServesNothing, sequence: entry.sequence,
                text: "\(exchange.to) served \(exchange.from) with a token that was revoked")
        ]
    }
}
