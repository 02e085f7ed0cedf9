import HTTPTypes
import Kernel
import OAuthCore

// Tokens of a GitHub App that act for nobody but the App, where a user has installed it (`github-installation-token`).
// Every App is installed at every user's account here; the installation has the account's number.
extension AuthorizationServer {
    private static let prefix = "ghs_"
    private static let life = Span.minutes(60)
    /// An App may not speak longer than this by one JWT.
    private static let longestJWT = Span.minutes(10)
    private static let formatHeader = fieldName("X-GitHub-Stateless-S2S-Token")

    /// `POST /app/installations/{id}/access_tokens`: the App proves itself by a JWT that its own key signed.
    func createInstallationToken(_ request: Request, _ installation: String) async throws -> Response {
        let undecoded = apiMessage(401, "A JSON web token could not be decoded")
        guard let application = await signingApp(request) else { return undecoded }
        guard let number = Int64(installation), let owner = directory.users.first(where: { $0.numericID == number })
        else { return apiMessage(404, "Not Found") }
        let asked = (try? request.json()) ?? [:]
        guard asked["repositories"] == nil || asked["repository_ids"] == nil else {
            return apiMessage(422, "Validation Failed")
        }
        let repositories = asked["repositories"] ?? asked["repository_ids"]
        let restriction: JSONObject = [
            "permissions": asked["permissions"] ?? ["contents": "read", "metadata": "read"],
            "repository_selection": .string(repositories == nil ? "all" : "selected"),
            "repositories": .array((repositories?.array ?? []).map { repository($0, of: owner.login) }),
            "account": ["login": .string(owner.login)],
        ]
        let value = Secret(installationToken(of: application, number, isStateless: isStateless(request)))
        let token = AccessTokenRecord(
            value: value, client: application.id.rawValue, kind: .githubApp, user: "", scopes: ScopeSet(),
            created: now, expires: now + Self.life, code: Identifier("installation"), family: nil,
            installation: number, restriction: restriction)
        let isMade = try world.store.write { transaction in
            // Its key may be another one by now, and the App gone.
            let signer = self.application(application.id.rawValue, in: &transaction)
            guard let signer, signer.kind == application.kind, signer.keys == application.keys else { return false }
            transaction.save(passing: token, at: now)
            let birth = TokenBirth(
                kind: "access_token", issuer: world.party, user: nil, scopes: [], audience: [],
                expires: token.expires, value: value)
            transaction.append(.token(.issued(birth)), at: now)
            return true
        }
        guard isMade else { return undecoded }
        var answer: JSONObject = [
            "token": .string(value.exposed), "expires_at": .string((now + Self.life).iso8601),
        ]
        for member in restriction.members where member.name != "repositories" || repositories != nil {
            answer[member.name] = member.value
        }
        return apiResponse(201, .object(answer))
    }

    /// A repository by the name or the number that it was asked for with.
    private func repository(_ asked: JSONValue, of owner: String) -> JSONValue {
        guard let name = asked.string else { return ["id": asked, "owner": ["login": .string(owner)]] }
        return [
            "name": .string(name), "full_name": .string("\(owner)/\(name)"), "owner": ["login": .string(owner)],
        ]
    }

    /// `Q8`: the vendor's way, unless the request's header chooses.
    private func isStateless(_ request: Request) -> Bool {
        switch request.header(Self.formatHeader) {
        case "enabled": true
        case "disabled": false
        default: profile.api.installationTokens == .stateless
        }
    }

    private func installationToken(
        of application: ApplicationRecord, _ installation: Int64, isStateless: Bool
    ) -> String {
        guard isStateless else { return TokenText.accessToken(prefix: Self.prefix, world.entropy) }
        let number = "\(hash64(application.id.rawValue) % 9_000_000 + 1_000_000)"
        let claims: JSONObject = [
            "iss": "api.github.com", "sub": .string("installation:\(installation)"), "aid": .string(number),
            "iat": .int(now.seconds), "exp": .int((now + Self.life).seconds),
        ]
        return TokenText.statelessToken(prefix: Self.prefix, application: number, claims: claims, world.entropy)
    }

    /// Issuer is the App, the signature its key's, and the time short.
    private func signingApp(_ request: Request) async -> ApplicationRecord? {
        guard let compact = request.credentials("Bearer"), let issuer = DecodedToken(compact)?.claims["iss"]?.string
        else { return nil }
        let found = try? world.store.write { self.application(issuer, in: &$0) }
        guard let application = found, application.kind == .githubApp, let keys = application.keys else { return nil }
        let verified = await TokenVerifier.verify(compact, keys: keys, policy: TokenPolicy(issuer: issuer), at: now)
        guard case .success(let claims) = verified, let expiry = Instant(numericDate: claims["exp"]),
            expiry <= now + Self.longestJWT
        else { return nil }
        return application
    }

    /// `GET /user/installations`: where a user's App may act.
    func userInstallations(_ request: Request) throws -> Response {
        try answerAPI(request) { token, user, rate, _ in
            let headers = headers(of: token, accepting: "", rate)
            guard token.kind == .githubApp else { return apiMessage(403, "Resource not accessible", headers: headers) }
            let installations: [JSONValue] = [
                [
                    "id": .int(user.numericID), "account": ["login": .string(user.login)],
                    "client_id": .string(token.client), "repository_selection": "all",
                ]
            ]
            return apiResponse(
                200,
                ["total_count": .int(Int64(installations.count)), "installations": .array(installations)],
                headers: headers)
        }
    }

    /// `GET /installation/repositories`, for an installation's token alone: those that it was made for. This server
    /// keeps no repositories itself, so a token for all of an account's names none.
    func installationRepositories(_ request: Request) throws -> Response {
        try withToken(request) { token, _ in
            guard token.installation != nil else { return apiMessage(403, "Resource not accessible by this token") }
            let repositories = token.restriction?["repositories"]?.array ?? []
            return apiResponse(
                200,
                [
                    "total_count": .int(Int64(repositories.count)),
                    "repository_selection": token.restriction?["repository_selection"] ?? "all",
                    "repositories": .array(repositories),
                ])
        }
    }
}
