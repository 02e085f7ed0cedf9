import Kernel
import OAuthCore

/// What came of a client's signed assertion (RFC 7523 section 2.2), before anybody asks whose request it is.
enum ClientAssertion: Hashable, Sendable {
    case absent
    /// Signed by a key of this client's, for this server; good once.
    case signed(client: String, id: String, until: Instant)
    case refused(client: String)

    /// Whom it names.
    var client: String? {
        switch self {
        case .absent: nil
        case .signed(let client, _, _), .refused(let client): client
        }
    }
}

/// An assertion that was used, kept until it would have expired.
struct AssertionRecord: PassingRecord {
    static let collection = "authorization-server.assertions"
    let id: Identifier<AssertionRecord>
    let until: Instant?
}

// private_key_jwt: a client proves itself by signature, RFC 7523 section 3.
extension AuthorizationServer {
    private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    /// An assertion may not outlive this (`7523-longest-life`).
    private static let longestLife = Span.minutes(60)

    /// Verifies the signature of the assertion in a request, with the keys its client registered.
    func clientAssertion(in request: Request) async -> ClientAssertion {
        let form = TokenRequest.body(request)
        guard form["client_assertion_type"] != nil || form["client_assertion"] != nil else { return .absent }
        let named = form["client_id"] ?? ""
        guard form["client_assertion_type"] == Self.assertionType, let compact = form["client_assertion"],
            let token = DecodedToken(compact), let client = token.claims["sub"]?.string,
            let keys = await clientKeys(client)
        else { return .refused(client: named) }
        // Issuer and subject are the client (RFC 7521 section 5.2); the token itself chooses no algorithm.
        let verified = await TokenVerifier.verify(compact, keys: keys, policy: TokenPolicy(issuer: client), at: now)
        guard case .success(let claims) = verified, isForUs(claims["aud"]), let id = claims["jti"]?.string,
            !id.isEmpty, let expiry = Instant(numericDate: claims["exp"]), expiry <= now + Self.longestLife
        else { return .refused(client: client) }
        return .signed(client: client, id: id, until: expiry + .seconds(60))
    }

    /// `client-assertion-single-use`: RFC 7523 section 3, point 7. Off, one that was seen on its way serves again.
    func accepts(
        _ assertion: ClientAssertion, of application: ApplicationRecord, in transaction: inout Transaction
    ) -> Bool {
        // Verified a moment ago, and perhaps over by now: then those used before are no longer known.
        guard case .signed(let client, let id, let until) = assertion, client == application.id.rawValue, now < until
        else { return false }
        let record = AssertionRecord(id: Identifier("\(client) \(id)"), until: until)
        if let used = transaction.find(AssertionRecord.self, record.id), !used.isOver(at: now),
            world.switches.holds(.assertionSingleUse)
        {
            note(.assertionSingleUse, "the assertion of \(client) was used before", in: &transaction)
            return false
        }
        transaction.save(passing: record, at: now)
        return true
    }

    /// `7523-03`: the issuer or the token endpoint; RFC 9126 section 2 adds the endpoint for pushed requests.
    private func isForUs(_ audience: JSONValue?) -> Bool {
        let named = audience?.string.map { [$0] } ?? audience?.strings ?? []
        let pushed = profile.features.pushedRequests.map { origin + $0.endpoint }
        return named.contains { [issuer, origin + profile.endpoints.token, pushed].compactMap { $0 }.hasSame($0) }
    }

    /// The keys of a client: registered, or fetched from its `jwks_uri`.
    private func clientKeys(_ clientID: String) async -> JSONValue? {
        let application = try? world.store.write { self.application(clientID, in: &$0) }
        guard let application else { return nil }
        if let keys = application.keys { return keys }
        guard let url = application.keysURL else { return nil }
        return await fetchDocument(url)?.json
    }
}
