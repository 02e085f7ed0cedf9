import HTTPTypes
import Kernel
import OAuthCore

/// Why a token request is refused. Returned, not thrown: a refusal may change state, and a throw would undo that.
struct ExchangeRefusal: Error {
    let refusal: VendorProfile.Refusal
    /// Members of the answer beside the error, such as a new interval.
    let more: JSONObject
    /// In place of the profile's, where an endpoint has one of its own.
    var status: Int?
    init(_ refusal: VendorProfile.Refusal, more: JSONObject = [:]) {
        self.refusal = refusal
        self.more = more
    }
}

/// What the token endpoint says, before it is written in one of three formats.
struct TokenAnswer {
    /// In the order of the wire.
    var members: JSONObject
    var status = 200
}

// POST of the token endpoint. Client, code and tokens change in one transaction: nobody redeems a code twice.
extension AuthorizationServer {
    func exchange(_ request: Request) async throws -> Response {
        try await answer(request) { asked, transaction in grantTokens(asked, in: &transaction) }
    }

    /// Reads who asks and what, does it in one transaction, and writes what came of it as this vendor does.
    func answer(
        _ request: Request,
        _ body: (TokenRequest, inout Transaction) -> Result<TokenAnswer, ExchangeRefusal>
    ) async throws -> Response {
        let assertion = await clientAssertion(in: request)
        let answer = try world.store.write { transaction in
            guard isReadable(request) else { return refused(.invalidRequest) }
            switch TokenRequest.read(request, self, assertion) {
            case .failure(let error): return refused(error.refusal)
            case .success(let asked):
                if profile.hasStrictParameters, asked.hasRepeatedParameter { return refused(.invalidRequest) }
                switch body(asked, &transaction) {
                case .success(let answer): return answer
                case .failure(let error): return refused(error.refusal, more: error.more, status: error.status)
                }
            }
        }
        return render(answer, for: request)
    }

    /// RFC 6749 section 3.2: the parameters are a form, where parameters are taken strictly.
    private func isReadable(_ request: Request) -> Bool {
        !profile.hasStrictParameters || request.mediaType == Form.mediaType
    }

    private func grantTokens(
        _ asked: TokenRequest, in transaction: inout Transaction
    ) -> Result<TokenAnswer, ExchangeRefusal> {
        switch asked["grant_type"] {
        // `github-grant-type-optional`: a code without grant_type is a code all the same.
        case nil where profile.hasStrictParameters: return .failure(ExchangeRefusal(.invalidRequest))
        case nil, "authorization_code": return redeemCode(asked, in: &transaction)
        case "refresh_token": return refresh(asked, in: &transaction)
        case "client_credentials" where profile.features.clientCredentials:
            return machineTokens(asked, in: &transaction)
        case Self.deviceGrant where profile.features.device != nil: return redeemDevice(asked, in: &transaction)
        default: return .failure(ExchangeRefusal(.unsupportedGrant))
        }
    }

    /// RFC 6749 section 5.2: what is missing is told as such; `github-check-order`: GitHub takes it for a wrong one.
    func missing(_ wrong: VendorProfile.Refusal) -> ExchangeRefusal {
        ExchangeRefusal(profile.hasStrictParameters ? .invalidRequest : wrong)
    }

    /// `Q3`: errors come with status 200, unless the profile has another.
    func refused(
        _ refusal: VendorProfile.Refusal, more: JSONObject = [:], status: Int? = nil
    ) -> TokenAnswer {
        let text = profile.text(of: refusal)
        var members = profile.answers.errorExtra.merging(["error": .string(text.error)])
        let verifierError = world.switches.choice(.verifierError)
        if refusal == .badVerifier, verifierError != Unknown.verifierError.standard {
            members["error"] = .string(verifierError)
        }
        if let description = text.description { members.append("error_description", .string(description)) }
        if let uri = text.uri { members.append("error_uri", .string(uri)) }
        for member in text.extra.members + more.members { members[member.name] = member.value }
        return TokenAnswer(members: members, status: text.status ?? status ?? profile.tokenErrorStatus)
    }

    /// `Q4`: a form unless the client asks for JSON or XML. Of several types the first known one counts.
    func render(_ answer: TokenAnswer, for request: Request) -> Response {
        var headers = HTTPFields.unkept
        // RFC 9110 section 15.5.2: a 401 has a challenge, however the client tried (ledger `vendor-client-challenge`).
        if answer.status == 401, profile.features.clientAuthentication.contains(.basic),
            world.switches.choice(.clientChallenge) == "on"
        {
            headers[.wwwAuthenticate] = "Basic realm=\"\(profile.vendor)\""
        }
        let accepted = (request.header(.accept) ?? "").split(separator: ",").compactMap { part in
            part.split(separator: ";").first.map { trimmed($0).lowercased() }
        }
        let wanted = accepted.first { ["application/json", "application/xml", Form.mediaType].contains($0) }
        let type = wanted ?? (profile.responseFormat == .json ? "application/json" : Form.mediaType)
        // `Q5`: the 404 is JSON whatever was asked for.
        if type == "application/json" || answer.status == 404 {
            headers[.contentType] = "application/json; charset=utf-8"
            return Response(answer.status, headers: headers, body: JSONValue.object(answer.members).bytes)
        }
        headers[.contentType] = "\(type); charset=utf-8"
        let texts = answer.members.members.map { Form.Pair($0.name, $0.value.string ?? $0.value.text) }
        let body =
            type == Form.mediaType
            ? Form(texts).encoded
            : "<OAuth>\(texts.map { "<\($0.name)>\(HTML.escape($0.value))</\($0.name)>" }.joined())</OAuth>"
        return Response(answer.status, headers: headers, body: Array(body.utf8))
    }

    static let deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"
}
