import AWSCore
import Deploy
import Explore
import Harness
import Kernel
import OAuthCore
import Policy
import Scenario

// What people write, and what other programs keep in files.
extension Parsers {
    static let paths = FuzzTarget(
        "path expression", share: 5,
        texts: [
            "body.items[0].x", "[-1]", "[name=github]", "\"odd.key\".a", "url?request_uri",
            "error.data.elicitations[0].url",
        ]
    ) { text in
        do throws(PathExpression.Failure) {
            _ = try PathExpression(text)
            return nil
        } catch {
            return error.reason.isEmpty ? "refused without a reason" : nil
        }
    }

    static let pages = FuzzTarget(
        "html", share: 5,
        texts: [
            #"<form method="post" action="/x?a=1&amp;b"><input type=hidden name=a value='b'><button name="decision" "#
                + #"value="approve">Yes</button></form>"#,
            "<!-- <form> --><script>'<form>'</script><input name=username><textarea name=x>a</textarea>",
        ]
    ) { text in
        let page = Page(url: "https://a.test/", status: 200, html: text)
        return page.forms.contains { $0.method != "GET" && $0.method != "POST" } ? "a form with another method" : nil
    }

    static let spans = FuzzTarget(
        "duration", share: 3, texts: ["11m", "-90s", "1h30m", "250ms", "9223372036854775807h"]
    ) {
        _ = Span($0)
        return nil
    }

    static let metadata = FuzzTarget(
        "metadata", share: 3,
        texts: [
            #"{"issuer":"https://a.test","authorization_endpoint":"https://a.test/a","token_endpoint":"https://a.t/t","#
                + #""code_challenge_methods_supported":["S256"],"jwks_uri":"https://a.test/k"}"#
        ]
    ) { text in
        guard let json = try? JSONValue(parsing: text) else { return nil }
        _ = try? AuthorizationServerMetadata(json: json)
        return nil
    }

    static let policies = FuzzTarget(
        "iam policy", share: 3,
        texts: [
            #"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":["bedrock-x:Get*"],"Resource":"*""#
                + #","Condition":{"StringEquals":{"aws:userid":"a"}}}]}"#
        ]
    ) { text in
        guard let json = try? JSONValue(parsing: text), let policy = try? PolicyDocument(json: json) else { return nil }
        let wish = AccessRequest(action: "bedrock-agentcore:GetGateway", resource: "arn:aws:x:us-east-1:1:y/z")
        _ = PolicyDocument.decide(wish, by: [policy])
        return nil
    }

    static let patterns = FuzzTarget(
        "pattern", share: 3, texts: ["[a-zA-Z0-9_.-]+", "(https?://[^/]+|arn:[a-z]{1,10}):\\d{12}", "^(a|b)*c{2,3}$"]
    ) { text in
        guard let pattern = try? Pattern(text) else { return nil }
        _ = pattern.matches(String(text.prefix(200)))
        return nil
    }

    static let encodings = FuzzTarget(
        "base64 and percent", share: 4, texts: ["c2lnbmF0dXJl", "AAAA==", "_-8", "%7B%22a%22%3A1%7D"]
    ) { text in
        if let bytes = Base64.decode(text), Base64.decode(Base64.encode(bytes)) != bytes {
            return "base64 is not read again"
        }
        _ = Base64.decodeURL(text)
        return percentDecoded(text).utf8.count <= text.utf8.count * 3 ? nil : "decoded to something longer"
    }

    static func recordings(_ files: [[UInt8]]) -> FuzzTarget {
        let har =
            #"{"log":{"version":"1.2","entries":[{"startedDateTime":"2026-11-20T10:00:00Z","request":{"method":"POST","#
            + #""url":"http://127.0.0.1:4580/gateways/","headers":[{"name":"Content-Type","value":"text/json"}],"#
            + #""postData":{"mimeType":"application/json","text":"{\"name\":\"demo\"}"}},"response":{"status":202,"#
            + #""headers":[],"content":{"text":"{\"gatewayId\":\"demo-1\"}"}}}]}}"#
        let journal =
            #"{"entries":[{"sequence":1,"kind":"exchange","from":"outside","to":"aws","method":"GET","path":"/x/","#
            + #""status":200,"request":{"headers":[],"body":""},"response":{"headers":[],"body":"{}"}}]}"#
        // A year and an hour that no number holds.
        let odd = har.replacing("2026-11-20T10", with: "9223372036854775807-1-1T1e999")
        return FuzzTarget("har and journal", share: 4, [har, odd, journal].map { Array($0.utf8) } + files) { bytes in
            do throws(RecordingMistake) {
                _ = try Recording(String(decoding: bytes, as: UTF8.self))
                return nil
            } catch {
                return error.description.isEmpty ? "refused without a reason" : nil
            }
        }
    }

    static func documents(_ files: [[UInt8]]) -> FuzzTarget {
        FuzzTarget("yaml", share: 2, files) { bytes in
            let source = Source(name: "f.yaml", text: String(decoding: bytes, as: UTF8.self))
            do throws(Diagnostic) {
                _ = try DocumentNode.parse(source)
                return nil
            } catch {
                return error.place.line < 1 || error.rendered.isEmpty ? "refused at no place" : nil
            }
        }
    }

    static func scenarios(_ files: [[UInt8]]) -> FuzzTarget {
        FuzzTarget("scenario", share: 2, files) { bytes in
            let source = Source(name: "f.yaml", text: String(decoding: bytes, as: UTF8.self))
            let (file, mistakes) = ScenarioReader(LabVocabulary.bare).read(source)
            if file == nil, mistakes.isEmpty { return "neither read nor refused" }
            return mistakes.contains { $0.rendered.isEmpty } ? "a mistake without words" : nil
        }
    }

    static func templates(_ files: [[UInt8]]) -> FuzzTarget {
        FuzzTarget("cloudformation", share: 1, files) { bytes in
            do throws(TemplateProblems) {
                _ = try StackTemplate(text: String(decoding: bytes, as: UTF8.self), name: "t.yaml")
                return nil
            } catch {
                return error.diagnostics.isEmpty ? "refused without a reason" : nil
            }
        }
    }
}
