package import Kernel

/// Who started a consent session, as the identity service was told.
package enum SessionStarter: Hashable, Sendable {
    /// The user's JWT.
    case token(Secret)
    /// An opaque user id, such as a target's `authorizationData.userId`.
    case id(String)
}

extension Lab {
    /// Who started a session: read off the journal, where the call that gave the session follows the call that gave its
    /// workload token.
    package func starter(ofSession uri: String) -> SessionStarter? {
        // From the end: it is the last of many that is asked for.
        let calls = store.journal().reversed().lazy.compactMap { entry -> Exchange? in
            guard case .exchange(let exchange) = entry.event, exchange.to == .aws, exchange.status == 200,
                exchange.request.path.hasPrefix("/identities/")
            else { return nil }
            return exchange
        }
        guard let session = calls.first(where: { $0.answer?["sessionUri"]?.string == uri }),
            let token = session.question?["workloadIdentityToken"]?.string,
            let birth = calls.first(where: { $0.answer?["workloadAccessToken"]?.string == token })
        else { return nil }
        if let jwt = birth.question?["userToken"]?.string { return .token(Secret(jwt)) }
        return birth.question?["userId"]?.string.map { .id($0) }
    }
}

extension Exchange {
    fileprivate var question: JSONValue? { try? request.json() }
    fileprivate var answer: JSONValue? {
        if case .answered(let response) = outcome { response.json } else { nil }
    }
}
