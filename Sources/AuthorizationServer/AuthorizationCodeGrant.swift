import Kernel
import OAuthCore

/// What is known about the redemption of a code as its checks go by.
struct Redemption {
    let asked: TokenRequest
    var application: ApplicationRecord?
    var code: CodeRecord?
}

// RFC 6749 section 4.1.3 in the vendor's order of checks.
extension AuthorizationServer {
    func redeemCode(
        _ asked: TokenRequest, in transaction: inout Transaction
    ) -> Result<TokenAnswer, ExchangeRefusal> {
        var redemption = Redemption(asked: asked)
        for check in profile.tokenChecks {
            if let refusal = refusal(of: check, &redemption, in: &transaction) {
                return .failure(ExchangeRefusal(refusal))
            }
        }
        guard let application = redemption.application, var code = redemption.code,
            let moved = try? AuthorizationCodeMachine.reduce(code.state, .redeem(proven(code)))
        else { return .failure(ExchangeRefusal(.badCode)) }
        guard application.mayUse("authorization_code") else { return .failure(ExchangeRefusal(.unauthorizedClient)) }
        let resources: [String]?
        do throws(OAuthError) {
            resources = try self.resources(of: asked, within: code.resources, in: &transaction)
        } catch {
            return .failure(ExchangeRefusal(.invalidTarget))
        }
        move("code \(code.id)", from: code.state.name, to: moved.0.name, "redeemed by \(code.client)", in: &transaction)
        code.state = moved.0
        transaction.save(code)
        return .success(issueTokens(application, code, for: resources, in: &transaction))
    }

    private func refusal(
        of check: VendorProfile.TokenCheck, _ redemption: inout Redemption, in transaction: inout Transaction
    ) -> VendorProfile.Refusal? {
        switch check {
        case .clientKnown:
            redemption.application = application(redemption.asked.clientID, in: &transaction)
            guard redemption.application != nil else { return unknownClient }
            return nil
        case .clientSecret:
            guard let application = application(redemption.asked.clientID, in: &transaction) else {
                return unknownClient
            }
            return isProven(redemption.asked, application, in: &transaction) ? nil : .badCredentials
        case .code: return codeRefusal(&redemption, in: &transaction)
        case .redirectURI: return redirectRefusal(redemption)
        case .codeVerifier: return verifierRefusal(&redemption, in: &transaction)
        case .verifiedEmail:
            return profile.unverifiedUsers.contains(redemption.code?.user ?? "") ? .unverifiedEmail : nil
        }
    }

    var unknownClient: VendorProfile.Refusal {
        world.switches.choice(.unknownClientStatus) == "200" ? .badCredentials : .unknownClient
    }

    /// Unknown, of another client, expired or used: one answer for all four, so that nobody learns which.
    private func codeRefusal(
        _ redemption: inout Redemption, in transaction: inout Transaction
    ) -> VendorProfile.Refusal? {
        guard let value = redemption.asked["code"] else { return missing(.badCode).refusal }
        guard var code = transaction.find(CodeRecord.self, holding: value) else { return .badCode }
        if code.client != redemption.asked.clientID, world.switches.holds(.codeClientBinding) {
            note(.codeClientBinding, "code \(code.id) was issued to another client", in: &transaction)
            return .badCode
        }
        switch code.state {
        case .revoked: return .badCode
        case .redeemed(let binding):
            guard world.switches.holds(.codeSingleUse) else {
                code.state = .issued(binding)
                break
            }
            note(.codeSingleUse, "code \(code.id) was used before", in: &transaction)
            replayed(code, in: &transaction)
            return .badCode
        case .issued: break
        }
        if now >= code.expires, world.switches.holds(.codeLifetime) {
            note(.codeLifetime, "code \(code.id) is older than its lifetime", in: &transaction)
            return .badCode
        }
        redemption.code = code
        return nil
    }

    /// RFC 6749 section 4.1.2 wants the first use's tokens dead; GitHub only refuses (`github.codeReplay`).
    private func replayed(_ code: CodeRecord, in transaction: inout Transaction) {
        guard profile.replayRevokesTokens || world.switches.choice(.codeReplay) == "revoke",
            let moved = try? AuthorizationCodeMachine.reduce(code.state, .redeem(proven(code)))
        else { return }
        var code = code
        move("code \(code.id)", from: code.state.name, to: moved.0.name, "used twice", in: &transaction)
        code.state = moved.0
        transaction.save(code)
        let grant = GrantRecord.id(client: code.client, user: code.user)
        revokeTokens(of: grant, from: code.id, because: "code used twice", in: &transaction)
    }

    /// GitHub compares only what is sent; by RFC 6749 section 4.1.3 it must be sent if it was at first.
    private func redirectRefusal(_ redemption: Redemption) -> VendorProfile.Refusal? {
        guard let code = redemption.code else { return .badCode }
        guard let sent = redemption.asked["redirect_uri"] else {
            return profile.requiresRedirectURIAtToken && code.namedRedirectURI ? .redirectMismatch : nil
        }
        return areSame(sent, code.redirectURI) ? nil : .redirectMismatch
    }

    /// `pkce-verifier`: RFC 7636 section 4.6, and no verifier without a challenge (RFC 9700 section 4.8.2).
    private func verifierRefusal(
        _ redemption: inout Redemption, in transaction: inout Transaction
    ) -> VendorProfile.Refusal? {
        guard profile.proofKey != .ignored, var code = redemption.code else { return nil }
        let verifier = redemption.asked["code_verifier"]
        let fits =
            switch (verifier, code.challenge) {
            case (nil, nil): true
            case (nil, _?): false
            case (_?, nil): world.switches.choice(.verifierWithoutChallenge) == "ignore"
            case (let verifier?, let challenge?):
                PKCE.matches(verifier: verifier, challenge: challenge)
                    || constantTimeEqual("plain:" + verifier, challenge)
            }
        if fits || !world.switches.holds(.pkceVerifier) { return nil }
        note(.pkceVerifier, "the verifier for code \(code.id) is missing or wrong", in: &transaction)
        // A code whose verifier failed is burnt, so that a thief cannot try verifiers.
        if world.switches.choice(.failedVerifier) == "burns",
            let moved = try? AuthorizationCodeMachine.reduce(code.state, .revoke)
        {
            move("code \(code.id)", from: code.state.name, to: moved.0.name, "verifier failed", in: &transaction)
            code.state = moved.0
            transaction.save(code)
        }
        return .badVerifier
    }

    /// The redemption as the machine is to see it when the checks of the profile have passed: some may be off.
    private func proven(_ code: CodeRecord) -> AuthorizationCodeMachine.Redemption {
        AuthorizationCodeMachine.Redemption(
            client: code.client, redirectURI: nil, verifier: nil, at: min(now, code.expires - .milliseconds(1)))
    }
}
