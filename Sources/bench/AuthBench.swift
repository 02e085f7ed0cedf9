import Harness
import Kernel
import OAuthCore

/// What checking a token and finding one in the vault cost.
struct AuthBench {
    private let options: BenchOptions
    private static let entries = 100_000
    private static let few = 100

    init(_ options: BenchOptions) { self.options = options }

    func measure(into table: inout FigureTable) async throws {
        let definition = try LabDefinition.load(named: "default", root: options.root)
        try await verification(definition, into: &table)
        try await vaultHit(definition, into: &table)
        try await fullVault(definition, into: &table)
    }

    /// Tokens that were never seen: what is verified once costs nothing any more.
    private func verification(_ definition: LabDefinition, into table: inout FigureTable) async throws {
        let rounds = 60
        let now = Instant(milliseconds: 1_795_168_800_000)
        var tokens: [String] = []
        for number in 0..<rounds * (Measure.samples + 1) {
            let claims: JSONObject = [
                "iss": "https://idp.test", "sub": "alice", "jti": .int(Int64(number)), "iat": .int(now.seconds),
                "exp": .int(now.seconds + 3600), "client_id": "web", "scope": "openid gw/read", "token_use": "access",
            ]
            tokens.append(try await definition.signer.sign(claims, type: nil))
        }
        let (keys, policy) = (definition.signer.publicKeys, TokenPolicy(issuer: "https://idp.test"))
        let time = try await Measure.microseconds(rounds: rounds) { round in
            guard case .success = await TokenVerifier.verify(tokens[round], keys: keys, policy: policy, at: now) else {
                throw BenchFailure("a good token was refused")
            }
        }
        table.add(Figure(name: "JWT verification, RS256", value: time, unit: "µs", budget: 60, remark: "fresh tokens"))
    }

    /// One `tools/call` whose token lies in the vault, in a lab whose MCP server answers at once.
    private func vaultHit(_ definition: LabDefinition, into table: inout FigureTable) async throws {
        let call = try await VaultLab.consented(definition)
        let time = try await Measure.microseconds(rounds: 200) { _ in
            guard try await call.call()["result"] != nil else { throw BenchFailure("the call did not succeed") }
        }
        table.add(
            Figure(
                name: "tools/call, token in the vault", value: time, unit: "µs", budget: 150,
                remark: "\(call.exchangesOfOneCall) exchanges, journal included; the server answers at once"))
    }

    /// The same hit in a vault of a hundred entries and in one of a hundred thousand.
    private func fullVault(_ definition: LabDefinition, into table: inout FigureTable) async throws {
        let (small, large) = (try await VaultLab.machine(definition), try await VaultLab.machine(definition))
        for number in 0..<Self.few { try await small.ask("s\(number)") }
        for number in 0..<Self.entries { try await large.ask("s\(number)") }
        let (ratio, less, more) = try await Measure.pairs(rounds: 200) {
            try await small.ask("s\($0 % Self.few)")
        } _: {
            try await large.ask("s\($0 % Self.few)")
        }
        table.add(
            Figure(
                name: "vault hit, 100,000 entries to 100", value: ratio, unit: "x", budget: 1.3,
                remark: "\(Int(less)) µs and \(Int(more)) µs for GetResourceOauth2Token"))
    }
}
