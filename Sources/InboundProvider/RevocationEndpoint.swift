import HTTPTypes
import Kernel
import OAuthCore

extension InboundProvider {
    /// RFC 7009. What is not known is not worth an error: 200. The hint about the kind of token is not needed.
    func revoke(_ request: Request) throws -> Response {
        let asked: TokenRequest
        switch authenticate(request) {
        case .failure(let error): return clientRefused(error, request)
        case .success(let known): asked = known
        }
        guard let token = asked.form.present("token") else {
            return .oauth(OAuthError(.invalidRequest, "token is missing."))
        }
        let claims = DecodedToken(token)?.claims ?? [:]
        guard !isIdentity(claims, try accessRecord(of: token, claims)) else {
            return .oauth(OAuthError(.unsupportedTokenType, "An ID token cannot be revoked."))
        }
        do {
            try world.store.write { transaction in
                try revoke(token, accessID(of: token, claims), asked, &transaction)
            }
            return Response(200, headers: [.cacheControl: "no-store"])
        } catch let error as OAuthError {
            return .oauth(error)
        }
    }

    /// RFC 7009 section 2.1: a token of another client is refused and stays what it is.
    private func revoke(
        _ token: String, _ id: AccessRecord.ID, _ asked: TokenRequest, _ transaction: inout Transaction
    ) throws {
        let foreign = OAuthError(.invalidGrant, "The token was issued to another client.")
        if let record = transaction.find(RefreshRecord.self, .init(token)),
            let grant = transaction.find(GrantRecord.self, record.grant)
        {
            guard grant.client == asked.client.id else { throw foreign }
            revoke(grant, cause: "revoked by \(asked.client.id)", asked.now, &transaction)
        }
        // The name in the journal stands for the whole token: a forged one with a real jti has another.
        if var access = transaction.find(AccessRecord.self, id), access.tokenID == tokenID(token) {
            guard access.client == asked.client.id else { throw foreign }
            guard !access.isRevoked else { return }
            access.isRevoked = true
            transaction.save(access)
            let cause = "revoked by \(asked.client.id)"
            transaction.append(.token(.revoked(id: access.tokenID, cause: cause)), at: asked.now)
        }
    }
}
