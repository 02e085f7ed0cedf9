import AWSCore
import Deploy
import Explore
import HTTPTypes
import Harness
import Kernel
import MCPCore
import OAuthCore
import Policy
import Scenario

/// Everything that reads a text: what it reads it writes and reads again, or it refuses it by saying why.
package enum Parsers {
    /// `files` gives good inputs that are files of the project, by folder and ending.
    package static func all(files: (String, String) -> [[UInt8]]) -> [FuzzTarget] {
        [
            json, messages, forms, cookies, tokens, signatures, clients, paths, pages, spans, metadata, policies,
            patterns, encodings, recordings(files("Tests/RealClients", ".har")),
            documents(files("scenarios", ".yaml").filter { $0.count < 4_000 }),
            scenarios(files("scenarios", ".yaml").filter { $0.count < 3_000 }),
            templates(files("scenarios/deploy", ".template.yaml") + files("scenarios/deploy", ".template.json")),
        ]
    }

    private static let said = [
        #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"github___get_me","arguments":[1,2.5,null]}}"#,
        #"[{"jsonrpc":"2.0","id":"x","method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"}]"#,
        #"{"jsonrpc":"2.0","id":7,"error":{"code":-32042,"message":"é\n","data":{"elicitations":[{"mode":"url"}]}}}"#,
    ]

    static let json = FuzzTarget("json", share: 14, texts: said) { text in
        guard let value = try? JSONValue(parsing: text) else { return nil }
        return (try? JSONValue(parsing: value.bytes)) == value ? nil : "not read again as it was written"
    }

    static let messages = FuzzTarget("json-rpc", share: 14, texts: said) { text in
        guard let json = try? JSONValue(parsing: text) else { return nil }
        if case .failure(let failure) = JSONRPCMessage.read(json) {
            return failure.error.code < 0 ? nil : "refused with the code \(failure.error.code)"
        }
        return nil
    }

    static let forms = FuzzTarget(
        "form and url", share: 14,
        texts: [
            "client_id=a&redirect_uri=http%3A%2F%2F127.0.0.1%3A80%2Fcb&scope=repo+read%3Auser&state=%C3%A9&state=2",
            "https://user@EXAMPLE.com:8443/a/../b;c?x=1&y=%20#frag", "http://[::1]:99/%2e%2e/", "urn:ietf:params:x",
        ]
    ) { text in
        let form = Form(parsing: text)
        if Form(parsing: form.encoded) != form { return "a form is not read again as it was written" }
        _ = RedirectURIMatch.wildcard(registered: "https://example.com/a", requested: text)
        guard let url = URLParts(text) else { return nil }
        // By its bytes: an accent after the stroke makes one letter of the two.
        if url.host.isEmpty || url.target.utf8.first != UInt8(ascii: "/") { return "a URL without host or path" }
        return URLParts(url.origin + url.target)?.target == url.target ? nil : "a URL is not read again"
    }

    static let cookies = FuzzTarget("cookie", share: 4, texts: ["a=b; c=d; idp-session=x", "=; ;;a", "a=\"b;c\""]) {
        text in
        var headers = HTTPFields()
        headers[.cookie] = text
        let request = Request(.get, "https://a.test/", headers: headers)
        return request.cookie("a")?.utf8.contains(UInt8(ascii: ";")) == true ? "a value with a semicolon" : nil
    }

    static let tokens: FuzzTarget = {
        let header = Base64.encodeURL(Array(#"{"alg":"RS256","kid":"k","typ":"JWT"}"#.utf8))
        let claims = Base64.encodeURL(Array(#"{"iss":"https://a.test","exp":1,"aud":["x"],"scope":"a b"}"#.utf8))
        let good = ["\(header).\(claims).c2lnbmF0dXJl", "\(header)..", "eyJhbGciOiJub25lIn0.\(claims)."]
        return FuzzTarget("jwt", share: 10, texts: good) { text in
            _ = DecodedToken(text)
            let verdict = await TokenVerifier.verify(
                text, keys: ["keys": []], policy: TokenPolicy(issuer: "https://a.test"), at: Instant(milliseconds: 0))
            if case .success = verdict { return "verified, though there is no key" }
            return nil
        }
    }()

    static let signatures: FuzzTarget = {
        let scope = "AKIDEXAMPLE/20150830/us-east-1/bedrock-agentcore/aws4_request"
        let digits = String(repeating: "a", count: 64)
        let good = [
            "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=host;x-amz-date, Signature=\(digits)",
            "AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=,Signature=",
        ]
        return FuzzTarget("sigv4", share: 8, texts: good) { text in
            var headers: HTTPFields = [fieldName("X-Amz-Date"): "20150830T123600Z"]
            headers[.authorization] = text
            let claim = try? SignatureClaim(Request(.post, "https://aws.test/gateways/", headers: headers))
            if claim?.keyID.isEmpty == true { return "a claim without a key" }
            var query = Form(parsing: text)
            query.append("X-Amz-Algorithm", "AWS4-HMAC-SHA256")
            _ = try? SignatureClaim(Request(.get, query.added(to: "https://aws.test/")))
            return nil
        }
    }()

    static let clients = FuzzTarget(
        "client authentication", share: 5,
        texts: ["Basic Y2xpZW50OnNlY3JldA==", "basic %20", "Basic ====", "Bearer a", "client_id=a&client_secret=b"]
    ) { text in
        let request = Request(.post, "https://a.test/token", headers: [.authorization: text])
        _ = ClientAuthentication.read(request, form: Form(parsing: text))
        return nil
    }
}
