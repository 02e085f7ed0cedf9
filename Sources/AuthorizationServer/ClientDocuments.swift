import HTTPTypes
import Kernel
import OAuthCore

// A client id that is the URL of a document: draft-ietf-oauth-client-id-metadata-document-02.
extension AuthorizationServer {
    /// `cimd-04`: about 5 kB.
    private static let longestDocument = 5120

    /// Fetches the document of a client that is named by its URL, unless a young one is kept. What is wrong with it is
    /// in the journal; the client is then as unknown as any other stranger.
    func readClientDocument(_ clientID: String?) async {
        guard profile.features.readsClientDocuments, let clientID, clientID.utf8.starts(with: "https://".utf8) else {
            return
        }
        let kept = try? world.store.write({ $0.find(ApplicationRecord.self, Identifier(clientID)) })
        if let kept, kept.registration == nil || kept.registration?.freshUntil.map({ now < $0 }) ?? true { return }
        let fetched = Self.isClientURL(clientID) ? await fetchDocument(clientID) : nil
        try? world.store.write { transaction in
            // Somebody may have fetched it too, or written it down by hand: what is newer stays.
            let found = transaction.find(ApplicationRecord.self, Identifier(clientID))
            guard found?.registration?.issuedAt == kept?.registration?.issuedAt, (found == nil) == (kept == nil) else {
                return
            }
            guard let fetched, let application = client(clientID, fetched, in: &transaction) else {
                // Errors are not kept, and a document that went bad serves no longer.
                transaction.remove(ApplicationRecord.self, Identifier(clientID))
                world.note("the document of client \(clientID) is not to be had", in: &transaction)
                return
            }
            transaction.save(application)
        }
    }

    /// `cimd-01`: https, a path without dot segments, no fragment, nobody before the host.
    private static func isClientURL(_ text: String) -> Bool {
        guard let parts = URLParts(text), parts.scheme == "https", parts.fragment == nil, parts.userInfo == nil,
            !parts.path.isEmpty
        else { return false }
        return parts.path.pieces(by: "/").allSatisfy { ![".", ".."].contains(percentDecoded($0)) }
    }

    /// `client-document-identity`: the document names its own address, has no secret, and describes a legal client.
    private func client(
        _ clientID: String, _ fetched: FetchedDocument, in transaction: inout Transaction
    ) -> ApplicationRecord? {
        guard let json = fetched.json.object else { return nil }
        if json["client_id"]?.string != clientID, world.switches.holds(.clientDocumentIdentity) {
            note(.clientDocumentIdentity, "the document at \(clientID) is another client's", in: &transaction)
            return nil
        }
        // `cimd-03` (section 4.1): nothing in a public document can be a shared secret.
        guard json["client_secret"] == nil, json["client_secret_expires_at"] == nil,
            let metadata = try? ClientMetadata(json, standard: .none, self, in: &transaction),
            metadata.method == .none || metadata.method == .privateKeyJWT
        else { return nil }
        let registration = ClientRegistration(
            issuedAt: now, freshUntil: now + fetched.lifetime, metadata: metadata.json)
        return metadata.application(clientID, secret: Secret(""), registration)
    }

    /// A document somebody else names, and how long it may be kept.
    struct FetchedDocument {
        let json: JSONValue
        let lifetime: Span
    }

    /// `A25`: only from a public host, without following a redirect, and not more than a client's description needs.
    func fetchDocument(_ url: String) async -> FetchedDocument? {
        guard let parts = URLParts(url), parts.scheme == "https" else { return nil }
        // An address is no client's name, whatever network it is of.
        if HostName.isAddress(parts.host) || HostName.isInside(parts.host),
            world.switches.holds(.clientDocumentPublicHost)
        {
            world.note(
                "\(parts.host) is no public host, so nothing is fetched from it", rule: .clientDocumentPublicHost)
            return nil
        }
        guard let response = try? await world.network.send(Request(.get, url, headers: [.accept: "application/json"])),
            response.status == 200, !response.content.isLonger(than: Self.longestDocument), let json = response.json
        else { return nil }
        return FetchedDocument(json: json, lifetime: Self.lifetime(response.header(.cacheControl) ?? ""))
    }

    /// `max-age` up to a day; five minutes where the answer does not say.
    private static func lifetime(_ control: String) -> Span {
        let words = control.lowercased().split(separator: ",").map { trimmed($0) }
        if words.contains("no-store") || words.contains("no-cache") { return .zero }
        let age = words.first { $0.hasPrefix("max-age=") }.flatMap { Int64($0.dropFirst("max-age=".count)) }
        return .seconds(min(max(age ?? 300, 0), 86_400))
    }
}
