import HTTPTypes
import Kernel
package import OAuthCore

// The part of the REST API that says whose token a token is. In a scenario its host is api.github.com.
extension AuthorizationServer {
    func user(_ request: Request) throws -> Response {
        try answerAPI(request) { token, user, rate, _ in
            apiResponse(200, Self.userJSON(user, at: origin), headers: headers(of: token, accepting: "user", rate))
        }
    }

    /// Names of what `GET /user` says of a user.
    package static func userMembers(of user: UserDirectory.User) -> [String] {
        userJSON(user, at: "").object?.names ?? []
    }

    /// `github-emails-scope`: without `user:email` the API shows nothing that could be looked for.
    func emails(_ request: Request) throws -> Response {
        try answerAPI(request) { token, user, rate, _ in
            let headers = headers(of: token, accepting: "user, user:email", rate)
            guard token.kind == .githubApp || profile.scopes.covers(token.scopes, ScopeSet(["user:email"])) else {
                return apiMessage(404, "Not Found", headers: headers)
            }
            let entry: JSONValue = [
                "email": .string(user.email), "primary": true,
                "verified": .bool(!profile.unverifiedUsers.contains(user.name)), "visibility": "private",
            ]
            return apiResponse(200, [entry], headers: headers)
        }
    }

    /// Finds the token's user and counts the request, or says why it cannot.
    func answerAPI(
        _ request: Request,
        _ body: (AccessTokenRecord, UserDirectory.User, RateRecord, inout Transaction) -> Response
    ) throws -> Response {
        try withToken(request) { token, transaction in
            // `github-installation-token`: it is nobody's in person.
            guard token.installation == nil else { return apiMessage(403, "Resource not accessible by integration") }
            guard let user = directory.user(named: token.user) else { return apiMessage(401, "Bad credentials") }
            let rate = counted(user, in: &transaction)
            guard rate.used <= profile.api.requestsPerHour else {
                return apiMessage(
                    403, "API rate limit exceeded for user ID \(user.numericID).",
                    headers: headers(of: token, accepting: "", rate))
            }
            return body(token, user, rate, &transaction)
        }
    }

    /// The live token of a request to the API, or how the API refuses.
    func withToken(
        _ request: Request, _ body: (AccessTokenRecord, inout Transaction) -> Response
    ) throws -> Response {
        if profile.api.requiresUserAgent, (request.header(.userAgent) ?? "").isEmpty {
            return .plain(
                403,
                "Request forbidden by administrative rules. "
                    + "Please make sure your request has a User-Agent header.\n")
        }
        guard let value = request.credentials("Bearer") ?? request.credentials("token") else {
            return apiMessage(401, "Requires authentication")
        }
        return try world.store.write { transaction in
            guard let token = liveToken(value, in: &transaction) else { return apiMessage(401, "Bad credentials") }
            return body(token, &transaction)
        }
    }

    /// The access token of this value if it is good now.
    func liveToken(_ value: String, in transaction: inout Transaction) -> AccessTokenRecord? {
        guard let token = transaction.find(AccessTokenRecord.self, holding: value) else { return nil }
        if token.isRevoked, world.switches.holds(.revokedTokenRefused) {
            note(.revokedTokenRefused, "token \(token.id) was revoked", in: &transaction)
            return nil
        }
        if let expires = token.expires, now >= expires, world.switches.holds(.expiredTokenRefused) {
            note(.expiredTokenRefused, "token \(token.id) is expired", in: &transaction)
            return nil
        }
        return token
    }

    /// `github-scope-headers`: an OAuth app's token shows its scopes, a GitHub App's has none to show.
    func headers(of token: AccessTokenRecord, accepting scopes: String, _ rate: RateRecord) -> HTTPFields {
        var headers = rateHeaders(rate)
        if token.kind == .oauthApp {
            headers.add(APIHeader.scopes, token.scopes.names.joined(separator: ", "))
            headers.add(APIHeader.acceptedScopes, scopes)
        }
        headers.add(APIHeader.client, token.client)
        if let expires = token.expires {
            let text = expires.iso8601.prefix(19).split(separator: "T").joined(separator: " ")
            headers.add(APIHeader.expiration, "\(text) UTC")
        }
        return headers
    }

    private static func userJSON(_ user: UserDirectory.User, at origin: String) -> JSONValue {
        let api = "\(origin)/users/\(user.login)"
        return [
            "login": .string(user.login), "id": .int(user.numericID),
            "node_id": .string("U_\(Base64.encodeURL(Array("User\(user.numericID)".utf8)))"),
            "avatar_url": .string("\(origin)/avatars/u/\(user.numericID)"), "gravatar_id": "", "url": .string(api),
            "html_url": .string("\(origin)/\(user.login)"), "type": "User", "user_view_type": "public",
            "site_admin": false, "name": .string(user.displayName), "company": nil, "blog": "", "location": nil,
            // Null unless the user made it public; private addresses are at /user/emails.
            "email": nil, "hireable": nil, "bio": nil, "public_repos": 0, "public_gists": 0, "followers": 0,
            "following": 0, "created_at": "2020-01-01T00:00:00Z", "updated_at": "2026-01-01T00:00:00Z",
        ]
    }
}

// The dialect of the API.
extension AuthorizationServer {
    func apiResponse(_ status: Int, _ body: JSONValue, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers.add(.contentType, "application/json; charset=utf-8")
        headers.add(.cacheControl, "private, max-age=60, s-maxage=60")
        headers.add(APIHeader.mediaType, "github.v3; format=json")
        headers.add(APIHeader.requestID, requestID())
        return Response(status, headers: headers, json: body)
    }

    /// `{"message":…,"documentation_url":…,"status":"401"}`: how the API refuses.
    func apiMessage(_ status: Int, _ message: String, headers: HTTPFields = [:]) -> Response {
        apiResponse(
            status,
            [
                "message": .string(message), "documentation_url": "https://docs.github.com/rest",
                "status": .string("\(status)"),
            ], headers: headers)
    }

    /// `0A1B:2C3D4E:5F6071:8293A4:B5C6D7`
    private func requestID() -> String {
        let digits = Hex.encode(world.entropy.bytes(14, for: "github request id")).uppercased()
        var text: [UInt8] = []
        text.reserveCapacity(32)
        for (place, digit) in digits.utf8.enumerated() {
            if place % 6 == 4 { text.append(UInt8(ascii: ":")) }
            text.append(digit)
        }
        return String(decoding: text, as: UTF8.self)
    }
}

private enum APIHeader {
    static let scopes = fieldName("X-OAuth-Scopes")
    static let acceptedScopes = fieldName("X-Accepted-OAuth-Scopes")
    static let client = fieldName("X-OAuth-Client-Id")
    static let expiration = fieldName("github-authentication-token-expiration")
    static let mediaType = fieldName("X-GitHub-Media-Type")
    static let requestID = fieldName("X-GitHub-Request-Id")
}
