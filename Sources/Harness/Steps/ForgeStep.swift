package import Kernel
import OAuthCore
package import Scenario

/// `forge: provider` makes a JWT that nobody issued: with the keys of the inbound provider, as if it had gone wrong or
/// was another vendor's, or with a stranger's, and with any header and claims.
package struct ForgeStep: LabStep {
    package static let keyword = "forge"
    private static let roots = ["token", "keys"]
    /// Whose keys.
    private static let owners = ["provider", "stranger"]
    private static let hands = TokenForge.Hand.allCases.map(\.rawValue)
    /// Written out, or a variable that holds them.
    private static let members = Shape.either([.names(.anything), .text])
    package static let shape = StepShape(
        "Makes a JWT that nobody issued, with the keys of the inbound provider or of a stranger.",
        value: .word(owners), outcome: roots,
        [
            ShapeMember("like", .text, "A token whose header and claims are taken over."),
            ShapeMember("algorithm", .text, "By which algorithm it is signed."),
            ShapeMember(
                "hand", .word(hands), "key, or public-key for HMAC, or nobody."),
            ShapeMember("header", members, "Members of the header; null leaves one out."),
            ShapeMember("claims", members, "Claims; null leaves one out."),
            ShapeMember("times", members, "Claims in seconds from now: {exp: 3600, nbf: -5}."),
        ])
    private let owner: Template
    private let texts: [String: Template]
    private let parts: [String: Template]
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        owner = Template(node.value, &reading)
        var texts: [String: Template] = [:]
        for name in ["like", "algorithm", "hand"] { texts[name] = members[name].map { Template($0, &reading) } }
        var parts: [String: Template] = [:]
        for name in ["header", "claims", "times"] { parts[name] = Template.mapping(name, members, &reading) }
        (self.texts, self.parts) = (texts, parts)
        expectations = Expectations(members["expect"], roots: Self.roots, &reading)
        saves = Saves(members["save"], roots: Self.roots, &reading)
        guard let name = node.value.text(&reading, as: "provider or stranger") else { return nil }
        reading.expectName(name, of: "signer", among: Self.owners, at: node.value.place)
        if let hand = members["hand"], let name = hand.scalarText {
            reading.expectName(name, of: "hand", among: Self.hands, at: hand.place)
        }
        if let algorithm = members["algorithm"], let name = algorithm.scalarText, members["hand"] == nil {
            let known = SignatureAlgorithm.all.map(\.rawValue)
            reading.expectName(name, of: "algorithm that signs", among: known, at: algorithm.place)
        }
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let variables = run.variables
        func part(_ name: String) throws -> JSONObject { try parts[name]?.members(variables) ?? [:] }
        let model = try model(variables)
        var claims = model?.claims ?? [:]
        for member in try part("claims").members { claims[member.name] = member.value.isNull ? nil : member.value }
        let now = run.lab.clock.now.seconds
        for member in try part("times").members {
            guard let seconds = member.value.int, seconds.magnitude < 1 << 40 else {
                throw Diagnostic(owner.place, "times are whole numbers of seconds from now")
            }
            claims[member.name] = .int(now + seconds)
        }
        var header = model?.header ?? [:]
        for name in ["alg", "kid"] { header[name] = nil }
        for member in try part("header").members { header[member.name] = member.value }
        let signer = try signer(run)
        let hand = try hand(variables)
        do {
            let token = try await TokenForge(signer).token(
                claims, header: header, by: hand,
                algorithm: texts["algorithm"].map { try $0.text(variables) })
            return ["token": .string(token), "keys": signer.publicKeys["keys"] ?? []]
        } catch let failure as KeyFailure {
            throw Diagnostic(owner.place, failure.description)
        }
    }

    /// The token that `like` names; none if it names none.
    private func model(_ variables: Variables) throws(Diagnostic) -> DecodedToken? {
        guard let template = texts["like"] else { return nil }
        if let token = DecodedToken(try template.text(variables)) { return token }
        throw Diagnostic(template.place, "this is no JWT to take over from", hint: "such as ${alice.accessToken}")
    }

    private func hand(_ variables: Variables) throws(Diagnostic) -> TokenForge.Hand {
        guard let template = texts["hand"] else { return .key }
        let name = try template.text(variables)
        if let hand = TokenForge.Hand(rawValue: name) { return hand }
        throw Diagnostic(
            template.place, "there is no hand \"\(name)\"", hint: Suggestion.hint(for: name, among: Self.hands))
    }

    private func signer(_ run: ScenarioRun) throws -> TokenSigner {
        let name = try owner.text(run.variables)
        if name == "provider" { return run.lab.signer }
        guard name == "stranger", let keys = run.lab.definition.clientKeys else {
            throw Diagnostic(owner.place, "the keys are the provider's or a stranger's")
        }
        return keys
    }
}
