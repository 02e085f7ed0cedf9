import HTTPTypes
import Kernel
import OAuthCore

// Dynamic client registration: RFC 7591, and RFC 7592 for what comes after.
extension AuthorizationServer {
    /// Longer ones describe no client.
    private static let longestMetadata = 65_536

    func register(_ request: Request) throws -> Response {
        if let expected = profile.features.registration?.initialAccessToken {
            // `7591-04`: the challenge is that of RFC 6750.
            guard let sent = request.credentials("Bearer"), constantTimeEqual(sent, expected.exposed) else {
                return unauthorized(request)
            }
        }
        return try world.store.write { transaction in
            do throws(ExchangeRefusal) {
                let metadata = try metadata(in: request, &transaction)
                let id = world.entropy.uuid(for: "client registration")
                let registration = ClientRegistration(
                    issuedAt: now, accessToken: newSecret("registration access token"), metadata: metadata.json)
                let application = metadata.application(id, secret: newSecret("client secret"), registration)
                transaction.save(application)
                move("client \(id)", from: nil, to: "registered", "dynamic registration", in: &transaction)
                return description(201, application)
            } catch {
                return registrationRefused(error)
            }
        }
    }

    /// `GET`, `PUT` and `DELETE` of the client's own configuration (RFC 7592 section 2).
    func manageRegistration(_ request: Request, _ clientID: String) throws -> Response {
        try world.store.write { transaction in
            guard let own = ownRegistration(request, clientID, in: &transaction) else { return unauthorized(request) }
            switch request.method {
            case .delete:
                endGrants(of: clientID, in: &transaction)
                transaction.remove(ApplicationRecord.self, own.id)
                move("client \(clientID)", from: "registered", to: "deleted", "its own wish", in: &transaction)
                return Response(204, headers: .unkept)
            case .put:
                do throws(ExchangeRefusal) {
                    // Section 2.2: the client names itself, and a secret only if it is its own.
                    let json = (try? request.json())?.object ?? [:]
                    guard json["client_id"]?.string == clientID,
                        json["client_secret"].map({ $0.string == own.secret.exposed }) ?? true
                    else { throw ExchangeRefusal(.invalidClientMetadata) }
                    let metadata = try metadata(in: request, &transaction)
                    var registration = own.registration
                    registration?.metadata = metadata.json
                    guard let registration else { return unauthorized(request) }
                    let changed = metadata.application(clientID, secret: own.secret, registration)
                    transaction.save(changed)
                    return description(200, changed)
                } catch {
                    return registrationRefused(error)
                }
            default: return description(200, own)
            }
        }
    }

    /// `7592-delete`: what the client was given ends with it, by its users and for itself.
    private func endGrants(of client: String, in transaction: inout Transaction) {
        let cause = "its client was deleted"
        for grant in transaction.all(GrantRecord.self) where grant.client == client {
            end(grant.id, because: cause, in: &transaction)
        }
        revokeTokens(of: GrantRecord.id(client: client, user: ""), because: cause, in: &transaction)
    }

    /// `registration-own-token`: the client that shows the token of this very registration.
    private func ownRegistration(
        _ request: Request, _ clientID: String, in transaction: inout Transaction
    ) -> ApplicationRecord? {
        guard let application = transaction.find(ApplicationRecord.self, Identifier(clientID)),
            let token = application.registration?.accessToken, let sent = request.credentials("Bearer")
        else { return nil }
        if constantTimeEqual(sent, token.exposed) { return application }
        guard world.switches.holds(.registrationOwnToken) else { return application }
        note(.registrationOwnToken, "the token is not that of the registration \(clientID)", in: &transaction)
        return nil
    }

    private func metadata(
        in request: Request, _ transaction: inout Transaction
    ) throws(ExchangeRefusal) -> ClientMetadata {
        guard request.mediaType == "application/json", !request.content.isLonger(than: Self.longestMetadata),
            let json = (try? request.json())?.object
        else { throw ExchangeRefusal(.invalidClientMetadata) }
        // Section 2: who says nothing is a confidential client with Basic, where the server has that.
        let methods = profile.features.clientAuthentication
        return try ClientMetadata(
            json, standard: methods.contains(.basic) ? .basic : methods.first ?? .basic, self, in: &transaction)
    }

    /// `7591-01`: what was registered, with the secret of a client that has one.
    private func description(_ status: Int, _ application: ApplicationRecord) -> Response {
        guard let registration = application.registration else { return Response(500) }
        let id = application.id.rawValue
        var members: JSONObject = [
            "client_id": .string(id), "client_id_issued_at": .int(registration.issuedAt.seconds),
        ]
        if application.method == .basic || application.method == .post {
            members.append("client_secret", .string(application.secret.exposed))
            members.append("client_secret_expires_at", 0)
        }
        if let token = registration.accessToken, let endpoint = profile.features.registration?.endpoint {
            members.append("registration_access_token", .string(token.exposed))
            members.append("registration_client_uri", .string("\(origin)\(endpoint)/\(id)"))
        }
        return .json(status, .object(members.merging(registration.metadata)), headers: .unkept)
    }

    private func registrationRefused(_ refusal: ExchangeRefusal) -> Response {
        .json(400, .object(refused(refusal.refusal).members), headers: .unkept)
    }

    private func unauthorized(_ request: Request) -> Response {
        // RFC 6750 section 3.1: without a token there is no error to speak of.
        let error = request.header(.authorization) == nil ? nil : OAuthError.Code.invalidToken
        return Response(401, headers: [.wwwAuthenticate: BearerChallenge(error: error, realm: profile.vendor).rendered])
    }

    private func newSecret(_ purpose: Purpose) -> Secret {
        Secret(world.entropy.text(40, from: .base62, for: purpose))
    }
}
