import OAuthCore
import Testing

struct RedirectURITests {
    struct Row: Sendable {
        let registered: String
        let requested: String
        let isMatch: Bool
        init(_ registered: String, _ requested: String, _ isMatch: Bool) {
            self.registered = registered
            self.requested = requested
            self.isMatch = isMatch
        }
    }

    @Test(arguments: [
        Row("https://a.test/cb", "https://a.test/cb", true),
        Row("https://a.test/cb", "https://a.test/cb/", false),
        Row("https://a.test/cb", "https://a.test/cb?x=1", false),
        Row("https://a.test/cb", "https://a.test/cb/x", false),
        Row("https://a.test/cb", "https://x.a.test/cb", false),
        Row("https://a.test/cb", "http://a.test/cb", false),
        Row("https://a.test/cb", "https://A.test/cb", false),
        Row("https://a.test/cb", "https://a.test:444/cb", false),
        Row("https://a.test/cb", "https://a.test/cb#", false),
        Row("https://a.test/cb#f", "https://a.test/cb#f", false),
        Row("https://a.test@evil/", "https://a.test@evil/", false),
        Row("https://a.test/cb", "", false),
        Row("https://a.test/cb", "javascript:alert(1)", false),
        Row("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true),
        Row("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb/", false),
        Row("http://127.0.0.1/cb", "https://127.0.0.1:49152/cb", false),
        Row("http://127.0.0.1/cb", "http://localhost:1/cb", false),
        Row("http://127.0.0.1/cb", "http://127.0.0.1.evil.test/cb", false),
        Row("http://127.0.0.1/cb", "http://127.0.0.1:99999/cb", false),
        Row("http://[::1]/cb", "http://[::1]:5000/cb", true),
        Row("http://127.0.0.1/cb", "HTTP://127.0.0.1:49152/cb", false),
        Row("http://localhost/cb", "http://LocalHost:49152/cb", false),
        Row("http://a.test/cb", "http://a.test:8080/cb", false),
    ])
    func exact(_ row: Row) {
        #expect(RedirectURIMatch.exact(registered: row.registered, requested: row.requested) == row.isMatch)
    }

    @Test func loopbackPortCanBeFixed() {
        #expect(
            !RedirectURIMatch.exact(
                registered: "http://127.0.0.1/cb", requested: "http://127.0.0.1:1/cb", freeLoopbackPort: false))
    }

    @Test(arguments: [
        Row("http://example.com/path", "http://example.com/path", true),
        Row("http://example.com/path", "http://example.com/path/subdir/other", true),
        Row("http://example.com/path", "http://oauth.example.com/path", true),
        Row("http://example.com/path", "http://example.com/bar", false),
        Row("http://example.com/path", "http://example.com/", false),
        Row("http://example.com/path", "http://example.com:8080/path", false),
        Row("http://example.com/path", "http://oauth.example.com:8080/path", false),
        Row("http://example.com/path", "http://example.org", false),
        Row("https://a.test/cb", "https://a.test/cb/x", true),
        Row("https://a.test/cb", "https://x.a.test/cb/x", true),
        Row("https://a.test/cb", "https://a.test/cb?x=1", true),
        Row("https://a.test/cb/", "https://a.test/cb", true),
        Row("https://a.test/cb", "https://a.test/cb/../evil", false),
        Row("https://a.test/cb", "https://a.test/cb/../../cb", false),
        Row("https://a.test/cb", "https://a.test/cb/../cb/x", true),
        Row("https://a.test/cb", "https://a.test/cb%2f..%2fevil", false),
        Row("https://a.test/cb", "https://a.test/cb/%2e%2e/evil", false),
        Row("https://a.test/cb", "https://a.test/cb/%252e%252e/evil", false),
        Row("https://a.test/cb", "https://a.test/cb/%25252525252e", false),
        Row("https://a.test/cb", "https://a.test/cb/%5c..%5cevil", false),
        Row("https://a.test/cb", "https://a.test/cbevil", false),
        Row("https://a.test/cb", "https://eviла.test/cb", false),
        Row("https://a.test/cb", "https://evila.test/cb", false),
        Row("https://a.test/cb", "https://evil.com%2f.a.test/cb", false),
        Row("https://a.test/cb", "https://evil.com;.a.test/cb", false),
        Row("https://a.test/cb", "https://.a.test/cb", false),
        Row("https://a.test/cb", "https://a.test@evil/cb", false),
        Row("https://a.test/cb", "https://a.test/cb#x", false),
        Row("https://a.test/cb", "http://a.test/cb", false),
        Row("http://127.0.0.1/cb", "http://127.0.0.1:49152/cb", true),
        Row("http://127.0.0.1/cb", "http://x.127.0.0.1/cb", false),
    ])
    func wildcard(_ row: Row) {
        #expect(RedirectURIMatch.wildcard(registered: row.registered, requested: row.requested) == row.isMatch)
    }
}
