import HTTPTypes
import Kernel
import OAuthCore

/// What a device waits for.
struct DeviceGrantRecord: PassingSecretRecord {
    static let collection = "authorization-server.device-grants"
    /// How long after its end a poll hears for sure that the code expired; later it may be unknown.
    static let afterlife = Span.minutes(60)
    /// The device's own code.
    let value: Secret
    /// What the user types, without its hyphen.
    let userCode: String
    let client: String
    let scopes: ScopeSet
    var state: DeviceCodeMachine.State
    var until: Instant?
    /// An allowed one is found by its grant too.
    var keys: [RecordKey] {
        let always = [passing, RecordKey("user-code", userCode)]
        guard case .approved(_, let user) = state else { return always }
        return always + [RecordKey("grant", GrantRecord.id(client: client, user: user).rawValue)]
    }
}

/// How often user codes were typed for one session in an hour (RFC 8628 section 5.1).
struct CodeTriesRecord: PassingRecord {
    static let collection = "authorization-server.code-tries"
    let id: Identifier<CodeTriesRecord>
    var count: Int
    /// The end of its hour.
    var until: Instant?
}

// The device flow: RFC 8628, and GitHub's dialect of it (`github-device-flow`).
extension AuthorizationServer {
    /// No vowels, so that no code is a word, and nothing that is taken for something else (section 6.1).
    private static let letters = Alphabet("BCDFGHJKLMNPQRSTVWXZ")
    /// GitHub's limit for an hour.
    private static let mostTries = 50

    func startDevice(_ request: Request) async throws -> Response {
        await readClientDocument(TokenRequest.body(request)["client_id"])
        return try await answer(request) { asked, transaction in
            guard let device = profile.features.device else { return .failure(ExchangeRefusal(.unsupportedGrant)) }
            return deviceCode(asked, device, in: &transaction).mapError { refusal in
                var refusal = refusal
                refusal.status = device.errorStatus
                return refusal
            }
        }
    }

    private func deviceCode(
        _ asked: TokenRequest, _ device: Features.Device, in transaction: inout Transaction
    ) -> Result<TokenAnswer, ExchangeRefusal> {
        let application: ApplicationRecord
        switch deviceClient(asked, in: &transaction) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let client): application = client
        }
        guard application.allowsDeviceFlow != false else { return .failure(ExchangeRefusal(.deviceFlowDisabled)) }
        let scopes = ScopeSet(parsing: asked["scope"] ?? "")
        if refuses(scopes, of: application) {
            return .failure(ExchangeRefusal(.invalidScope))
        }
        let letters = world.entropy.text(8, from: Self.letters, for: "user code")
        let waiting = DeviceCodeMachine.Waiting(
            client: application.id.rawValue, expires: now + device.lifetime, interval: device.interval)
        let record = DeviceGrantRecord(
            value: Secret(world.entropy.text(40, from: .hex, for: "device code")), userCode: letters,
            client: application.id.rawValue, scopes: profile.scopes.normalized(scopes), state: .waiting(waiting),
            until: waiting.expires + DeviceGrantRecord.afterlife)
        transaction.save(passing: record, at: now)
        move("device \(record.id)", from: nil, to: record.state.name, "asked by its client", in: &transaction)
        return .success(TokenAnswer(members: description(record, device)))
    }

    /// A client that has a secret shows it (sections 3.1 and 3.4). Vendors let a device, which keeps none, only say who
    /// it is; a secret that it shows must be the right one.
    private func deviceClient(
        _ asked: TokenRequest, in transaction: inout Transaction
    ) -> Result<ApplicationRecord, ExchangeRefusal> {
        if profile.features.device?.authenticatesClients == true { return authenticated(asked, in: &transaction) }
        guard let application = application(asked.clientID, in: &transaction) else {
            return .failure(ExchangeRefusal(unknownClient))
        }
        let showsNothing = asked.clientSecret == nil && asked.assertion == .absent
        guard showsNothing || isProven(asked, application, in: &transaction) else {
            return .failure(ExchangeRefusal(.badCredentials))
        }
        return .success(application)
    }

    private func description(_ record: DeviceGrantRecord, _ device: Features.Device) -> JSONObject {
        let shown = "\(record.userCode.prefix(4))-\(record.userCode.suffix(4))"
        var members: JSONObject = [
            "device_code": .string(record.value.exposed), "user_code": .string(shown),
            "verification_uri": .string(origin + device.page),
            "expires_in": .int(device.lifetime.milliseconds / 1000),
            "interval": .int(device.interval.milliseconds / 1000),
        ]
        if device.hasCompleteURL {
            members.append("verification_uri_complete", .string("\(origin)\(device.page)?user_code=\(shown)"))
        }
        return members
    }

    /// A poll of the token endpoint (section 3.4).
    func redeemDevice(
        _ asked: TokenRequest, in transaction: inout Transaction
    ) -> Result<TokenAnswer, ExchangeRefusal> {
        let application: ApplicationRecord
        switch deviceClient(asked, in: &transaction) {
        case .failure(let refusal): return .failure(refusal)
        case .success(let client): application = client
        }
        guard application.mayUse(Self.deviceGrant) else { return .failure(ExchangeRefusal(.unauthorizedClient)) }
        guard let value = asked["device_code"] else { return .failure(missing(.badDeviceCode)) }
        guard var record = transaction.find(DeviceGrantRecord.self, holding: value) else {
            return .failure(ExchangeRefusal(.badDeviceCode))
        }
        var client = application.id.rawValue
        if client != record.client {
            if world.switches.holds(.deviceCodeClientBinding) {
                note(.deviceCodeClientBinding, "the device code is another client's", in: &transaction)
            } else {
                client = record.client
            }
        }
        do throws(DeviceCodeMachine.Refusal) {
            let (state, effects) = try DeviceCodeMachine.reduce(record.state, .poll(client: client, at: now))
            let old = record.state.name
            record.state = state
            transaction.save(record)
            switch effects.first {
            case .issueTokens(let user)?:
                move("device \(record.id)", from: old, to: state.name, "polled", in: &transaction)
                return .success(tokens(record, application, user, in: &transaction))
            case .refuse(let refusal)?: return .failure(Self.refusal(refusal))
            case nil: return .failure(ExchangeRefusal(.badDeviceCode))
            }
        } catch {
            return .failure(Self.refusal(error))
        }
    }

    private func tokens(
        _ record: DeviceGrantRecord, _ application: ApplicationRecord, _ user: String,
        in transaction: inout Transaction
    ) -> TokenAnswer {
        // The rest is as with a code that was redeemed at once.
        let binding = AuthorizationCodeMachine.Binding(
            client: application.id.rawValue, redirectURI: nil, challenge: nil, expires: now)
        let code = CodeRecord(
            value: record.value, client: application.id.rawValue, user: user, scopes: record.scopes,
            redirectURI: "", namedRedirectURI: false, challenge: nil, expires: now, state: .redeemed(binding))
        return issueTokens(application, code, for: nil, in: &transaction)
    }

    private static func refusal(_ refusal: DeviceCodeMachine.Refusal) -> ExchangeRefusal {
        switch refusal {
        case .pending: ExchangeRefusal(.authorizationPending)
        case .slowDown(let interval):
            ExchangeRefusal(.slowDown, more: ["interval": .int(interval.milliseconds / 1000)])
        case .denied: ExchangeRefusal(.accessDenied)
        case .expired: ExchangeRefusal(.expiredToken)
        case .unknown: ExchangeRefusal(.badDeviceCode)
        }
    }
}

// The pages where a user types the code and decides.
extension AuthorizationServer {
    func showDevice(_ request: Request) throws -> Response {
        try world.store.write { transaction in
            guard let (session, user) = signedIn(request, in: &transaction) else { return toDeviceSignIn(request) }
            let typed = request.parameters["user_code"] ?? ""
            guard !typed.isEmpty else { return codePage(session, in: &transaction) }
            return consentPage(typed, session, user, in: &transaction)
        }
    }

    /// Both forms end here: the typed code leads to the question, the question to an end.
    func decideDevice(_ request: Request) throws -> Response {
        try world.store.write { transaction in
            guard let (session, user) = signedIn(request, in: &transaction) else { return toDeviceSignIn(request) }
            let form = request.form
            let typed = form["user_code"] ?? ""
            guard let decision = form["decision"] else {
                if case .forged = origin(of: form, about: "device", session, in: &transaction) { return forgedForm }
                return consentPage(typed, session, user, in: &transaction)
            }
            let subject = "device \(Self.plain(typed))"
            if case .forged = origin(of: form, about: subject, session, in: &transaction) { return forgedForm }
            guard var record = waiting(typed, in: &transaction) else { return noSuchCode }
            let event: DeviceCodeMachine.Event =
                decision == "approve" ? .approve(user: user.name, at: now) : .deny(at: now)
            guard let (state, _) = try? DeviceCodeMachine.reduce(record.state, event) else { return noSuchCode }
            move("device \(record.id)", from: record.state.name, to: state.name, decision, in: &transaction)
            record.state = state
            transaction.save(record)
            // What was allowed a device is a grant like any other.
            if decision == "approve" {
                grant(record.scopes, to: record.client, by: user, because: "device", in: &transaction)
            }
            return Pages.message(200, "Done", "You can go back to your device now.")
        }
    }

    private func codePage(_ session: SessionRecord, in transaction: inout Transaction) -> Response {
        let page = newPage(session, about: "device", in: &transaction)
        let form = Pages.form(
            profile.features.device?.page ?? "", page.value,
            """
            <label>Code shown on your device
            <input name="user_code" autocomplete="off" required autofocus></label>
            <button type="submit" name="action" value="continue">Continue</button>
            """)
        return Pages.response(200, "Connect a device", form)
    }

    /// `A28`: the page says who asks and shows the code, so that somebody who was sent here can notice.
    private func consentPage(
        _ typed: String, _ session: SessionRecord, _ user: UserDirectory.User, in transaction: inout Transaction
    ) -> Response {
        guard mayTry(user, in: &transaction) else {
            return Pages.message(429, "Too many codes", "Wait an hour before you try another code.")
        }
        guard let record = waiting(typed, in: &transaction),
            let application = application(record.client, in: &transaction)
        else { return noSuchCode }
        let page = newPage(session, about: "device \(record.userCode)", in: &transaction)
        let scopes = record.scopes.isEmpty ? "no scopes" : record.scopes.spaceSeparated
        let form = Pages.form(
            profile.features.device?.page ?? "", page.value,
            """
            \(HTML.hidden("user_code", record.userCode))
            <p class="row"><button type="submit" name="decision" value="approve">Approve</button>
            <button type="submit" name="decision" value="deny" class="quiet">Cancel</button></p>
            """)
        let text = """
            <p>A device shows the code <code>\(HTML.escape(record.userCode))</code> and says it is \
            <strong>\(HTML.escape(application.name))</strong>. It asks for \(HTML.escape(scopes)) of \
            <strong>\(HTML.escape(user.login))</strong>.</p>
            <p>Cancel if the code is not on a device in front of you: somebody else would get in.</p>

            """
        return Pages.response(200, "Authorize a device", text + form)
    }

    private func waiting(_ typed: String, in transaction: inout Transaction) -> DeviceGrantRecord? {
        let found = transaction.find(DeviceGrantRecord.self, where: "user-code", is: Self.plain(typed)).first
        guard let found, case .waiting(let waiting) = found.state, now < waiting.expires else { return nil }
        return found
    }

    /// `user-code-tries`: nobody tries codes until one fits.
    private func mayTry(_ user: UserDirectory.User, in transaction: inout Transaction) -> Bool {
        let hour = now.seconds / 3600
        let id = Identifier<CodeTriesRecord>("\(user.name) \(hour)")
        let end = Instant(milliseconds: (hour + 1) * 3_600_000)
        var tries = transaction.find(CodeTriesRecord.self, id) ?? CodeTriesRecord(id: id, count: 0, until: end)
        tries.count += 1
        transaction.save(passing: tries, at: now)
        guard tries.count > Self.mostTries, world.switches.holds(.userCodeTries) else { return true }
        note(.userCodeTries, "\(user.name) typed more than \(Self.mostTries) codes in an hour", in: &transaction)
        return false
    }

    /// Case and hyphen do not matter (section 6.1).
    private static func plain(_ typed: String) -> String {
        String(typed.uppercased().prefix(64).filter { $0.isLetter })
    }

    private var noSuchCode: Response {
        Pages.message(404, "Unknown code", "The code is wrong, was used, or its time is over.")
    }

    private func toDeviceSignIn(_ request: Request) -> Response {
        toSignIn(returningTo: request.query.isEmpty ? request.path : "\(request.path)?\(request.query)")
    }
}
