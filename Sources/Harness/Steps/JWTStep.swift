import HTTPTypes
package import Kernel
import OAuthCore
package import Scenario

/// `jwt: ${alice.accessToken}` takes a token apart and checks its signature with the keys its issuer publishes.
///
/// `signature` is `valid`, or why it is not; `lifetime` and `age` are seconds of world time.
package struct JWTStep: LabStep {
    package static let keyword = "jwt"
    private static let roots = ["header", "claims", "signature", "times", "lifetime", "age", "expired", "keys"]
    package static let shape = StepShape(
        """
        Takes a JWT apart and checks it: signature is valid, bad signature, unknown key, algorithm not allowed, \
        malformed or no keys; times is valid, expired, not yet valid, no exp and the like, or unknown; lifetime and \
        age are seconds.
        """, value: .text, outcome: roots,
        [
            ShapeMember("keys", .text, "Where the key set is; by default the issuer's discovery document says so."),
            ShapeMember("leeway", .span, "How much the clocks may differ."), .asAnybody(Party.outside.rawValue),
        ])
    private let token: Template
    private let keys: Template?
    private let leeway: Settled<Span>
    private let sender: Who
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        token = Template(node.value, &reading)
        keys = members["keys"].map { Template($0, &reading) }
        leeway = members["leeway"]?.settledSpan(&reading, as: "leeway") ?? Settled(.zero)
        sender = Who(
            members["as"], standard: Party.outside.rawValue, "user or party", among: reading.people, &reading)
        expectations = Expectations(members["expect"], roots: Self.roots, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
        let verdicts = Verdict.allCases.map(\.rawValue)
        for line in expectations.lines where line.path.text == "signature" {
            for (word, place) in line.predicate.words {
                reading.expectName(word, of: "verdict on a signature", among: verdicts, at: place)
            }
        }
        guard let text = node.value.text(&reading, as: "a token") else { return nil }
        if token.isConstant, DecodedToken(text) == nil {
            reading.report(node.value.place, "this is no JWT", hint: "such as ${alice.accessToken} after a sign-in")
        }
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let variables = run.variables
        let text = try token.text(variables)
        guard let decoded = DecodedToken(text) else {
            // Three parts are a token that somebody damaged, and judged as any other (RFC 7515 section 3.1).
            guard text.pieces(by: ".", keepingEmpty: true).count == 3 else {
                throw Diagnostic(token.place, "this is no JWT")
            }
            return ["signature": .string(Verdict.malformed.rawValue), "times": "unknown"]
        }
        let now = run.lab.clock.now
        let claims = decoded.claims
        var outcome: JSONObject = ["header": .object(decoded.header), "claims": .object(claims)]
        let issuer = claims["iss"]?.string ?? ""
        let sender = run.party(of: try sender.name(variables), with: "browser")
        let set = try await keySet(issuer, variables, run, sender)
        outcome["keys"] = set?["keys"]
        if let set {
            // Issuer and times are the author's to judge; the signature is ours.
            let policy = TokenPolicy(issuer: issuer, leeway: try leeway.value(variables))
            let verdict = await TokenVerifier.verify(text, keys: set, policy: policy, at: now)
            outcome["signature"] = .string(Verdict(verdict).rawValue)
            outcome["times"] = .string(Self.times(verdict))
        } else {
            outcome["signature"] = .string(Verdict.noKeys.rawValue)
        }
        let born = Instant(numericDate: claims["iat"])
        if let expires = Instant(numericDate: claims["exp"]) {
            if let born { outcome["lifetime"] = .int(expires.seconds - born.seconds) }
            outcome["expired"] = .bool(now >= expires)
        }
        if let born { outcome["age"] = .int(now.seconds - born.seconds) }
        return .object(outcome)
    }

    /// A key set as the file says, or as the issuer's metadata says (OpenID Connect Discovery section 4, RFC 8414
    /// section 3).
    private func keySet(
        _ issuer: String, _ variables: Variables, _ run: ScenarioRun, _ sender: Party
    ) async throws -> JSONValue? {
        func get(_ url: String) async -> JSONValue? {
            guard URLParts(url) != nil else { return nil }
            let response = try? await run.lab.network.send(Request(.get, url), from: sender)
            return response?.status == 200 ? response?.json : nil
        }
        if let keys { return await get(try keys.text(variables)) }
        let base = issuer.hasSuffix("/") ? String(issuer.dropLast()) : issuer
        guard !base.isEmpty,
            let metadata = await get("\(base)/.well-known/openid-configuration"),
            let place = metadata["jwks_uri"]?.string
        else { return nil }
        return await get(place)
    }

    /// What is said of a signature.
    private enum Verdict: String, CaseIterable {
        case valid
        case badSignature = "bad signature"
        case unknownKey = "unknown key"
        case algorithmNotAllowed = "algorithm not allowed"
        case malformed
        case noKeys = "no keys"

        init(_ outcome: Result<JSONObject, TokenRefusal>) {
            self =
                switch outcome {
                case .failure(.badSignature): .badSignature
                case .failure(.unknownKey): .unknownKey
                case .failure(.algorithmNotAllowed): .algorithmNotAllowed
                case .failure(.malformed): .malformed
                // Everything else is found only after the signature held.
                case .success, .failure: .valid
                }
        }
    }

    private static func times(_ verdict: Result<JSONObject, TokenRefusal>) -> String {
        switch verdict {
        case .success: "valid"
        case .failure(.expired): "expired"
        case .failure(.notYetValid): "not yet valid"
        case .failure(.missingClaim(let name)): "no \(name)"
        case .failure: "unknown"
        }
    }

    /// A token whose signature nobody asked about must have a good one.
    package func unexpectedFailure(in outcome: JSONValue) -> String? {
        guard !speaks(of: "signature"), let signature = outcome["signature"]?.string,
            signature != Verdict.valid.rawValue
        else { return nil }
        return "the signature is not valid: \(signature)"
    }
}
