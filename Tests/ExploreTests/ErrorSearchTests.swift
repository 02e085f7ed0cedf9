import Harness
import Kernel
import Scenario
import TestSupport
import Testing

@testable import Explore

/// From a text that somebody met to the scenario that shows it.
struct ErrorSearchTests {
    private static func search() async throws -> ErrorSearch {
        try await search([
            "problems/targets/members-of-older-pages", "problems/identity/another-subject-is-another-user",
        ])
    }

    /// The member itself, and the words of botocore around it, which never reach the service.
    @Test(arguments: [
        ("customOAuth2ProviderConfig", "customOauth2ProviderConfig is"),
        (
            #"Unknown parameter in oauth2ProviderConfigInput: "customOAuth2ProviderConfig", must be one of: ..."#,
            "customOauth2ProviderConfig is"
        ),
        ("targetIds", "targetIdList is"), ("credentialLocation", "[HEADER, QUERY_PARAMETER]"),
        ("An error occurred (AccessDeniedException): Invalid or expired session", "Invalid or expired session"),
    ])
    func aMembersNameLeadsToItsRefusal(_ text: String, _ said: String) async throws {
        let found = try await Self.search().find(text)
        #expect(found.first?.error.message.contains(said) == true, "\(found.map(\.error.message))")
    }

    /// A rule that left something out of a request which went well says nothing of a later refusal.
    @Test func aRuleIsOfTheAnswerItWasNamedFor() async throws {
        let text = """
            scenario: A note, and then a refusal
            spec: [A23]
            given: [exchange-provider, agent]
            steps:
              - aws: GetWorkloadAccessToken
                with: {workloadName: "${agent}"}
                save: {workload: body.workloadAccessToken}
              - aws: GetResourceOauth2Token
                with:
                  workloadIdentityToken: ${workload}
                  resourceCredentialProviderName: exchange-provider
                  scopes: [gw/read]
                  oauth2Flow: M2M
                  customParameters: {grant_type: password}
              - aws: GetGateway
                with: {gatewayIdentifier: nobodys-0123456789}
                expect: {status: 404}
            """
        let (files, mistakes) = Library.load(
            sources: [Source(name: "scenarios/made-here.yaml", text: text)], root: Checkout.root)
        #expect(mistakes.map(\.rendered) == [])
        let definitions = ["default": try LabDefinition.load(named: "default", root: Checkout.root)]
        let results = await Runner(definitions: definitions).run(files)
        let error = try #require(ErrorSearch(results).find("Gateway nobodys-0123456789 not found").first?.error)
        #expect(error.rule == nil && results.first?.verdict == .held)
    }

    /// A word may end in a colon, a comma or a full stop, and is the same word.
    @Test(arguments: ["Unknown tool: foo", "Unknown tool", "unknown tool.", "-32602: Unknown tool, foo", "-32602"])
    func aWordIsFoundWhateverMarkFollowsIt(_ text: String) async throws {
        let (files, mistakes) = Library.load(paths: ["scenarios/gateway/unknown-tools.yaml"], root: Checkout.root)
        #expect(mistakes.isEmpty)
        let definitions = try Library.definitions(for: files, root: Checkout.root)
        let search = ErrorSearch(await Runner(definitions: definitions).run(files))
        let message = search.find(text).first?.error.message
        #expect(message?.contains("-32602 Unknown tool: ") == true, "\(message ?? "nothing")")
    }

    /// Whatever a party of the library answers leads back to it, pasted whole, and so does what clients and logs make
    /// of it.
    @Test func everyRefusalOfTheLibraryIsFoundByItsBody() async throws {
        let (files, mistakes) = Library.load(paths: ["\(Checkout.root)/scenarios"], root: Checkout.root)
        #expect(mistakes.isEmpty)
        let definitions = try Library.definitions(for: files, root: Checkout.root)
        let results = await Runner(definitions: definitions).run(files, jobs: 2)
        let search = ErrorSearch(results)
        var bodies: Set<String> = []
        for entry in results.flatMap(\.journal) {
            guard case .exchange(let exchange) = entry.event, case .answered(let response) = exchange.outcome,
                response.status >= 400, !response.body.isEmpty
            else { continue }
            // Ids apart, there are a few of each.
            let words = ErrorSearch.words(of: response.bodyText).joined(separator: " ")
            if bodies.insert(words).inserted { try expectFound(response.bodyText, search) }
        }
        #expect(bodies.count > 60)
        for (text, said) in [
            ("mcp.shared.exceptions.McpError: Method not found", "-32601 Method not found"),
            ("2026-11-22T10:00:00.123Z ERROR [client-7] failed: Bad credentials (attempt 3)", "Bad credentials"),
            (#"HTTP/1.1 401 Unauthorized {"message":"Bad credentials","status":"401"}"#, "Bad credentials"),
            ("Not Acceptable", "Not Acceptable"), ("Bad credentials", "Bad credentials"),
        ] {
            let first = search.find(text).first?.error.message
            #expect(first?.contains(said) == true, "\(text): \(first ?? "nothing")")
        }
        let denied = "GET /callback?error=access_denied&error_description=The+user+has+denied+your+application+access."
        let causes = search.find(denied).map(\.error.file.path)
        #expect(causes.contains { $0.hasSuffix("consent/a-denied-consent-gives-no-token.yaml") }, "\(causes)")
    }

    /// A terminal, a log or a screenshot may end in the middle of an answer, or begin there.
    @Test(arguments: [
        (
            #"{"jsonrpc":"2.0","id":1,"error":{"code":-32042,"message":"This request req"#,
            "-32042 This request requires more information."
        ),
        (
            #"{"error": {"code": -32042, "message": "This request requires more information.", "data": {"elicit"#,
            "-32042 This request requires more information."
        ),
        (#""error":{"code":-32001,"message":"Invalid Bearer to"#, "-32001 Invalid Bearer token"),
        (#""code":-32001,"message":"Invalid Bearer t…"#, "-32001 Invalid Bearer token"),
        (#"2026-11-22T10:00:00Z INFO body={"message":"Invalid or exp"#, "Invalid or expired session"),
    ])
    func anAnswerThatIsCutShortIsFound(_ text: String, _ said: String) async throws {
        let paths = ["flow/method-2", "gateway/tokens-expire", "iam/what-is-not-there-cannot-be-deleted"]
        let search = try await Self.search(paths + ["consent/a-denied-consent-gives-no-token"])
        let message = search.find(text).first?.error.message
        #expect(message?.contains(said) == true, "\(message ?? "nothing")")
    }

    /// An error that a redirect brought stands in a log as the path and query that the browser asked for.
    @Test(arguments: [
        "GET /callback?error=access_denied&error_description=The+user+has+denied+your+application+access."
            + "&error_uri=https%3A%2F%2Fdocs.github.com%2Fapps%2F&state=0b1c HTTP/1.1",
        "https://a.example/cb?error=access_denied&error_description=The%20user%20has%20denied%20your%20application",
        #"{"url":"/callback?state=0b1c\u0026error=access_denied"}"#, "https://a.example/cb#error=access_denied",
    ])
    func anErrorInAURLIsFound(_ text: String) async throws {
        let consent = "consent/a-denied-consent-gives-no-token"
        let device = "authorization-server/a-device-that-is-refused-or-late-gets-nothing"
        let found = try await Self.search([consent, device]).find(text)
        let first = found.first?.error
        #expect(first?.file.path.hasSuffix("\(consent).yaml") == true, "\(found.map(\.error.message))")
        #expect(first?.party == .github && first?.receiver == .aws && first?.form == "HTTP 302")
    }

    private static func search(_ paths: [String]) async throws -> ErrorSearch {
        let (files, mistakes) = Library.load(
            paths: paths.map { "\(Checkout.root)/scenarios/\($0).yaml" }, root: Checkout.root)
        #expect(mistakes.isEmpty)
        let definitions = try Library.definitions(for: files, root: Checkout.root)
        return ErrorSearch(await Runner(definitions: definitions).run(files))
    }

    private func expectFound(_ body: String, _ search: ErrorSearch) throws {
        let first = search.find(body).first?.error
        #expect(first != nil, "nothing like \(body)")
        guard let first, !body.hasPrefix("<") else { return }
        let strange = Set(ErrorSearch.words(of: first.sentence)).subtracting(ErrorSearch.words(of: body))
        #expect(strange.isEmpty, "\(body) leads to \(first.message)")
    }

    @Test func whatNobodySaysIsNotFound() async throws {
        let search = try await Self.search()
        for text in ["", "404", "https://example.com/x", "zzzz nothing of the kind"] {
            #expect(search.find(text).isEmpty, "\(text)")
        }
    }
}
