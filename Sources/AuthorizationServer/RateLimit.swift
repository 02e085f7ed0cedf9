import HTTPTypes
import Kernel
import OAuthCore

/// How many requests somebody made in the hour that began last: a user's tokens, or a client that pushes.
struct RateRecord: Record {
    static let collection = "authorization-server.rates"
    /// The user's number; `par ` and the client's id.
    let id: Identifier<RateRecord>
    /// Which hour since 1970.
    var hour: Int64
    var used: Int
}

// `github-rate-headers`: the limit is the user's, whichever application asks.
extension AuthorizationServer {
    /// Counts one request.
    func counted(_ user: UserDirectory.User, in transaction: inout Transaction) -> RateRecord {
        counted("\(user.numericID)", in: &transaction)
    }

    func counted(_ name: String, in transaction: inout Transaction) -> RateRecord {
        var rate = rate(of: name, in: &transaction)
        rate.used += 1
        transaction.save(rate)
        return rate
    }

    private func rate(of name: String, in transaction: inout Transaction) -> RateRecord {
        let fresh = RateRecord(id: Identifier(name), hour: now.seconds / 3600, used: 0)
        guard let kept = transaction.find(RateRecord.self, fresh.id), kept.hour == fresh.hour else { return fresh }
        return kept
    }

    func rateHeaders(_ rate: RateRecord) -> HTTPFields {
        let limit = profile.api.requestsPerHour
        var headers = HTTPFields()
        headers.add(RateHeader.limit, "\(limit)")
        headers.add(RateHeader.remaining, "\(max(0, limit - rate.used))")
        headers.add(RateHeader.used, "\(min(rate.used, limit))")
        headers.add(RateHeader.reset, "\((rate.hour + 1) * 3600)")
        headers.add(RateHeader.resource, "core")
        return headers
    }

    /// `GET /rate_limit`, which is not counted itself.
    func rateLimit(_ request: Request) throws -> Response {
        try withToken(request) { token, transaction in
            guard let user = directory.user(named: token.user) else { return apiMessage(401, "Bad credentials") }
            let rate = rate(of: "\(user.numericID)", in: &transaction)
            let limit = profile.api.requestsPerHour
            let core: JSONValue = [
                "limit": .int(Int64(limit)), "used": .int(Int64(min(rate.used, limit))),
                "remaining": .int(Int64(max(0, limit - rate.used))), "reset": .int((rate.hour + 1) * 3600),
                "resource": "core",
            ]
            return apiResponse(200, ["resources": ["core": core], "rate": core], headers: rateHeaders(rate))
        }
    }
}

private enum RateHeader {
    static let limit = fieldName("x-ratelimit-limit")
    static let remaining = fieldName("x-ratelimit-remaining")
    static let used = fieldName("x-ratelimit-used")
    static let reset = fieldName("x-ratelimit-reset")
    static let resource = fieldName("x-ratelimit-resource")
}
