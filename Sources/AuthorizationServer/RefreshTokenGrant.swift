import Kernel
import OAuthCore

// RFC 6749 section 6 with rotation: each use ends the refresh token and the access token it came with.
extension AuthorizationServer {
    func refresh(_ asked: TokenRequest, in transaction: inout Transaction) -> Result<TokenAnswer, ExchangeRefusal> {
        guard let application = application(asked.clientID, in: &transaction) else {
            return .failure(ExchangeRefusal(unknownClient))
        }
        guard secretFits(asked.clientSecret, application, in: &transaction) else {
            return .failure(ExchangeRefusal(.badCredentials))
        }
        guard let value = asked["refresh_token"],
            let token = transaction.find(RefreshTokenRecord.self, holding: value),
            let family = transaction.find(RefreshFamilyRecord.self, token.family),
            case .active(let good) = family.state
        else { return .failure(ExchangeRefusal(.badRefreshToken)) }
        let presentation = presentation(of: token, by: application, good, asked, in: &transaction)
        do throws(OAuthError) {
            let (state, effects) = try RefreshTokenMachine.reduce(family.state, .present(presentation))
            return renewed(family, state, effects, application, in: &transaction)
        } catch {
            return .failure(ExchangeRefusal(error.code == .invalidScope ? .invalidScope : .badRefreshToken))
        }
    }

    /// What the machine is told; where a rule is off, it is told what it wants to hear.
    private func presentation(
        of token: RefreshTokenRecord, by application: ApplicationRecord, _ good: RefreshTokenMachine.Family,
        _ asked: TokenRequest, in transaction: inout Transaction
    ) -> RefreshTokenMachine.Presentation {
        // GitHub ignores `scope` here as it ignores whatever it does not know.
        let scope = profile.refusesUnknownScopes ? asked["scope"].map { ScopeSet(parsing: $0) } : nil
        var result = RefreshTokenMachine.Presentation(
            client: application.id.rawValue, generation: token.generation, scope: scope, at: now)
        if result.client != good.client {
            if world.switches.holds(.refreshTokenClientBinding) {
                note(.refreshTokenClientBinding, "refresh token \(token.id) is another client's", in: &transaction)
            } else {
                result.client = good.client
            }
        }
        if result.generation != good.generation {
            if world.switches.holds(.refreshTokenSingleUse) {
                note(.refreshTokenSingleUse, "refresh token \(token.id) was used before", in: &transaction)
            } else {
                result.generation = good.generation
            }
        }
        return result
    }

    private func renewed(
        _ family: RefreshFamilyRecord, _ state: RefreshTokenMachine.State, _ effects: [RefreshTokenMachine.Effect],
        _ application: ApplicationRecord, in transaction: inout Transaction
    ) -> Result<TokenAnswer, ExchangeRefusal> {
        var family = family
        let old = family.state.name
        guard case .active(var next) = state, case .issueTokens(let scopes, _)? = effects.first else {
            family.state = state
            transaction.save(family)
            move("refresh family \(family.id)", from: old, to: state.name, "old token used again", in: &transaction)
            let grant = GrantRecord.id(client: family.client, user: family.user)
            revokeTokens(of: grant, from: family.code, because: "refresh token reused", in: &transaction)
            return .failure(ExchangeRefusal(.badRefreshToken))
        }
        next.expires = now + profile.tokens.refresh
        family.state = .active(next)
        move("refresh family \(family.id)", from: old, to: family.state.name, "refresh", in: &transaction)
        return .success(rotate(family, scopes, application, in: &transaction))
    }
}
