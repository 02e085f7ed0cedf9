package import Kernel

// Applications are records, so that a lab can change them; until one is changed, the profile's own description counts.
extension AuthorizationServer {
    /// Registers an application, or changes the members that `json` has.
    ///
    /// - Returns: the application without its secret, as it counts under the profile of now.
    package func putApplication(clientID: String, _ json: JSONValue) throws -> JSONValue {
        guard !clientID.isEmpty, clientID.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else {
            throw ApplicationProblem("a client id is a text without blanks")
        }
        let apps = chosen.profile.features.oauthApps
        return try world.store.write { transaction in
            let changed = try (registered(clientID, in: &transaction) ?? ApplicationRecord(clientID: clientID))
                .merging(json)
            if json["callbacks"] != nil, changed.callbacks.count > 1, !apps.allowsSeveralCallbacks(of: changed) {
                throw ApplicationProblem("callbacks must be a list of one: this server's OAuth apps have no more")
            }
            transaction.save(changed)
            return changed.placed(world.addresses).counting(in: apps).json
        }
    }

    func application(_ clientID: String?, in transaction: inout Transaction) -> ApplicationRecord? {
        guard let clientID else { return nil }
        return registered(clientID, in: &transaction)?.placed(world.addresses).counting(in: profile.features.oauthApps)
    }

    private func registered(_ clientID: String, in transaction: inout Transaction) -> ApplicationRecord? {
        transaction.find(ApplicationRecord.self, Identifier(clientID))
            ?? profile.applications.first { areSame($0.id.rawValue, clientID) }
    }

    /// Who sends a request that needs a client: known, and proven in the way it was registered for.
    func authenticated(
        _ asked: TokenRequest, in transaction: inout Transaction
    ) -> Result<ApplicationRecord, ExchangeRefusal> {
        guard let application = application(asked.clientID, in: &transaction) else {
            return .failure(ExchangeRefusal(unknownClient))
        }
        guard isProven(asked, application, in: &transaction) else { return .failure(ExchangeRefusal(.badCredentials)) }
        return .success(application)
    }

    /// Whether a request shows that it is the application's own, by secret or by signature (RFC 6749 section 2.3).
    func isProven(
        _ asked: TokenRequest, _ application: ApplicationRecord, in transaction: inout Transaction
    ) -> Bool {
        switch application.method {
        case .privateKeyJWT?: return accepts(asked.assertion, of: application, in: &transaction)
        case ClientMethod.none?:
            return asked.clientSecret == nil && profile.features.clientAuthentication.contains(.none)
        case let method:
            guard asked.assertion == .absent, method == nil || asked.method == nil || asked.method == method,
                asked.method.map(profile.features.clientAuthentication.contains) ?? true
            else { return false }
            return secretFits(asked.clientSecret, application, in: &transaction)
        }
    }

    /// `client-secret`: whether this is the application's own secret.
    func secretFits(_ secret: String?, _ application: ApplicationRecord, in transaction: inout Transaction) -> Bool {
        if constantTimeEqual(secret ?? "", application.secret.exposed) || !world.switches.holds(.clientSecret) {
            return true
        }
        note(.clientSecret, "the secret of \(application.id) is missing or wrong", in: &transaction)
        return false
    }
}
