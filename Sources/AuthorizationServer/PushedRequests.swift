import HTTPTypes
import Kernel
import OAuthCore

/// An authorization request that waits under a name for its browser (RFC 9126 section 2.2). When it is over, its name
/// is as unknown as any other.
struct PushedRequestRecord: SecretRecord, PassingRecord {
    static let collection = "authorization-server.pushed-requests"
    /// The whole `request_uri`.
    let value: Secret
    let client: String
    let query: String
    let expires: Instant
    var isUsed = false
    var until: Instant? { expires }
}

// Pushed authorization requests, RFC 9126.
extension AuthorizationServer {
    private static let name = "urn:ietf:params:oauth:request_uri:"

    func push(_ request: Request) async throws -> Response {
        if let pushed = profile.features.pushedRequests, request.content.isLonger(than: pushed.longest) {
            return .json(413, OAuthError(.invalidRequest).json, headers: .unkept)
        }
        await readClientDocument(TokenRequest.body(request)["client_id"])
        var response = try await answer(request) { asked, transaction in
            switch authenticated(asked, in: &transaction) {
            case .failure(let refusal): return .failure(refusal)
            case .success(let application):
                // Section 2.1: a request that is itself only a name would be resolved twice.
                guard asked["request_uri"] == nil, let pushed = profile.features.pushedRequests else {
                    return .failure(ExchangeRefusal(.invalidRequest))
                }
                // Section 2.3 names the status only.
                if counted("par \(application.id)", in: &transaction).used > pushed.perHour {
                    var refusal = ExchangeRefusal(.temporarilyUnavailable)
                    refusal.status = 429
                    return .failure(refusal)
                }
                var form = Form(parsing: asked.query)
                form.pairs.removeAll { $0.name == "client_id" }
                form.append("client_id", application.id.rawValue)
                // Section 2.3: what would fail in the browser fails here.
                if let refusal = problem(with: form.encoded, in: &transaction) {
                    return .failure(ExchangeRefusal(refusal))
                }
                let name = world.entropy.text(40, from: .base62, for: "pushed authorization request")
                let record = PushedRequestRecord(
                    value: Secret(Self.name + name), client: application.id.rawValue, query: form.encoded,
                    expires: now + pushed.lifetime)
                transaction.save(passing: record, at: now)
                return .success(
                    TokenAnswer(
                        members: [
                            "request_uri": .string(record.value.exposed),
                            "expires_in": .int(pushed.lifetime.milliseconds / 1000),
                        ], status: 201))
            }
        }
        response.head.headerFields[.cacheControl] = "no-cache, no-store"
        return response
    }

    /// What a query that names a pushed request stands for; the query itself where it names none.
    ///
    /// - Throws: a page (section 4): neither a client nor a redirect URI is certain here.
    func resolved(_ query: String, in transaction: inout Transaction) throws(AuthorizationRefusal) -> String {
        guard profile.features.pushedRequests != nil else { return query }
        let asked = Form(parsing: query)
        guard let name = asked["request_uri"] else { return query }
        guard let record = transaction.find(PushedRequestRecord.self, holding: name), now < record.expires else {
            throw unknownRequest
        }
        if record.client != asked["client_id"], world.switches.holds(.pushedRequestBinding) {
            note(.pushedRequestBinding, "the pushed request is another client's", in: &transaction)
            throw unknownRequest
        }
        if record.isUsed, world.switches.holds(.pushedRequestSingleUse) {
            note(.pushedRequestSingleUse, "the pushed request had its code already", in: &transaction)
            throw unknownRequest
        }
        return record.query
    }

    /// `9126-09`: a reload is no second use, a code is.
    func usePushedRequest(_ query: String, in transaction: inout Transaction) {
        guard profile.features.pushedRequests != nil, let name = Form(parsing: query)["request_uri"],
            var record = transaction.find(PushedRequestRecord.self, holding: name)
        else { return }
        record.isUsed = true
        transaction.save(record)
    }

    private var unknownRequest: AuthorizationRefusal {
        .page(
            400, title: "invalid_request_uri",
            text: profile.text(of: .badRequestURI).description ?? "The request_uri is unknown.")
    }
}
