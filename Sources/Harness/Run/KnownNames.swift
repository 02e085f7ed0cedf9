import AWSCore
import IdentityService
import Kernel
import OAuthCore
import Scenario

/// What a `then` block may name and no vocabulary lists: kinds of tokens, who holds them, states of what moves. A
/// misspelled name would make a check true that looks at nothing.
package enum KnownNames {
    package static let tokenKinds = [
        "authorization_code", "access_token", "refresh_token", "id_token", "workload_access_token", "api_key",
        "secret_access_key", "session_token",
    ]
    /// Who holds or sees a token and is neither a user nor a party: where tokens are kept, the journal's notes, and the
    /// lab itself, which asks where a program does.
    package static let places = ["vault", "logs", "lab"]
    /// RFC 9110 section 9.3 and RFC 5789.
    static let methods = ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"]
    /// What a user's requests may come from: `alice's browser`.
    static let programs = ["browser", "MCP client", "AWS client"]
    /// `alice` for `alice's browser`; nil for what is no user's program.
    static func owner(ofProgram name: String) -> Substring? {
        programs.first { name.hasSuffix("'s \($0)") }.map { Substring(name.utf8.dropLast($0.utf8.count + 3)) }
    }

    /// The states of each kind of thing that moves, as its machine calls them. Those of a family and a grant count:
    /// `generation 2`.
    static let states: [(kind: String, states: [String])] = [
        ("target", TargetStatus.allCases.map(\.rawValue)), ("gateway", GatewayStatus.allCases.map(\.rawValue)),
        ("session", AuthorizationSessionMachine.State.allCases.map(\.rawValue)),
        ("code", codes), ("device", devices), ("refresh family", families), ("grant", families),
        // No machine of their own: what the authorization server writes down of them.
        ("consent", ["granted", "denied", "revoked"]), ("client", ["registered", "deleted"]),
    ]
    private static let generation = families[0]
    private static let never = Instant(milliseconds: 0)
    private static let codes: [String] = {
        let binding = AuthorizationCodeMachine.Binding(client: "", redirectURI: nil, challenge: nil, expires: never)
        return [AuthorizationCodeMachine.State.issued(binding), .redeemed(binding), .revoked].map(\.name)
    }()
    private static let devices: [String] = {
        let waiting = DeviceCodeMachine.Waiting(client: "", expires: never, interval: .zero)
        return [DeviceCodeMachine.State.waiting(waiting), .approved(waiting, user: ""), .denied, .redeemed].map(\.name)
    }()
    private static let families: [String] = {
        let family = RefreshTokenMachine.Family(client: "", scope: ScopeSet([]), expires: never)
        return [RefreshTokenMachine.State.active(family), .revoked].map(\.name)
    }()

    /// What is wrong with a state that nothing of that kind ever has, or with a kind that there is not.
    package static func mistake(in states: [String], of subject: String) -> (message: String, hint: String?)? {
        let known = Self.states.first { subject == $0.kind || subject.hasPrefix("\($0.kind) ") }
        let kind = known?.kind ?? String(subject.prefix { $0 != " " })
        guard !isMadeUp(kind) else { return nil }
        guard let known else {
            return (
                "nothing is called \"\(subject)\": there is no kind \"\(kind)\"",
                Suggestion.hint(for: kind, among: Self.states.map(\.kind))
            )
        }
        for state in states where !isMadeUp(state) {
            let isCounted = state.hasPrefix("generation ") && known.states.contains(generation)
            guard !isCounted, !known.states.contains(state) else { continue }
            return ("a \(kind) is never \"\(state)\"", Suggestion.hint(for: state, among: known.states))
        }
        return nil
    }

    private static func isMadeUp(_ name: String) -> Bool { name.contains("*") || name.contains("${") }
}

extension Reading {
    /// Everybody who may have sent, held or seen something, with their programs.
    private var everybody: [String] {
        let programs = (vocabulary.users + [PartyName.attacker]).flatMap { user in
            KnownNames.programs.map { "\(user)'s \($0)" }
        }
        return people + programs
    }

    /// Whether `everybody` has the name, without putting all those names together.
    private func isSomebody(_ name: String) -> Bool {
        if vocabulary.users.contains(name) || vocabulary.parties.contains(name) { return true }
        if name == PartyName.attacker || name == Party.outside.rawValue { return true }
        guard let owner = KnownNames.owner(ofProgram: name) else { return false }
        return owner == PartyName.attacker || vocabulary.users.contains { $0 == owner }
    }

    /// Reports somebody who is nobody in any lab.
    mutating func expectSomebody(_ node: DocumentNode, or places: [String] = []) {
        guard !vocabulary.users.isEmpty, let name = node.scalarText, !senders.contains(name) else { return }
        guard !places.contains(name), !isSomebody(name), !name.contains("${") else { return }
        let known = everybody + places
        let near = Suggestion.nearest(to: name, among: known).map { "did you mean \"\($0)\"?" }
        let forms = (places + ["a party", "a user"] + KnownNames.programs.map { "a user's \($0)" })
        report(
            node.place, "there is no user, party or program \"\(name)\"",
            hint: near ?? "it is \(forms.joined(separator: ", "))")
    }

    /// Reports a name so like somebody's that it must be meant. Any other may be that of a stranger.
    mutating func expectNoSlip(_ node: DocumentNode) {
        guard !vocabulary.users.isEmpty, let name = node.scalarText, !name.contains("${"), !senders.contains(name),
            !isSomebody(name), let near = Suggestion.nearest(to: name, among: everybody)
        else { return }
        report(node.place, "there is no user, party or program \"\(name)\"", hint: "did you mean \"\(near)\"?")
    }

    /// Reports a method that there is not; what a variable brings may be any.
    mutating func expectMethod(_ name: String, at place: Place) {
        guard !name.contains("${"), !KnownNames.methods.contains(name) else { return }
        let capitals = name.uppercased()
        let hint =
            KnownNames.methods.contains(capitals)
            ? "\(capitals) is one" : Suggestion.hint(for: capitals, among: KnownNames.methods)
        report(place, "no method is called \"\(name)\"", hint: hint)
    }

    /// Reports a path so like one of the authorization server's that it must be meant.
    mutating func expectNoSlip(ofPath node: DocumentNode, party: DocumentNode?) {
        guard let text = node.scalarText, !text.contains("*"), !node.namesAVariable,
            party.map({ $0.scalarText == Party.github.rawValue }) ?? true
        else { return }
        let path = String((text.split(separator: " ").last ?? "").prefix { $0 != "?" })
        // A path that the file names elsewhere too may be one that somebody is to ask for in vain.
        guard !vocabulary.vendorPaths.contains(path), node.place.source.text.split(separator: path).count < 3,
            let near = Suggestion.slip(path, among: vocabulary.vendorPaths)
        else { return }
        report(node.place, "nobody is asked for \(path)", hint: "did you mean \"\(near)\"?")
    }

    /// Reports a kind or a state that there is not; says whether all is well.
    @discardableResult
    mutating func expectStates(_ states: [String], of subject: String, at place: Place) -> Bool {
        guard let mistake = KnownNames.mistake(in: states, of: subject) else { return true }
        report(place, mistake.message, hint: mistake.hint)
        return false
    }
}

extension Evidence {
    /// Somebody of the lab, or somebody who sent or was asked something.
    func isSomebody(_ name: String) -> Bool {
        if KnownNames.places.contains(name) || PartyName.all.contains(name) { return true }
        if name == PartyName.attacker || name == Party.outside.rawValue || isUserName(name) { return true }
        if let owner = KnownNames.owner(ofProgram: name), isUserName(String(owner)) { return true }
        return exchanges.contains { PartyName.means(name, $0.from) || PartyName.means(name, $0.to) }
    }

    /// That a check asks for somebody who is nobody: it would hold whatever happened.
    func nobody(_ name: String, _ place: Place, _ what: String) -> Failure {
        Failure(
            place, what, expected: "somebody called \(name)", actual: "nobody is called so, and nobody did anything",
            hint: "it would hold whatever happened")
    }

    /// - Throws: `Diagnostic` for what a variable brought that nothing is ever called.
    func expectStates(_ states: [String], of subject: String, at place: Place) throws(Diagnostic) {
        guard let mistake = KnownNames.mistake(in: states, of: subject) else { return }
        throw Diagnostic(place, mistake.message, hint: mistake.hint)
    }
}
