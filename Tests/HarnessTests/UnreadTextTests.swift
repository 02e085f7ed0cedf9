import HTTPTypes
import Harness
import Kernel
import Testing

@Suite("Secrets in messages that nobody can read")
struct UnreadTextTests {
    private let mask = SecretMask([])

    private func shown(_ text: String, as mediaType: String? = "application/json") -> String {
        mask.body(Array(text.utf8), mediaType: mediaType)
    }

    @Test(
        "A value behind a secret's name is not shown, however the body broke",
        arguments: [
            #"{"name":"x","apiKey":"kept-1234"#, #"{"name":"x","apiKey":"kept-1234"} and more"#,
            #"{"name":"x","clientSecret" : ["kept-1234"]"#,
            #"{"name":"x","oauth":{"client_secret":{"a":"kept-1234"}}}"#,
            #"{"name":"x","apiKey":["kept-1234"]}"#, #"{"name":"x","customState":"kept-1234"}"#,
            "name=x&client_secret=kept-1234&grant_type=a", "name=x&code = kept-1234",
        ])
    func hidden(_ text: String) {
        for mediaType in ["application/json", "text/plain", nil] {
            let shown = shown(text, as: mediaType)
            #expect(!shown.contains("kept-1234"), "\(shown)")
            #expect(shown.contains("name") && shown.contains("x") && shown.contains(SecretMask.dots), "\(shown)")
        }
    }

    @Test(
        "Words are no names, and the schema of an argument with such a name is no secret",
        arguments: [
            "No token: sign in first", "code 5: the secret of it", #"{"password":{"type":"string","description":"d"}}"#,
            #"{"code":-32042,"token":7}"#, "token=",
        ])
    func plain(_ text: String) { #expect(shown(text, as: "text/plain") == text) }

    @Test func anAPIsKeyIsNotShown() {
        #expect(mask.field(fieldName("X-Api-Key"), "kept-1234") == SecretMask.dots)
    }
}
