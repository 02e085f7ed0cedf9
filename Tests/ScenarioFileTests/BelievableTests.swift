import Foundation
import Harness
import Kernel
import Scenario
import Testing

/// A check that looked at nothing, a fault that nobody had and a value that nobody knows are no reason to hold.
struct BelievableTests {
    private static let given = "given: [github-provider, gateway, target-method-2, alice-is-asked]\n"

    private static func run(_ body: String) async throws -> ScenarioResult {
        try await LanguageRunTests.run(given + body)
    }

    private static func told(_ body: String) async throws -> [String] {
        try await run(body).failures.map { "\($0.sentence) (\($0.hint ?? ""))" }
    }

    @Test func aDecisionMayBeAVariable() async throws {
        let denied = try await Self.run(
            """
            steps:
              - for-each: {way: [deny]}
                steps: [{browser: "${consent}", as: alice, decide: "${way}", expect: {status: 400}}]
            then:
              never: "session *: BOUND"
            """)
        #expect(denied.failures.map(\.sentence) == [])
        let nobodys = try await Self.told(
            "with: {way: denny}\nsteps: [{browser: \"${consent}\", as: alice, decide: \"${way}\"}]\n")
        #expect(nobodys == ["there is no decision \"denny\" (did you mean \"deny\"?)"])
        let unasked = try await Self.told(
            "with: {way: deny}\nsteps: [{browser: \"${lab.app}/\", as: alice, decide: \"${way}\"}]\n")
        #expect(unasked.first?.contains("no consent page was shown on which to deny") == true, "\(unasked)")
    }

    @Test func thenSeesWhatFinallyDid() async throws {
        let body = """
            steps: [{browser: "${consent}", as: alice}]
            finally:
              - {mcp: tools/list, as: bob, save: {tools: result.tools}}
            then:
              exchanges: [{from: bob, to: gateway, times: COUNT, gets: {at: {result.tools: "${tools}"}}}]
            """
        #expect(try await Self.run(body.replacing("COUNT", with: "1")).verdict == .held)
        let never = try await Self.run(body.replacing("COUNT", with: "0"))
        #expect(never.verdict == .failed)
        #expect(never.failures.map(\.actual) == ["1"])
    }

    @Test func eachWayOfAForkAtTheEndIsAnEnd() async throws {
        let body = """
            fragments:
              ways:
                steps:
                  - fork:
                      denied: [{browser: "${consent}", as: alice, decide: deny, expect: {status: 400}}]
                      later:
                        - set: {a: 1}
                        - fork:
                            closed: [{browser: "${consent}", as: alice, decide: abandon}]
                            last: [{browser: "${consent}", as: alice, decide: LAST}]
            steps: [include: ways]
            then:
              never: "session *: BOUND"
            """
        #expect(try await Self.run(body.replacing("LAST", with: "abandon")).verdict == .held)
        let bound = try await Self.run(body.replacing("LAST", with: "approve"))
        #expect(bound.verdict == .failed)
        #expect(bound.failures.map(\.what) == ["never (last) (later) (include ways, scenarios/s.yaml:14:9)"])
    }

    private static let token = "party: github, operation: POST /login/oauth/access_token, answer: {status: 503}"

    @Test func aFaultThatNothingMeetsFails() async throws {
        let missed = try await Self.told(
            """
            with: {slip: accesstoken}
            steps:
              - fault: {name: typo, party: github, operation: "POST /login/oauth/${slip}", drop: true}
              - fault: {name: gone, \(Self.token)}
              - fault: {remove: gone}
              - fault: {name: idle, party: rest, drop: true}
              - fault: {name: allowed, party: lambda, drop: true, may-miss: true}
              - {browser: "${consent}", as: alice}
            """)
        let wish = "; where that is well, say may-miss: true"
        #expect(missed.count == 3)
        #expect(missed[0].hasSuffix("(did you mean \"POST /login/oauth/access_token\"?\(wish))"))
        #expect(missed[0].contains("no POST /login/oauth/accesstoken came to github while it was set"))
        #expect(missed[1].hasSuffix("(it came only before or after\(wish))"))
        #expect(missed[2].hasSuffix("(nothing was asked of it\(wish))"))
    }

    @Test func aFaultIsMetInWhatWasUndoneToo() async throws {
        let body = """
            steps:
              - fault: {name: around, \(Self.token)}
              - fork:
                  met:
                    - {browser: "${consent}", as: alice, expect: {status: present}}
                  unmet: [WAY]
            """
        #expect(try await Self.run(body.replacing("WAY", with: "set: {a: 1}")).verdict == .held)
        let own = "fault: {name: around, party: github, drop: true}"
        let result = try await Self.run(body.replacing("WAY", with: own))
        #expect(result.failures.map(\.what) == ["fault \"around\""])
        #expect(result.failures.first?.place?.line == 9)
    }

    @Test func aFaultGoesByAVariableToo() async throws {
        let body = """
            with: {name: down}
            steps:
              - fault: {name: "${name}", \(Self.token)}
              - {browser: "${consent}", as: alice, expect: {status: {at-least: 400}}}
              - fault: {remove: "${name}"}
              - mcp: tools/call
                as: alice
                with: {name: github___get_me}
                expect: {error.code: -32042}
                save: {again: "error.data.elicitations[0].url"}
              - {browser: "${again}", as: alice}
            """
        #expect(try await Self.run(body).failures.map(\.sentence) == [])
    }

    @Test func durationsAndFlagsMayBeVariables() async throws {
        let result = try await Self.run(
            """
            with: {long: 11m, short: 3s, yes: true, no: "false"}
            pace: ${short}
            timeout: ${long}
            steps:
              - sign-in: alice
                fresh: ${yes}
                timeout: ${long}
                save: {old: accessToken}
              - sign-in: alice
                fresh: ${no}
                expect: {accessToken: "${old}"}
              - jwt: ${old}
                leeway: ${short}
                expect: {times: valid, age: 6}
              - browser: ${consent}
                as: alice
                complete: ${no}
              - clock: {skew: {github: "${short}"}}
              - wait:
                  until: {mcp: tools/list, as: bob, expect: {status: 200}}
                  within: ${long}
                  every: ${short}
            then:
              never: "session *: BOUND"
              tokens: [{issued-by: idp, kind: access_token, for: alice, revoked: "${no}"}]
            """)
        #expect(result.failures.map(\.sentence) == [])
        let late = try await Self.run(
            "with: {long: 11m}\nsteps:\n  - clock: {advance: \"${long}\"}\n    timeout: 10m\n")
        #expect(late.failures.map(\.actual) == ["11m passed"])
    }

    static let wrong: [(String, String)] = [
        ("clock: {advance: \"${text}\"}", "advance must be a duration, this is \"soon\""),
        ("clock: {advance: \"${back}\"}", "world time never runs backwards"),
        ("clock: {skew: {aws: \"${yes}\"}}", "a skew must be a duration, this is true"),
        ("{sign-in: alice, fresh: \"${text}\"}", "fresh must be true or false, this is \"soon\""),
        (
            "wait: {until: {aws: ListGateways, expect: {status: 418}}, every: \"${none}\"}",
            "every must be longer than nothing"
        ),
        (
            "{forge: provider, like: \"${alice.accessToken}\", hand: \"${text}\"}",
            "there is no hand \"soon\""
        ),
        ("vendor: ${text}", "there is no vendor \"soon\""),
    ]

    @Test(arguments: wrong)
    func whatAVariableBringsIsLookedAt(_ step: String, _ message: String) async throws {
        let result = try await Self.run(
            "with: {text: soon, back: -3s, yes: true, none: 0s}\nsteps:\n  - \(step)\n")
        #expect(result.verdict == .error)
        #expect(result.failures.map(\.sentence) == [message])
    }

    @Test func aVendorThatIsNotThereHasALikeOne() async throws {
        let told = try await Self.told("with: {v: slak}\nsteps: [vendor: \"${v}\"]\n")
        #expect(told == ["there is no vendor \"slak\" (did you mean \"slack\"?)"])
        let far = try await Self.told("with: {v: qqqqqq}\nsteps: [vendor: \"${v}\"]\n")
        let names = far.first?.split(separator: "known: ").last?.dropLast().components(separatedBy: ", ") ?? []
        #expect(Set(names).count == names.count)
    }

    static let nobodies: [(String, String)] = [
        ("tokens: [{for: \"${typo}\", count: 0}]", "somebody called alise"),
        ("tokens: [{issued-by: idp, never-seen-by: \"${typo}\"}]", "somebody called alise"),
        ("exchanges: [{from: \"${typo}\", times: 0}]", "somebody called alise"),
        ("exchanges: [{from: somebody else, times: 0}]", "somebody called somebody else"),
        ("exchanges: [{path: \"/login/oauth/acess_${t}\", times: 0}]", "a path that somebody is asked for"),
        ("exchanges: [{path: /identities/CompleteResourceTokenAuht, times: 0}]", "a path that somebody is asked for"),
        ("exchanges: [{to: github, path: \"/login/oath/*\", times: 0}]", "a path that github is asked for"),
        ("exchanges: [{path: \"/login/oath/*\", times: 0}]", "a path that somebody is asked for"),
        ("exchanges: [{to: idp, path: \"/oauth/*\", times: 0}]", "a path that idp is asked for"),
        ("exchanges: [{to: aws, path: \"/gatways/*/targets\", times: 0}]", "a path that aws is asked for"),
    ]

    @Test(arguments: nobodies)
    func aCheckThatNamesNobodyDoesNotHold(_ check: String, _ expected: String) async throws {
        let result = try await Self.run(
            "with: {typo: alise, t: token}\nsteps: [aws: ListGateways]\nthen:\n  \(check)\n")
        #expect(result.verdict == .failed)
        #expect(result.failures.map(\.expected) == [expected])
    }

    static let unheard: [(String, String)] = [
        ("tokens: [{kind: \"${typo}\", count: 0}]", "there is no kind of token \"alise\""),
        ("never: \"session *: ${typo}\"", "a session is never \"alise\""),
        (
            "order: [\"session *: ISSUED\", \"${typo} *: BOUND\"]",
            "nothing is called \"alise *\": there is no kind \"alise\""
        ),
        ("transitions: {\"target ${target}\": [\"${typo}\"]}", "a target is never \"alise\""),
    ]

    @Test(arguments: unheard)
    func aStateOrKindThatThereIsNotIsTold(_ check: String, _ message: String) async throws {
        let result = try await Self.run("with: {typo: alise}\nsteps: [aws: ListGateways]\nthen:\n  \(check)\n")
        #expect(result.verdict == .error)
        #expect(result.failures.map(\.sentence) == [message])
    }

    /// A path that the file speaks of, one that somebody is asked for, and one that is like none.
    @Test func aPathThatNobodyAskedForMayBeMeant() async throws {
        let result = try await Self.run(
            """
            steps:
              - http: GET ${lab.app}/callback7
                expect: {status: 404}
              - set: {other: "${lab.app}/callback9"}
            then:
              exchanges:
                - {to: app, path: /callback9, times: 0}
                - {to: app, path: /elsewhere, times: 0}
                - {to: github, path: /login/oauth/access_token, times: 0}
                - {to: aws, path: /identities/CompleteResourceTokenAuth, times: 0}
                - {to: app, path: "/somewhere/*", times: 0}
                - {to: github, path: "/login/oauth/*", times: 0}
                - {to: github, path: "/applications/*", times: 0}
                - {to: github, path: "*/access_token", times: 0}
                - {to: idp, path: "/oauth2/rev*", times: 0}
                - {to: gateway, path: "/gateways/zz*/mcp", times: 0}
                - {to: mcp, path: "/mcp*", times: 0}
                - {to: aws, path: "/gateways/*/targets/zz*", times: 0}
                - {from: mallory, to: "${lab.region}", times: {at-most: 3}}
            """)
        #expect(result.failures.map(\.expected) == ["somebody called us-east-1"])
    }

    /// The kinds and states that a file may name are all there are.
    @Test func nothingIsCalledWhatNoFileMayName() async throws {
        let results = await (try Corpus.runner()).run(Corpus.loaded.0, jobs: 2)
        var checks: Set<String> = []
        for entry in results.flatMap(\.journal) {
            switch entry.event {
            case .transition(let move):
                let kind =
                    move.subject.hasPrefix("refresh family ") ? "refresh family" : move.subject.prefix { $0 != " " }
                checks.insert("never: \"\(kind) x: \(move.to)\"")
            case .token(.issued(let birth)): checks.insert("tokens: [{kind: \(birth.kind), count: 0}]")
            case .token(.held(_, let holder)): checks.insert("tokens: [{held-by: \(holder)}]")
            case .exchange(let exchange): checks.insert("tokens: [{never-seen-by: \"\(exchange.from)\"}]")
            default: break
            }
        }
        #expect(checks.count > 40)
        for check in checks where !check.contains("generation") {
            let text = "scenario: s\nspec: [T2]\nsteps: [aws: ListGateways]\nthen:\n  \(check)\n"
            let (_, mistakes) = Library.load(sources: [Source(name: "s.yaml", text: text)], root: Corpus.root)
            #expect(mistakes.map(\.message) == [], "\(check)")
        }
    }
}
