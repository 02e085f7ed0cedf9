import HTTPTypes
import Kernel
import OAuthCore
import Testing

struct ClientAuthenticationTests {
    private func read(basic: String? = nil, form: Form = [:], query: String = "") -> Result<
        ClientCredentials, OAuthError
    > {
        var request = Request(.post, "https://as.test/token\(query)")
        if let basic { request.head.headerFields[.authorization] = basic }
        return ClientAuthentication.read(request, form: form)
    }

    private let good = "Basic Y2xpJTNBZW50OnMlMjVlJTJCYyUzQXIrdA=="

    @Test("6749-21: id and secret are form-encoded before Base64") func basicIsFormEncoded() {
        #expect(ClientAuthentication.basic(id: "cli:ent", secret: "s%e+c:r t") == good)
        #expect(
            read(basic: good)
                == .success(ClientCredentials(id: "cli:ent", secret: Secret("s%e+c:r t"), method: .basic)))
        #expect(read(basic: good, form: ["client_id": "cli:ent"]).isSuccess)
    }

    @Test func body() {
        #expect(
            read(form: ["client_id": "a", "client_secret": "b"])
                == .success(ClientCredentials(id: "a", secret: Secret("b"), method: .post)))
        #expect(
            read(form: ["client_id": "a", "client_secret": ""])
                == .success(ClientCredentials(id: "a", secret: nil, method: .none)))
    }

    @Test func refusals() {
        #expect(read() == .failure(OAuthError(.invalidClient)))
        #expect(read(query: "?client_id=a&client_secret=b") == .failure(OAuthError(.invalidRequest)))
        #expect(read(basic: good, query: "?client_secret=b") == .failure(OAuthError(.invalidRequest)))
        #expect(read(basic: good, form: ["client_secret": "b"]) == .failure(OAuthError(.invalidRequest)))
        #expect(read(basic: good, form: ["client_id": "other"]) == .failure(OAuthError(.invalidRequest)))
        for broken in ["Basic", "Basic !!", "Basic YQ==", "Basic Og==", "Bearer x", "Basic \u{ff}"] {
            #expect(read(basic: broken) == .failure(OAuthError(.invalidClient)), "\(broken)")
        }
    }

    @Test func secretsAreCompared() {
        let sent = ClientCredentials(id: "a", secret: Secret("b"), method: .post)
        #expect(sent.match(secret: Secret("b")))
        #expect(!sent.match(secret: Secret("c")))
        #expect(!sent.match(secret: nil))
        #expect(!ClientCredentials(id: "a", secret: nil, method: .none).match(secret: Secret("b")))
    }
}

extension Result {
    var isSuccess: Bool { if case .success = self { true } else { false } }
}
