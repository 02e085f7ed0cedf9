import Crypto
import HTTPTypes
package import Kernel

/// AWS Signature Version 4 (AWS IAM user guide, "Create a signed AWS API request"): signing with a header, and
/// verifying that or a signature in the query string.
package enum SigV4 {
    package static let algorithm = "AWS4-HMAC-SHA256"
    /// How far the date of a signature may lie from the time of the service (AWS IAM user guide, "Troubleshoot
    /// Signature Version 4 signing").
    package static let window = Span.minutes(5)
    /// What stands before the access key id of a signature in the query string.
    package static let queryCredential = "X-Amz-Credential="
    private static let unsignedPayload = "UNSIGNED-PAYLOAD"

    /// Who signs. Temporary credentials have a session token.
    package struct Credentials: Sendable, Hashable {
        package let keyID: String
        package let secret: Secret
        package let sessionToken: Secret?
        package init(keyID: String, secret: Secret, sessionToken: Secret? = nil) {
            self.keyID = keyID
            self.secret = secret
            self.sessionToken = sessionToken
        }
    }

    /// The request with `X-Amz-Date`, `X-Amz-Security-Token` if there is one, and `Authorization`. Signs `host`,
    /// `content-type` and every `x-amz-` header.
    package static func sign(
        _ request: Request, _ credentials: Credentials, region: String, service: String, at now: Instant
    ) -> Request {
        var request = request
        let scope = Scope(date: basicDate(now), region: region, service: service)
        request.head.headerFields[dateHeader] = scope.date
        if let token = credentials.sessionToken {
            request.head.headerFields[tokenHeader] = token.exposed
        }
        var names = ["host"]
        for field in request.head.headerFields {
            let name = field.name.canonicalName
            if name == "content-type" || name.hasPrefix("x-amz-"), !names.contains(name) { names.append(name) }
        }
        names.sort()
        let text = canonical(request, names, payload(of: request), service: service, without: nil)
        let signature = signature(of: text, scope, key: credentials.secret)
        let parts = [
            "Credential=\(credentials.keyID)/\(scope.text)", "SignedHeaders=\(names.joined(separator: ";"))",
            "Signature=\(signature)",
        ]
        request.head.headerFields[.authorization] = "\(algorithm) \(parts.joined(separator: ", "))"
        return request
    }

    /// Checks a request against the known keys: that it is signed, by a known key, for this service, in time, and
    /// exactly as it came.
    ///
    /// - Parameters:
    ///   - request: as it came; its authority is the host that was signed.
    ///   - service: signing name that the credential must be scoped to; nil takes any.
    ///   - region: that the credential must be scoped to; nil takes any.
    ///   - now: time of the service.
    ///   - keys: what is known of an access key id.
    /// - Returns: whose key it was.
    package static func verify(
        _ request: Request, service: String? = nil, region: String? = nil, at now: Instant,
        keys: (String) -> KnownKey?
    ) -> Result<KnownKey, SigV4Refusal> {
        do throws(SigV4Refusal) {
            let claim = try SignatureClaim(request)
            guard let key = keys(claim.keyID) else { throw .unrecognizedClient }
            let token = claim.sessionToken(of: request) ?? ""
            guard constantTimeEqual(token, key.credentials.sessionToken?.exposed ?? "") else {
                throw .unrecognizedClient
            }
            if let end = key.expiresAt, now >= end { throw .expiredToken }
            try claim.scope.check(service: service, region: region)
            try claim.checkTime(now)
            let payload = try checkedPayload(of: request, claim)
            let text = canonical(
                request, claim.signedHeaders, payload, service: claim.scope.service,
                without: claim.isPresigned ? "X-Amz-Signature" : nil)
            let expected = signature(of: text, claim.scope, key: key.credentials.secret)
            guard constantTimeEqual(expected, claim.signature) else { throw .mismatch }
            return .success(key)
        } catch {
            return .failure(error)
        }
    }

    /// What stands in the canonical request for the body. A hash that the client sent is of the body, or the body was
    /// changed on the way.
    private static func checkedPayload(
        of request: Request, _ claim: SignatureClaim
    ) throws(SigV4Refusal) -> String {
        let hash = hexDigest(request.body)
        guard let sent = request.header(contentHash) else { return hash }
        if sent == unsignedPayload, claim.isPresigned || claim.scope.service == "s3" { return sent }
        guard constantTimeEqual(sent, hash) else { throw .mismatch }
        return hash
    }

    private static func payload(of request: Request) -> String {
        request.header(contentHash) ?? hexDigest(request.body)
    }
    static let dateHeader = fieldName("X-Amz-Date")
    static let tokenHeader = fieldName("X-Amz-Security-Token")
    private static let contentHash = fieldName("X-Amz-Content-Sha256")

    /// `20261120T100000Z`.
    package static func basicDate(_ instant: Instant) -> String {
        let whole = Instant(milliseconds: instant.seconds * 1000)
        var text = whole.iso8601
        return text.withUTF8 { bytes in
            String(unsafeUninitializedCapacity: bytes.count) { target in
                var count = 0
                for byte in bytes where byte != UInt8(ascii: "-") && byte != UInt8(ascii: ":") {
                    target[count] = byte
                    count += 1
                }
                return count
            }
        }
    }

    private static func signature(of canonical: String, _ scope: Scope, key secret: Secret) -> String {
        let text = [algorithm, scope.date, scope.text, hexDigest(Array(canonical.utf8))].joined(separator: "\n")
        var key = Array("AWS4\(secret.exposed)".utf8)
        for part in [scope.day, scope.region, scope.service, "aws4_request"] { key = hmac(part, key: key) }
        return Hex.encode(hmac(text, key: key))
    }

    private static func hmac(_ text: String, key: [UInt8]) -> [UInt8] {
        Array(HMAC<SHA256>.authenticationCode(for: Array(text.utf8), using: SymmetricKey(data: key)))
    }

    /// SHA-256 in lower-case hexadecimal digits.
    package static func hexDigest(_ bytes: [UInt8]) -> String { Hex.encode(SHA256.hash(data: bytes)) }

    /// The request as both ends write it down.
    private static func canonical(
        _ request: Request, _ names: [String], _ payload: String, service: String, without left: String?
    ) -> String {
        let query = Form(request.parameters.pairs.filter { $0.name != left })
        let headers = names.map { "\($0):\(value(of: $0, in: request))" }
        let lines =
            [request.method.rawValue, path(request.path, service), sorted(query)] + headers
            + ["", names.joined(separator: ";"), payload]
        return lines.joined(separator: "\n")
    }

    /// Every service but S3 takes dots and double slashes out and encodes what is on the wire once more.
    private static func path(_ path: String, _ service: String) -> String {
        guard service != "s3" else { return path }
        var kept: [Substring] = []
        for segment in path.pieces(by: "/") {
            switch segment {
            case ".": continue
            case "..": _ = kept.popLast()
            default: kept.append(segment)
            }
        }
        guard !kept.isEmpty else { return "/" }
        let end = path.hasSuffix("/") ? "/" : ""
        return "/\(kept.map { percentEncoded(String($0)) }.joined(separator: "/"))\(end)"
    }

    /// Names and values encoded by RFC 3986; sorted by the encoded name, then the encoded value.
    private static func sorted(_ query: Form) -> String {
        let pairs = query.pairs.map { (percentEncoded($0.name), percentEncoded($0.value)) }.sorted { $0 < $1 }
        return pairs.map { "\($0.0)=\($0.1)" }.joined(separator: "&")
    }

    private static func value(of name: String, in request: Request) -> String {
        guard name != "host" else { return request.head.authority ?? "" }
        guard let field = HTTPField.Name(name) else { return "" }
        return request.head.headerFields[values: field].map { value in
            value.pieces(by: " ").joined(separator: " ")
        }.joined(separator: ",")
    }
}
