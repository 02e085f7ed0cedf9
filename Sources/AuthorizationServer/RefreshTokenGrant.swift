import Kernel
import OAuthCore

// RFC 6749 section 6 with rotation: each use ends the refresh token and the access token it came with.
extension AuthorizationServer {
    func refresh(_ asked: TokenRequest, in transaction: inout Transaction) -> Result<TokenAnswer, ExchangeRefusal> {
        let application: ApplicationRecord
        switch authenticated(asked, in: &transaction) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let client): application = client
        }
        guard application.mayUse("refresh_token") else { return .failure(ExchangeRefusal(.unauthorizedClient)) }
        guard let value = asked["refresh_token"] else { return .failure(missing(.badRefreshToken)) }
        guard let token = transaction.find(RefreshTokenRecord.self, holding: value),
            let family = transaction.find(RefreshFamilyRecord.self, token.family),
            case .active(let good) = family.state
        else { return .failure(ExchangeRefusal(.badRefreshToken)) }
        // GitHub ignores `scope` here as it ignores whatever it does not know; elsewhere it may only narrow.
        let wanted = profile.refusesUnknownScopes ? asked["scope"].map { ScopeSet(parsing: $0) } : nil
        // RFC 6749 section 6: what was granted, and what that includes. The machine knows of no scope within another.
        let narrowed = wanted.flatMap {
            profile.scopes.covers(good.scope, $0) ? profile.scopes.normalized($0) : nil
        }
        var presentation = presentation(of: token, by: application, good, in: &transaction)
        if narrowed == nil { presentation.scope = wanted }
        do throws(OAuthError) {
            let resources = try resources(of: asked, within: family.resources, in: &transaction)
            let (state, effects) = try RefreshTokenMachine.reduce(family.state, .present(presentation))
            return renewed(family, state, effects, application, narrowed, resources, in: &transaction)
        } catch {
            switch error.code {
            case .invalidScope: return .failure(ExchangeRefusal(.invalidScope))
            case .invalidTarget: return .failure(ExchangeRefusal(.invalidTarget))
            default: return .failure(ExchangeRefusal(.badRefreshToken))
            }
        }
    }

    /// What the machine is told; where a rule is off, it is told what it wants to hear.
    private func presentation(
        of token: RefreshTokenRecord, by application: ApplicationRecord, _ good: RefreshTokenMachine.Family,
        in transaction: inout Transaction
    ) -> RefreshTokenMachine.Presentation {
        var result = RefreshTokenMachine.Presentation(
            client: application.id.rawValue, generation: token.generation, at: now)
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
        _ application: ApplicationRecord, _ narrowed: ScopeSet?, _ resources: [String]?,
        in transaction: inout Transaction
    ) -> Result<TokenAnswer, ExchangeRefusal> {
        var family = family
        let old = family.state.name
        guard case .active(var next) = state, case .issueTokens(let granted, _)? = effects.first else {
            family.state = state
            transaction.save(family)
            move("refresh family \(family.id)", from: old, to: state.name, "old token used again", in: &transaction)
            let grant = GrantRecord.id(client: family.client, user: family.user)
            revokeTokens(of: grant, from: family.code, because: "refresh token reused", in: &transaction)
            return .failure(ExchangeRefusal(.badRefreshToken))
        }
        let scopes = narrowed ?? granted
        next.expires = now + profile.tokens.refresh
        if profile.lives.rotation != .rotate {
            // The same token is good for the next refresh too.
            return .success(renewOnly(family, scopes, application, resources, in: &transaction))
        }
        family.state = .active(next)
        move("refresh family \(family.id)", from: old, to: family.state.name, "refresh", in: &transaction)
        return .success(rotate(family, scopes, application, resources, in: &transaction))
    }
}
