import Foundation
import HTTPTypes
import Harness
import Kernel
import Reports
import Scenario
import Testing

/// What a file says counts, or somebody is told that it does not.
struct PassedOverTests {
    private static func told(_ body: String) async throws -> [String] {
        try await LanguageRunTests.run(body).failures.map { "\($0.sentence) (\($0.hint ?? ""))" }
    }

    @Test func oneScopeIsAListOfOne() async throws {
        func body(_ scopes: String) -> String {
            "steps: [{sign-in: alice}]\nthen:\n  tokens: [{issued-by: idp, kind: access_token, scopes: \(scopes)}]\n"
        }
        let table = TokenLineage.table(of: try await LanguageRunTests.run(body("x")).journal)
        let scopes = try #require(table.first { $0.kind == "access_token" }?.scopes)
        #expect(try await Self.told(body("nonsense")).count == 1)
        let held = try await LanguageRunTests.run(body("[\(scopes.joined(separator: ", "))]"))
        #expect(held.verdict == .held)
    }

    /// An operation and a method may be variables, as everything else that a name stands for.
    @Test func whatIsDoneMayBeAVariable() async throws {
        let done = try await LanguageRunTests.run(
            """
            given: [gateway]
            steps:
              - for-each: {operation: [ListGateways]}
                steps: [{aws: "${operation}"}]
              - for-each: {method: [tools/list]}
                steps: [{mcp: "${method}", as: alice}]
              - set: {fields: {accept: text/html}, pair: {user: alice, password: 12345678}}
              - http: GET https://github.com/login
                headers: ${fields}
                basic: ${pair}
            """)
        #expect(done.failures.map(\.sentence) == [])
        let sent = done.journal.compactMap { entry -> String? in
            guard case .exchange(let exchange) = entry.event, exchange.to == .github else { return nil }
            return exchange.request.header(.authorization)
        }
        #expect(sent == ["Basic \(Base64.encode(Array("alice:12345678".utf8)))"])
        let nobodys = try await Self.told("with: {o: ListGatways}\nsteps: [{aws: \"${o}\"}]\n")
        #expect(nobodys == ["there is no operation \"ListGatways\" (did you mean \"ListGateways\"?)"])
        let odd = try await Self.told(
            "with: {h: [1]}\nsteps: [{http: GET https://github.com/login, headers: \"${h}\"}]\n")
        #expect(odd == ["this must be a mapping of members, it is [1] ()"])
    }

    /// Of a path that nothing is at, every denial would be true.
    @Test func aDenialNeedsSomethingToDeny() async throws {
        func told(_ expected: String) async throws -> [String] {
            try await Self.told("steps: [{sign-in: alice, expect: {\(expected)}}]\n")
        }
        #expect(try await told("claims.sub: {not: bob}, claims.nobody: {not: present}") == [])
        let misspelt = try await told("claims.subb: {not: bob}")
        #expect(misspelt.count == 1)
        let first = try #require(misspelt.first)
        #expect(first.hasPrefix("claims.subb: expected a value, but not \"bob\", got nothing"), "\(first)")
        #expect(first.contains("did you mean \"sub\"?"))
    }

    /// One rule for a parameter that is sent twice, wherever it stands: it is a list.
    @Test func aParameterThatIsSentTwiceIsAList() async throws {
        let done = try await LanguageRunTests.run(
            """
            steps:
              - http: POST ${lab.github}/nowhere?a=1&b=1
                form: {a: ["2", "3"], c: "4"}
                expect: {status: 404}
              - http: POST ${lab.github}/nowhere?d=1
                json: {d: 2, e: 3}
                expect: {status: 404}
              - browser: ${lab.github}/nowhere?x=1&x=2
                as: alice
                expect: {status: 404, query.x: ["1", "2"], "landed?x": ["1", "2"], "hops[0].query.x": ["1", "2"]}
            then:
              exchanges:
                - {to: github, sends: {equals: {a: ["1", "2", "3"], b: "1", c: "4"}}}
                - {to: github, sends: {equals: {d: ["1", 2], e: 3}}}
                - {to: github, sends: {at: {a: "1"}}, times: 0}
                - {to: github, sends: {at: {a: "3"}}, times: 0}
                - {to: github, method: POST, sends: {at: {a: {contains: "2"}}}, times: 1}
            """)
        #expect(done.failures.map(\.sentence) == [])
    }

    /// Nothing is like it as far as anybody can look: a text is not looked for in an object.
    @Test func whatCannotBeLookedAtWasNotMissing() async throws {
        func told(_ line: String) async throws -> [String] {
            try await Self.told(
                """
                steps:
                  - {http: "POST ${lab.github}/nowhere", json: {a: gho_x}, expect: {status: 404}}
                then: {exchanges: [{to: github, \(line), times: 0}]}
                """)
        }
        #expect(try await told("sends: {matches: gho_y}") == [])
        #expect(try await told("sends: {at: {b: {starts-with: gho_}}}") == [])
        let unseen = try await told("sends: {contains: gho_}")
        #expect(unseen.count == 1 && unseen[0].contains("use matches for its JSON text"), "\(unseen)")
        #expect(try await told("sends: {not: {contains: gho_}}").count == 1)
    }

    /// A token that somebody damaged is judged as any other is.
    @Test func aDamagedTokenIsMalformed() async throws {
        let body = "with: {t: a.b.c}\nsteps: [{jwt: \"${t}\", expect: {signature: malformed, times: unknown}}]\n"
        #expect(try await Self.told(body) == [])
        let plain = try await Self.told("with: {t: a.b.c}\nsteps: [jwt: \"${t}\"]\n")
        #expect(plain.count == 1 && plain[0].contains("the signature is not valid: malformed"), "\(plain)")
    }

    @Test func aForgedTokenTakesOverFromATokenOnly() async throws {
        #expect(
            try await Self.told("steps: [{forge: provider, like: no-jwt}]\n") == [
                "this is no JWT to take over from (such as ${alice.accessToken})"
            ])
        let far = "steps: [{forge: provider, times: {exp: -9223372036854775808}}]\n"
        #expect(try await Self.told(far) == ["times are whole numbers of seconds from now ()"])
    }

    @Test func mayMissMayBeAVariable() async throws {
        let body = "with: {m: MISS}\nsteps: [{fault: {name: x, party: rest, drop: true, may-miss: \"${m}\"}}]\n"
        #expect(try await Self.told(body.replacing("MISS", with: "\"true\"")) == [])
        #expect(try await Self.told(body.replacing("MISS", with: "false")).count == 1)
    }

    /// A shared fragment's own senders and defaults count in the scenario that begins with it.
    @Test func aFragmentIsReadAsThisScenarioUsesIt() {
        let fragment = """
            fragment: f
            with: {g: "${gateway}"}
            steps: [{http: "GET https://github.com/${g}", as: auditor}]
            """
        var vocabulary = LabVocabulary.bare
        vocabulary.users = ["alice"]
        let reader = ScenarioReader(vocabulary, fragments: ["f"]) { name in
            name == "f" ? Source(name: "scenarios/given/f.yaml", text: fragment) : nil
        }
        func told(_ given: String) -> [String] {
            let text = """
                scenario: s
                spec: [T2]
                given: [\(given)]
                steps: [{aws: ListGateways}]
                then: {tokens: [{issued-by: idp, never-seen-by: auditor}]}
                """
            return reader.read(Source(name: "s.yaml", text: text)).1.map { "\($0.place): \($0.message)" }
        }
        #expect(told("f: {g: login}") == [])
        // What it lacks is told where the scenario names it.
        #expect(told("f") == ["s.yaml:3:9: f needs a variable \"gateway\", at scenarios/given/f.yaml:2:11"])
    }

    @Test func anUnknownMayBeAValueOfTheMatrix() throws {
        let files = try LanguageRunTests.load(
            "matrix: {u: [binding.mode]}\nlab: {use: default, unknowns: {\"${u}\": sub}}\nsteps: [{set: {x: 1}}]\n")
        #expect(files.map(\.lab.unknowns) == [["binding.mode": "sub"]])
    }

    @Test func aFileOfTheLedgerThatIsNoListIsTold() throws {
        let root = FileManager.default.temporaryDirectory.appendingPathComponent(
            "ledger-\(ProcessInfo.processInfo.processIdentifier)")
        let folder = root.appendingPathComponent("mocks/ledger")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: root) }
        try "rows: []\n".write(to: folder.appendingPathComponent("odd.yaml"), atomically: true, encoding: .utf8)
        let told = Ledger.load(root: root.path).1.map(\.description)
        #expect(told == ["mocks/ledger/odd.yaml:1:1: a file of the ledger must be a list, this is a mapping"])
    }

    @Test func roundsHaveAnEnd() async throws {
        let list = "[\((1...60).map(String.init).joined(separator: ", "))]"
        let body = "steps:\n  - for-each: {a: \(list), b: \(list), c: \(list)}\n    steps: [{set: {x: 1}}]\n"
        #expect(try await Self.told(body) == ["these are more than 100000 rounds ()"])
    }

    private static func exchanges(_ line: String, _ step: String = "http: GET https://github.com/login") -> String {
        "# /login/oauth/acess_token\nsteps: [{\(step)}]\nthen: {exchanges: [{\(line), times: 0}]}\n"
    }

    @Test func aPathThatNobodyHasProvesNothing() async throws {
        for line in [
            "to: github, path: /user/emails", "to: idp, path: /oauth2/revoke", "path: /.well-known/jwks.json",
            "to: gateway, path: /gateways/x/mcp", "to: mcp, path: /mcp", "to: aws, path: /identities/oauth2/token",
            "to: aws, path: /gateways/x/targets/y", "to: app, path: /userIdentifier/id",
        ] {
            #expect(try await Self.told(Self.exchanges(line)) == [], "\(line)")
        }
        for line in [
            "to: github, path: /login/oauth/acess_token", "to: github, path: /oauth/token",
            "path: /login/oauth/acess_token", "to: idp, path: /login/oauth/access_token", "to: aws, path: /gatewas",
            "to: mcp, path: /mpc",
        ] {
            #expect(try await Self.told(Self.exchanges(line)).count == 1, "\(line)")
        }
        // Whoever sends somebody there knows of it, and what the users' application has nobody knows.
        let step = "set: {there: https://github.com/elsewhere}"
        #expect(try await Self.told(Self.exchanges("to: github, path: /elsewhere", step)) == [])
        #expect(try await Self.told(Self.exchanges("to: app, path: /elsewhere")) == [])
    }

    /// To ask whether somebody has a path leaves no trace.
    @Test func theQuestionLeavesNoTrace() async throws {
        let asked = try await LanguageRunTests.run(Self.exchanges("to: github, path: /user/emails"))
        let silent = try await LanguageRunTests.run(Self.exchanges("to: github, path: /login/oauth/access_token"))
        #expect(asked.journal == silent.journal && !asked.journal.isEmpty)
    }

    @Test func manyGapsAreSoonJudged() async throws {
        func body(_ last: String) -> String {
            let gaps = Array(repeating: "..., UPDATING", count: 12).joined(separator: ", ")
            return """
                given: [gateway]
                steps:
                  - for-each: {n: [\((1...40).map(String.init).joined(separator: ", "))]}
                    steps:
                      - aws: UpdateGateway
                        with:
                          gatewayIdentifier: ${gateway}
                          name: demo-gw
                          roleArn: arn:aws:iam::000000000000:role/gateway
                          protocolType: MCP
                          protocolConfiguration: {mcp: {supportedVersions: ["2025-11-25"], searchType: SEMANTIC}}
                          authorizerType: CUSTOM_JWT
                          authorizerConfiguration:
                            customJWTAuthorizer:
                              discoveryUrl: ${lab.idp}/.well-known/openid-configuration
                              allowedClients: [web]
                  - clock: {advance: 1s}
                then:
                  transitions: {"gateway ${gateway}": [CREATING, \(gaps), ..., \(last)]}
                """
        }
        let held = try await LanguageRunTests.run(body("READY"))
        #expect(held.failures.map(\.sentence) == [])
        let failed = try await LanguageRunTests.run(body("DELETING, READY"))
        // Where any state may stand, none is the wrong one.
        #expect(failed.failures.map(\.hint) == [nil])
    }

    @Test func aTokenStandsInNoFailure() async throws {
        let result = try await LanguageRunTests.run(
            """
            steps:
              - sign-in: alice
                label: alice comes
              - for-each: {t: ["${alice.accessToken}"]}
                steps:
                  - aws: ListGateways
                    label: with ${t}
                    expect: {status: 404}
            """)
        #expect(result.failures.count == 1)
        let token = try #require(TokenLineage.table(of: result.journal).first { $0.kind == "access_token" })
        for text in [TextReport.render([result]), JSONReport.render([result], run: [:], pages: true).text] {
            #expect(!text.contains("eyJ"))
            #expect(text.contains("access_token \(token.id)"))
        }
        #expect(result.records.map(\.label).contains("alice comes"))
    }

    /// A later snapshot brings back what going to an earlier one undid: its steps, and the faults that were set.
    @Test func whatASnapshotKeptIsThereAgain() async throws {
        let result = try await LanguageRunTests.run(
            """
            steps:
              - snapshot: before
              - fault: {name: down, party: github, operation: GET /user, answer: {status: 503}}
              - snapshot: behind
              - {restore: before, label: there}
              - {http: GET https://github.com/login, label: in vain}
              - {restore: behind, label: and back}
              - {http: "GET ${lab.github}/user", expect: {status: 503}}
            """)
        #expect(result.failures.map(\.sentence) == [])
        #expect(result.records.filter(\.isUndone).map(\.title) == ["there", "in vain"])
        // What came only before nobody met.
        let missed = try await LanguageRunTests.run(
            """
            steps:
              - snapshot: before
              - fault: {name: down, party: github, operation: GET /user, answer: {status: 503}}
              - restore: before
              - http: GET ${lab.github}/user
                expect: {status: 401}
            """)
        #expect(missed.failures.map(\.what) == ["fault \"down\""])
    }

    /// Numbers of the journal are given anew after what was undone: a step of then is drawn with nobody's messages.
    @Test func whatWasUndoneIsInNoPicture() async throws {
        let result = try await LanguageRunTests.run(
            """
            steps:
              - fork:
                  one: [{http: GET https://github.com/login, label: on the way}]
              - snapshot: here
              - {http: GET https://github.com/login, label: in vain}
              - {restore: here, label: back}
              - {aws: ListGateways, label: afterwards}
            """)
        #expect(result.verdict == .held)
        let undone = result.records.filter(\.isUndone).map(\.title)
        #expect(undone == ["on the way", "in vain"])
        let steps = Story(result).events.compactMap { event -> String? in
            if case .step(let title, _) = event.kind { title } else { nil }
        }
        #expect(steps == ["fork", "snapshot: here", "back", "afterwards"])
        #expect(Story(result).events.map(\.sequence) == Story(result).events.map(\.sequence).sorted())
    }

    /// Every state, kind of token and place that a run tells is one that a check may name, and there is no other.
    @Test func checksKnowTheNamesThatRunsTell() async throws {
        let results = await (try Corpus.runner()).run(Corpus.loaded.0, jobs: 2)
        var kinds: Set<String> = []
        var holders: Set<String> = []
        for entry in results.flatMap({ $0.chapters.joined() + $0.journal }) {
            switch entry.event {
            case .transition(let move):
                let mistake = KnownNames.mistake(in: [move.to], of: move.subject)
                if let mistake { Issue.record("\(mistake.message)") }
            case .token(.issued(let birth)): kinds.insert(birth.kind)
            case .token(.held(_, let holder)): holders.insert(holder)
            default: continue
            }
        }
        #expect(kinds == Set(KnownNames.tokenKinds))
        #expect(holders.subtracting(PartyName.all).isSubset(of: KnownNames.places), "\(holders)")
    }

    /// Whoever writes in an editor is told of every member what it is for.
    @Test func everyMemberSaysWhatItIsFor() {
        var silent: [String] = []
        func look(_ shape: Shape, _ path: String) {
            switch shape {
            case .mapping(let members): look(members, path)
            case .names(let inner), .list(let inner): look(inner, path)
            case .either(let shapes): for shape in shapes { look(shape, path) }
            default: break
            }
        }
        func look(_ members: [ShapeMember], _ path: String) {
            for member in members {
                if member.about.isEmpty { silent.append("\(path).\(member.name)") }
                look(member.shape, "\(path).\(member.name)")
            }
        }
        for type in LabVocabulary.steps {
            look(type.shape.members, type.keyword)
            look(type.shape.value, type.keyword)
        }
        for type in LabVocabulary.checks {
            if type.about.isEmpty { silent.append(type.keyword) }
            look(type.shape, type.keyword)
        }
        look(FileShape.members, "scenario")
        look(FileShape.fragment, "fragment")
        #expect(silent == [])
    }
}
