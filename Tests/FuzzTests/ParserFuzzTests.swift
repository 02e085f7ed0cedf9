import AWSCore
import Deploy
import HTTPTypes
import Kernel
import MCPCore
import OAuthCore
import Scenario
import Testing

/// Whatever a parser is given, it answers: no trap, no endless loop, and what it wrote it reads again.
struct ParserFuzzTests {
    private func each(_ corpus: [[UInt8]], share: Int = 1, _ body: ([UInt8]) throws -> Void) rethrows {
        var mutator = Mutator(seed: Effort.seed)
        for _ in 0..<Effort.rounds / share { try body(mutator.changed(mutator.pick(corpus), corpus)) }
    }

    private func each(_ corpus: [String], _ body: (String) throws -> Void) rethrows {
        try each(corpus.map { Array($0.utf8) }) { try body(String(decoding: $0, as: UTF8.self)) }
    }

    static let messages: [String] = [
        #"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"github___get_me","arguments":[1,2.5,null]}}"#,
        #"[{"jsonrpc":"2.0","id":"x","method":"ping"},{"jsonrpc":"2.0","method":"notifications/initialized"}]"#,
        #"{"jsonrpc":"2.0","id":7,"error":{"code":-32042,"message":"é\n","data":{"elicitations":[{"mode":"url"}]}}}"#,
    ]

    @Test func whatIsReadAsJSONIsWrittenAndReadAgain() throws {
        try each(Self.messages) { text in
            guard let value = try? JSONValue(parsing: text) else { return }
            let again = try JSONValue(parsing: value.bytes)
            #expect(again == value, "\(text)")
        }
    }

    @Test func messagesOfMCPAreReadOrRefused() {
        each(Self.messages) { text in
            switch JSONRPCMessage.parse(Array(text.utf8)) {
            case .success: break
            case .failure(let failure): #expect(failure.error.code < 0)
            }
        }
    }

    @Test func formsAndURLsAreTakenApart() {
        let corpus = [
            "client_id=a&redirect_uri=http%3A%2F%2F127.0.0.1%3A80%2Fcb&scope=repo+read%3Auser&state=%C3%A9&state=2",
            "https://user@EXAMPLE.com:8443/a/../b;c?x=1&y=%20#frag", "http://[::1]:99/%2e%2e/", "urn:ietf:params:x",
        ]
        each(corpus) { text in
            let form = Form(parsing: text)
            #expect(Form(parsing: form.encoded) == form, "\(text)")
            guard let url = URLParts(text) else { return }
            #expect(!url.host.isEmpty && url.target.hasPrefix("/"), "\(text)")
            #expect(URLParts(url.origin + url.target)?.target == url.target, "\(text)")
            _ = RedirectURIMatch.wildcard(registered: "https://example.com/a", requested: text)
        }
    }

    @Test func tokensAreDecodedOrRefused() async {
        let header = Base64.encodeURL(Array(#"{"alg":"RS256","kid":"k","typ":"JWT"}"#.utf8))
        let claims = Base64.encodeURL(Array(#"{"iss":"https://a.test","exp":1,"aud":["x"],"scope":"a b"}"#.utf8))
        let corpus = ["\(header).\(claims).c2lnbmF0dXJl", "\(header)..", "eyJhbGciOiJub25lIn0.\(claims)."]
        var accepted = 0
        var mutator = Mutator(seed: Effort.seed)
        let good = corpus.map { Array($0.utf8) }
        for _ in 0..<Effort.rounds {
            let text = String(decoding: mutator.changed(mutator.pick(good), good), as: UTF8.self)
            _ = DecodedToken(text)
            let verdict = await TokenVerifier.verify(
                text, keys: ["keys": []], policy: TokenPolicy(issuer: "https://a.test"), at: Instant(milliseconds: 0))
            if case .success = verdict { accepted += 1 }
        }
        #expect(accepted == 0, "nothing is signed with a key that is not there")
    }

    @Test func signaturesAreReadOrRefused() {
        let scope = "AKIDEXAMPLE/20150830/us-east-1/bedrock-agentcore/aws4_request"
        let digits = String(repeating: "a", count: 64)
        let corpus = [
            "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=host;x-amz-date, Signature=\(digits)",
            "AWS4-HMAC-SHA256 Credential=a/b/c/d/e,SignedHeaders=,Signature=",
        ]
        each(corpus) { text in
            var headers: HTTPFields = [fieldName("X-Amz-Date"): "20150830T123600Z"]
            headers[.authorization] = text
            let request = Request(.post, "https://aws.test/gateways/", headers: headers)
            if let claim = try? SignatureClaim(request) { #expect(!claim.keyID.isEmpty) }
            var query = Form(parsing: text)
            query.append("X-Amz-Algorithm", "AWS4-HMAC-SHA256")
            _ = try? SignatureClaim(Request(.get, query.added(to: "https://aws.test/")))
        }
    }

    @Test func clientsProveThemselvesOrAreRefused() {
        let corpus = ["Basic Y2xpZW50OnNlY3JldA==", "basic %20", "Basic ====", "Bearer a"]
        each(corpus) { text in
            let request = Request(.post, "https://a.test/token", headers: [.authorization: text])
            _ = ClientAuthentication.read(request, form: Form(parsing: text))
        }
    }

    @Test func yamlIsReadOrRefusedAtAPlace() {
        let corpus = Corpus.files("scenarios", ".yaml").filter { $0.count < 4_000 }
        each(corpus, share: 4) { bytes in
            let source = Source(name: "f.yaml", text: String(decoding: bytes, as: UTF8.self))
            do throws(Diagnostic) {
                _ = try DocumentNode.parse(source)
            } catch {
                #expect(error.place.line >= 1 && !error.rendered.isEmpty)
            }
        }
    }

    @Test func templatesAreReadOrRefused() {
        let corpus =
            Corpus.files("scenarios/deploy", ".template.yaml") + Corpus.files("scenarios/deploy", ".template.json")
        each(corpus, share: 8) { bytes in
            do throws(TemplateProblems) {
                _ = try StackTemplate(text: String(decoding: bytes, as: UTF8.self), name: "t.yaml")
            } catch {
                #expect(!error.diagnostics.isEmpty)
            }
        }
    }
}
