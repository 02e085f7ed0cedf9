import HTTPTypes
import Kernel
import OAuthCore

/// Signs requests as the gateway's role: AWS Signature Version 4 (AWS IAM user guide, create a signed AWS API request).
///
/// As everywhere in the lab the access key id is the account; the secret is known to nobody and checked by nobody.
struct RoleSigner: Sendable {
    let world: World

    private static let algorithm = "AWS4-HMAC-SHA256"

    func signed(_ request: Request, service: String, region: String, account: String) -> Request {
        var request = request
        let time = String(world.clock.now.iso8601.filter { $0 != "-" && $0 != ":" })
        let day = String(time.prefix(8))
        request.head.headerFields[fieldName("X-Amz-Date")] = time
        let payload = Hex.encode(Digest.sha256(request.body))
        request.head.headerFields[fieldName("X-Amz-Content-Sha256")] = payload
        let (canonical, names) = Self.canonical(request, payload, service)
        let scope = "\(day)/\(region)/\(service)/aws4_request"
        let text = [Self.algorithm, time, scope, Hex.encode(Digest.sha256(Array(canonical.utf8)))].joined(
            separator: "\n")
        var key = Array("AWS4\(Self.secret(account))".utf8)
        for part in [day, region, service, "aws4_request"] { key = Digest.hmac(Array(part.utf8), key: key) }
        let signature = Hex.encode(Digest.hmac(Array(text.utf8), key: key))
        request.head.headerFields[.authorization] =
            "\(Self.algorithm) Credential=\(account)/\(scope), SignedHeaders=\(names), Signature=\(signature)"
        return request
    }

    /// Of the role's session; the same for every call of an account, so that traces repeat.
    static func secret(_ account: String) -> String {
        Base64.encode(Digest.sha256(Array("gateway role of \(account)".utf8)))
    }

    /// The request as both ends write it down, and the names of the headers in it.
    private static func canonical(_ request: Request, _ payload: String, _ service: String) -> (String, String) {
        // Segments are encoded once more than on the wire, but for S3.
        let path =
            service == "s3"
            ? request.path
            : request.path.split(separator: "/", omittingEmptySubsequences: false)
                .map { percentEncoded(String($0)) }.joined(separator: "/")
        let query = request.parameters.pairs.map { "\(percentEncoded($0.name))=\(percentEncoded($0.value))" }.sorted()
        var headers = [("host", request.head.authority ?? "")]
        for field in request.head.headerFields where isSigned(field.name.canonicalName) {
            headers.append((field.name.canonicalName, trimmed(field.value)))
        }
        headers.sort { $0.0 < $1.0 }
        let names = headers.map(\.0).joined(separator: ";")
        let lines =
            [request.method.rawValue, path, query.joined(separator: "&")] + headers.map { "\($0.0):\($0.1)" }
            + ["", names, payload]
        return (lines.joined(separator: "\n"), names)
    }

    private static func isSigned(_ name: String) -> Bool { name == "content-type" || name.hasPrefix("x-amz-") }
}
