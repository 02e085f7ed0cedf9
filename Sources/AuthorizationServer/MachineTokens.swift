import Kernel
import OAuthCore

// The client credentials grant: a client's own token.
extension AuthorizationServer {
    /// `6749-27`: confidential clients only, and no refresh token (RFC 6749 section 4.4).
    func machineTokens(
        _ asked: TokenRequest, in transaction: inout Transaction
    ) -> Result<TokenAnswer, ExchangeRefusal> {
        switch authenticated(asked, in: &transaction) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let application):
            guard !application.isPublic, application.mayUse("client_credentials") else {
                return .failure(ExchangeRefusal(.unauthorizedClient))
            }
            let scopes = ScopeSet(parsing: asked["scope"] ?? "")
            if refuses(scopes, of: application) {
                return .failure(ExchangeRefusal(.invalidScope))
            }
            do throws(OAuthError) {
                let resources = try resources(of: asked, within: nil, in: &transaction)
                return .success(
                    issueMachineToken(
                        application, profile.scopes.normalized(scopes), for: resources, in: &transaction))
            } catch {
                return .failure(ExchangeRefusal(.invalidTarget))
            }
        }
    }
}
