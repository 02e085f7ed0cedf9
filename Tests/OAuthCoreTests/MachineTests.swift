import Kernel
import OAuthCore
import Testing

/// Where each state goes when it meets each event; not where it stays.
private func edges<M: StateMachine>(
    of machine: M.Type, _ states: [M.State], _ events: [M.Event], name: (M.State) -> String
) -> Set<String> {
    var result: Set<String> = []
    for state in states {
        for event in events {
            guard let (next, _) = try? machine.reduce(state, event), name(next) != name(state) else { continue }
            result.insert("\(name(state)) > \(name(next))")
        }
    }
    return result
}

private let now = Instant(milliseconds: 1_000_000)
private let verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

struct AuthorizationCodeMachineTests {
    private typealias Machine = AuthorizationCodeMachine
    private let binding = AuthorizationCodeMachine.Binding(
        client: "web", redirectURI: "https://a.test/cb", challenge: PKCE.challenge(for: verifier),
        expires: now + .minutes(10))

    private func redemption(
        client: String = "web", redirectURI: String? = "https://a.test/cb", verifier: String? = verifier,
        at: Instant = now
    ) -> AuthorizationCodeMachine.Event {
        .redeem(.init(client: client, redirectURI: redirectURI, verifier: verifier, at: at))
    }

    @Test func movesAlongItsEdges() {
        let walked = edges(
            of: Machine.self, [.issued(binding), .redeemed(binding), .revoked],
            [
                redemption(), redemption(client: "other"), redemption(verifier: "wrong"), redemption(verifier: nil),
                redemption(redirectURI: nil), redemption(at: now + .minutes(11)), .revoke,
            ]
        ) { $0.name }
        #expect(walked == ["issued > redeemed", "issued > revoked", "redeemed > revoked"])
    }

    @Test func redeemsOnceThenRevokes() throws {
        let (redeemed, effects) = try Machine.reduce(.issued(binding), redemption())
        #expect(redeemed == .redeemed(binding))
        #expect(effects == [.issueTokens])
        let (dead, after) = try Machine.reduce(redeemed, redemption())
        #expect(dead == .revoked)
        #expect(after == [.refuseAndRevoke(OAuthError(.invalidGrant))])
        #expect(throws: OAuthError(.invalidGrant)) { try Machine.reduce(dead, redemption()) }
    }

    @Test func wrongVerifierBurns() throws {
        for wrong in [nil, "short", verifier + "x"] {
            let (dead, effects) = try Machine.reduce(.issued(binding), redemption(verifier: wrong))
            #expect(dead == .revoked)
            #expect(effects == [.refuse(OAuthError(.invalidGrant))])
        }
    }

    @Test func verifierWithoutChallengeIsADowngrade() throws {
        var bare = binding
        bare.challenge = nil
        #expect(try Machine.reduce(.issued(bare), redemption()).0 == .revoked)
        #expect(try Machine.reduce(.issued(bare), redemption(verifier: nil)).1 == [.issueTokens])
    }

    @Test func strangersAndLatecomersChangeNothing() {
        for event in [
            redemption(client: "other"), redemption(redirectURI: nil), redemption(redirectURI: "https://a.test/cb/"),
            redemption(at: now + .minutes(10)),
        ] {
            #expect(throws: OAuthError(.invalidGrant)) { try Machine.reduce(.issued(binding), event) }
        }
        #expect(throws: OAuthError(.invalidGrant)) {
            try Machine.reduce(.redeemed(binding), redemption(client: "other"))
        }
    }

    @Test func redirectURIIsNeededOnlyIfItWasSent() throws {
        var bare = binding
        bare.redirectURI = nil
        #expect(try Machine.reduce(.issued(bare), redemption(redirectURI: nil)).1 == [.issueTokens])
    }
}

struct RefreshTokenMachineTests {
    private typealias Machine = RefreshTokenMachine
    private let family = RefreshTokenMachine.Family(
        client: "web", scope: ScopeSet(["a", "b"]), generation: 2, expires: now + .minutes(60))

    private func present(
        _ generation: Int = 2, client: String = "web", scope: ScopeSet? = nil, at: Instant = now
    ) -> RefreshTokenMachine.Event {
        .present(.init(client: client, generation: generation, scope: scope, at: at))
    }

    @Test func movesAlongItsEdges() {
        let walked = edges(
            of: Machine.self, [.active(family), .revoked],
            [present(), present(1), present(client: "other"), present(scope: ScopeSet(["c"])), .revoke]
        ) { $0.name }
        #expect(walked == ["generation 2 > generation 3", "generation 2 > revoked"])
    }

    @Test func rotates() throws {
        let (state, effects) = try Machine.reduce(.active(family), present(scope: ScopeSet(["a"])))
        #expect(effects == [.issueTokens(ScopeSet(["a"]), generation: 3)])
        guard case .active(let next) = state else { return #expect(Bool(false)) }
        #expect(next.generation == 3)
        #expect(next.scope == family.scope)
    }

    @Test func reuseRevokesTheFamily() throws {
        let (state, effects) = try Machine.reduce(.active(family), present(1))
        #expect(state == .revoked)
        #expect(effects == [.refuseAndRevoke(OAuthError(.invalidGrant))])
        #expect(throws: OAuthError(.invalidGrant)) { try Machine.reduce(state, present()) }
        var lenient = family
        lenient.reuseRevokes = false
        #expect(throws: OAuthError(.invalidGrant)) { try Machine.reduce(.active(lenient), present(1)) }
    }

    @Test func refusals() {
        #expect(throws: OAuthError(.invalidScope)) {
            try Machine.reduce(.active(family), present(scope: ScopeSet(["a", "c"])))
        }
        #expect(throws: OAuthError(.invalidGrant)) { try Machine.reduce(.active(family), present(client: "other")) }
        #expect(throws: OAuthError(.invalidGrant)) {
            try Machine.reduce(.active(family), present(at: now + .minutes(60)))
        }
    }
}
