import AWSCore
import HTTPTypes
import Kernel
import Testing

/// The documented example of the AWS IAM user guide and the ways a signature goes wrong.
struct SigV4Tests {
    private let credentials = SigV4.Credentials(
        keyID: "AKIDEXAMPLE", secret: Secret("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"))
    /// 2015-08-30T12:36:00Z.
    private let now = Instant(milliseconds: 1_440_938_160_000)

    private func verify(
        _ request: Request, after: Span = .zero, service: String? = "service"
    ) -> Result<SigV4.KnownKey, SigV4Refusal> {
        SigV4.verify(request, service: service, region: "us-east-1", at: now + after) { id in
            id == credentials.keyID
                ? SigV4.KnownKey(credentials, account: "111122223333", principal: "arn:aws:iam::111122223333:user/a")
                : nil
        }
    }

    private func code(_ result: Result<SigV4.KnownKey, SigV4Refusal>) -> String {
        switch result {
        case .success(let key): "ok \(key.account)"
        case .failure(let refusal): refusal.code
        }
    }

    private func signed(_ request: Request) -> Request {
        SigV4.sign(request, credentials, region: "us-east-1", service: "service", at: now)
    }

    /// `get-vanilla` of the test suite that AWS published for Signature Version 4.
    @Test func vanillaSignatureIsTheOneOfTheTestSuite() {
        let request = signed(Request(.get, "https://example.amazonaws.com/"))
        let expected = "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        #expect(request.header(.authorization)?.hasSuffix("Signature=\(expected)") == true)
        #expect(request.header(.authorization)?.contains("SignedHeaders=host;x-amz-date") == true)
        #expect(code(verify(request)) == "ok 111122223333")
    }

    /// `get-vanilla-query-order-key-case` of the same suite.
    @Test func queryIsSortedByName() {
        let request = signed(Request(.get, "https://example.amazonaws.com/?Param2=value2&Param1=value1"))
        let expected = "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
        #expect(request.header(.authorization)?.hasSuffix("Signature=\(expected)") == true)
    }

    @Test func fiveMinutesToEitherSideAreAllowed() {
        let request = signed(Request(.get, "https://example.amazonaws.com/"))
        #expect(code(verify(request, after: .minutes(5))) == "ok 111122223333")
        guard case .failure(let late) = verify(request, after: .seconds(301)) else {
            Issue.record("a signature of 301 s ago passed")
            return
        }
        #expect(
            late.message
                == "Signature expired: 20150830T123600Z is now earlier than "
                + "20150830T123601Z (20150830T124101Z - 5 min.)"
        )
        #expect(code(verify(request, after: .seconds(-301))) == "InvalidSignatureException")
    }

    @Test func everyChangeOnTheWayIsSeen() {
        let fields: HTTPFields = [.contentType: "application/json"]
        let request = signed(
            Request(.post, "https://example.amazonaws.com/a%2Fb/?x=1", headers: fields, body: Array("{}".utf8)))
        #expect(code(verify(request)) == "ok 111122223333")
        var body = request
        body.body = Array("[]".utf8)
        var path = request
        path.head.path = "/a%2Fc/?x=1"
        var query = request
        query.head.path = "/a%2Fb/?x=2"
        var header = request
        header.head.headerFields[.contentType] = "text/plain"
        var host = request
        host.head.authority = "other.amazonaws.com"
        for changed in [body, path, query, header, host] {
            #expect(code(verify(changed)) == "InvalidSignatureException")
        }
    }

    @Test func whatIsMissingOrUnknownIsNamed() {
        let plain = Request(.get, "https://example.amazonaws.com/")
        #expect(code(verify(plain)) == "MissingAuthenticationTokenException")
        var bearer = plain
        bearer.head.headerFields[.authorization] = "Bearer x"
        #expect(code(verify(bearer)) == "MissingAuthenticationTokenException")
        var bare = plain
        bare.head.headerFields[.authorization] = "AWS4-HMAC-SHA256 Credential=a"
        #expect(code(verify(bare)) == "IncompleteSignatureException")
        let stranger = SigV4.Credentials(keyID: "AKIDSTRANGER", secret: Secret("x"))
        let unknown = SigV4.sign(plain, stranger, region: "us-east-1", service: "service", at: now)
        #expect(code(verify(unknown)) == "UnrecognizedClientException")
        #expect(code(verify(signed(plain), service: "iam")) == "InvalidSignatureException")
        let impostor = SigV4.Credentials(keyID: credentials.keyID, secret: Secret("guess"))
        let guessed = SigV4.sign(plain, impostor, region: "us-east-1", service: "service", at: now)
        #expect(code(verify(guessed)) == "InvalidSignatureException")
    }

    /// As `SigV4QueryAuth` of botocore 1.44.5 signs it: nothing here signs in the query.
    @Test func aSignatureInTheQueryIsGoodAsLongAsItSays() {
        let signed = [
            "https://example.amazonaws.com/x?a=b%20c", "X-Amz-Algorithm=AWS4-HMAC-SHA256",
            "X-Amz-Credential=AKIDEXAMPLE%2F20150830%2Fus-east-1%2Fservice%2Faws4_request",
            "X-Amz-Date=20150830T123600Z", "X-Amz-Expires=60", "X-Amz-SignedHeaders=host",
            "X-Amz-Signature=e77666096ce33e6715e3d54188119b8981aaf38b211014a53cb6c020db5e0696",
        ]
        let request = Request(.get, signed.joined(separator: "&"))
        #expect(code(verify(request)) == "ok 111122223333")
        #expect(code(verify(request, after: .seconds(61))) == "InvalidSignatureException")
        var changed = request
        changed.head.path = request.head.path?.replacing("a=b", by: "a=c")
        #expect(code(verify(changed)) == "InvalidSignatureException")
    }

    @Test(arguments: [
        "", "AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ,,,=",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e, Signature=, SignedHeaders=;",
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=x, Signature=y",
    ])
    func oddHeadersAreRefused(_ header: String) {
        var request = Request(.get, "https://example.amazonaws.com/")
        request.head.headerFields[.authorization] = header
        for date in ["", "x", "99999999T999999Z", "20150230T000000Z", "20150830T123600Z"] {
            request.head.headerFields[fieldName("X-Amz-Date")] = date
            guard case .failure = verify(request) else {
                Issue.record("\(header) with \(date) passed")
                return
            }
        }
    }
}
