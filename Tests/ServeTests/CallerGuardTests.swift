import HTTPTypes
import Kernel
import Serve
import Testing

@Suite("Who may call a served lab")
struct CallerGuardTests {
    private let callers = CallerGuard(names: ["lab.example.com"])

    @Test(
        "by a name that can only mean this machine",
        arguments: [
            "127.0.0.1:4580", "localhost", "localhost:1", "[::1]:4580", "127.8.9.10", "github.localhost:4583",
            "LOCALHOST:4580", "lab.example.com:4580", "Lab.Example.com",
        ])
    func allowed(host: String) {
        #expect(callers.refusal(host: host, headers: [:], to: .aws) == nil)
    }

    @Test(
        "by no other name",
        arguments: [
            "evil.com", "127.0.0.1.evil.com", "evil.localhost", "localhost.evil.com", "",
            "github.localhost.evil.com", "169.254.169.254", "0.0.0.0", "localhost:99999",
        ])
    func refused(host: String) {
        #expect(callers.refusal(host: host, headers: [:], to: .aws)?.status == 421)
    }

    @Test(
        "A Host that is no host is a bad request, whatever it begins or ends with",
        arguments: [
            "127.0.0.1@evil.com:80", "evil.example@127.0.0.1", "127.0.0.1/evil", "127.0.0.1?x", "127.0.0.1#x",
            "127.0.0.1, evil.com", "127.0.0.1\\evil.com", "localhost\u{e9}", "<localhost>",
        ])
    func illegal(host: String) {
        let refusal = callers.refusal(host: host, headers: [:], to: .aws)
        #expect(refusal?.status == 400)
        #expect(refusal?.header(.connection) == "close")
    }

    @Test("never without a name")
    func nameless() { #expect(callers.refusal(host: nil, headers: [:], to: .aws)?.status == 400) }

    @Test("A second Host header is a bad request, whatever it says")
    func twice() throws {
        let name = try #require(HTTPField.Name("Host"))
        #expect(callers.refusal(host: "127.0.0.1:4580", headers: [name: "127.0.0.1:4580"], to: .aws)?.status == 400)
    }

    @Test("from pages of this machine", arguments: ["http://localhost:3000", "http://127.0.0.1:4585", "null"])
    func pages(origin: String) {
        #expect(callers.refusal(host: "localhost", headers: [.origin: origin], to: .idp) == nil)
    }

    @Test("not from pages of other sites", arguments: ["https://evil.com", "chrome-extension", "", "file://"])
    func foreignPages(origin: String) {
        #expect(callers.refusal(host: "localhost", headers: [.origin: origin], to: .idp)?.status == 403)
    }

    @Test("not from a sandboxed page of another site")
    func sandboxed() {
        let headers: HTTPFields = [.origin: "null", fieldName("sec-fetch-site"): "cross-site"]
        #expect(callers.refusal(host: "localhost", headers: headers, to: .idp)?.status == 403)
    }

    /// Browsers leave Fetch Metadata out where a lab is reached under a name of its own over plain http.
    @Test(
        "nor, at the console, from a page that does not say which it is", arguments: [nil, "cross-site", "same-site"])
    func namelessAtTheConsole(site: String?) {
        var headers: HTTPFields = [.origin: "null"]
        headers[fieldName("sec-fetch-site")] = site
        #expect(callers.refusal(host: "lab.example.com", headers: headers, to: .console)?.status == 403)
    }

    @Test("but from the console's own pages")
    func ownNamelessPage() {
        let headers: HTTPFields = [.origin: "null", fieldName("sec-fetch-site"): "same-origin"]
        #expect(callers.refusal(host: "lab.example.com", headers: headers, to: .console) == nil)
    }
}
