import HTTPTypes
import Kernel
import OAuthCore

/// A token request whose client is known.
struct TokenRequest: Sendable {
    let client: InboundProfile.Client
    let form: Form
    let now: Instant
}

extension InboundProvider {
    /// The token endpoint, RFC 6749 section 3.2.
    func token(_ request: Request) async throws -> Response {
        switch authenticate(request) {
        case .failure(let error): return clientRefused(error, request)
        case .success(let asked):
            do {
                let minted = try await exchange(asked)
                return .unkept(200, minted)
            } catch let error as OAuthError {
                return .oauth(error)
            } catch let error as InteractionRequired {
                return .unkept(400, error.json)
            }
        }
    }

    private func exchange(_ asked: TokenRequest) async throws -> JSONValue {
        guard let name = asked.form.present("grant_type") else {
            throw OAuthError(.invalidRequest, "grant_type is missing.")
        }
        guard profile.grants.contains(name) else {
            throw OAuthError(.unsupportedGrantType, "This grant is not supported.")
        }
        guard asked.client.grantTypes.contains(name) else {
            throw OAuthError(.unauthorizedClient, "The client may not use this grant.")
        }
        return switch name {
        case "authorization_code": try await redeemCode(asked)
        case "refresh_token": try await refresh(asked)
        case Self.tokenExchange: try await exchangeToken(asked)
        case Self.jwtBearer: try await redeemAssertion(asked)
        default: try await clientCredentials(asked)
        }
    }

    /// Reads a form and who sent it: what token and revocation endpoint have in common.
    func authenticate(_ request: Request) -> Result<TokenRequest, OAuthError> {
        do throws(OAuthError) {
            guard request.mediaType == Form.mediaType else {
                throw OAuthError(.invalidRequest, "A form was expected.")
            }
            let form = request.form
            guard form.pairs.count <= Limits.parameters else {
                throw OAuthError(.invalidRequest, "The request has too many parameters.")
            }
            if let name = form.repeatedParameter {
                throw OAuthError(.invalidRequest, "\(name) stands more than once.")
            }
            let credentials = try ClientAuthentication.read(request, form: form).get()
            return .success(TokenRequest(client: try known(credentials), form: form, now: world.clock.now))
        } catch {
            return .failure(error)
        }
    }

    private func known(_ credentials: ClientCredentials) throws(OAuthError) -> InboundProfile.Client {
        guard let client = self.client(id: credentials.id) else {
            throw OAuthError(.invalidClient, "The client is not known here.")
        }
        guard credentials.match(secret: client.secret) || !world.switches.holds(.inboundClientSecret) else {
            world.note("Client \(client.id) did not prove its secret.", rule: .inboundClientSecret)
            throw OAuthError(.invalidClient, "The client did not authenticate.")
        }
        return client
    }

    /// RFC 6749 section 5.2: 401 with a challenge for a client that used the Authorization header.
    func clientRefused(_ error: OAuthError, _ request: Request) -> Response {
        guard error.code == .invalidClient, request.header(.authorization) != nil else { return .oauth(error) }
        return .oauth(error, status: 401, headers: [.wwwAuthenticate: "Basic realm=\"\(issuer)\""])
    }
}
