import Foundation
import HTTPTypes
import Harness
import Kernel
import Scenario
import Testing

/// What the language does when it runs, on the default lab.
struct LanguageRunTests {
    static func load(_ body: String) throws -> [ScenarioFile] {
        let text = "scenario: s\nspec: [T2]\n\(body)"
        let (files, diagnostics) = Library.load(
            sources: [Source(name: "scenarios/s.yaml", text: text)], root: Corpus.root)
        #expect(diagnostics.map(\.rendered) == [])
        return files
    }

    static func run(
        _ body: String, seed: UInt64 = 1, _ change: (inout RunSettings) -> Void = { _ in }
    ) async throws -> ScenarioResult {
        let file = try #require(try load(body).first)
        var settings = RunSettings()
        settings.root = Corpus.root
        change(&settings)
        let definitions = ["default": try LabDefinition.load(named: "default", root: Corpus.root)]
        return await Runner(definitions: definitions, settings: settings).run(file, seed: seed)
    }

    @Test func finallyIsDoneWhateverHappenedBefore() async throws {
        let body = """
            steps:
              - aws: GetGateway
                with: {gatewayIdentifier: nobody-0123456789}
              - set: {never: 1}
            finally:
              - aws: ListGateways
                expect: {status: 418}
              - aws: ListGateways
            """
        let result = try await Self.run(body)
        #expect(result.verdict == .failed)
        #expect(result.failures.map(\.actual) == ["the answer was 404", "200"])
        #expect(result.records.map(\.title) == ["aws: GetGateway", "aws: ListGateways", "aws: ListGateways"])
        #expect(result.records.map(\.held) == [false, false, true])
    }

    @Test func aMistakeThatShowsLaterEndsTheStepsButNotFinally() async throws {
        let result = try await Self.run(
            "steps:\n  - jwt: ${lab.region}\nfinally:\n  - aws: ListGateways\n    expect: {status: 200}\n")
        #expect(result.verdict == .error)
        #expect(result.failures.first?.what == "this is no JWT")
        #expect(result.exchangeCount == 1)
    }

    @Test func skippedScenarioSaysWhyAndDoesNothing() async throws {
        let result = try await Self.run("skip: waits for the next revision\nsteps:\n  - aws: ListGateways\n")
        #expect(result.verdict == .skipped)
        #expect(result.exchangeCount == 0)
        #expect(TextReport.render([result]).contains("(waits for the next revision)"))
    }

    @Test func environmentThatIsNotSetIsNamed() async throws {
        let body = "environment: [AL_TEST_TENANT]\nsteps:\n  - set: {x: \"${env.AL_TEST_TENANT}\"}\n"
        let without = try await Self.run(body)
        #expect(without.verdict == .error)
        #expect(without.failures.first?.what == "the environment has no AL_TEST_TENANT")
        let with = try await Self.run(body) { $0.environment = ["AL_TEST_TENANT": "dev"] }
        #expect(with.verdict == .held)
    }

    /// A variable is looked at as a constant is, when it is known.
    @Test(arguments: [
        "  - set: {a: 1}\n    timeout: ${x}", "  - clock: {advance: \"${x}\"}",
        "  - wait: {until: {aws: ListGateways, expect: {status: 200}}, within: \"${x}\"}",
        "  - wait: {until: {aws: ListGateways, expect: {status: 200}}, every: \"${x}\"}",
        "  - fault: {name: slow, party: aws, delay: \"${x}\"}",
    ])
    func spanOfAVariableIsNeverLessThanNothing(_ step: String) async throws {
        for span in ["-5s", "9999999999999999999d", "soon"] {
            let result = try await Self.run("steps:\n  - set: {x: \"\(span)\"}\n\(step)\n")
            #expect(result.verdict == .error, "\(step): \(span)")
            #expect((result.failures.first?.place?.line ?? 0) >= 5, "\(step): \(span)")
        }
    }

    @Test func numberOfAVariableIsLookedAt() async throws {
        for number in ["0", "-1", "1000001", "1e400", "2.5", "\"two\""] {
            let fault = "fault: {name: down, party: aws, drop: true, first: \"${n}\", may-miss: true}"
            let result = try await Self.run("steps:\n  - set: {n: \(number)}\n  - \(fault)\n")
            #expect(result.verdict == .error, "first: \(number)")
            #expect(result.failures.first?.what.contains("whole number from 1 to 1000000") == true)
        }
        for number in ["99", "600", "-200", "99999999999999999999"] {
            let fault = "fault: {name: down, party: aws, answer: {status: \"${n}\"}, may-miss: true}"
            let result = try await Self.run("steps:\n  - set: {n: \(number)}\n  - \(fault)\n")
            #expect(result.failures.first?.what.contains("\"status\" from 100 to 599") == true, "status: \(number)")
        }
        for number in ["9223372036854775807", "-9223372036854775808", "1.5"] {
            let result = try await Self.run(
                "steps:\n  - set: {n: \(number)}\n  - forge: provider\n    times: {exp: \"${n}\"}\n")
            #expect(result.failures.first?.what.contains("whole numbers of seconds") == true, "times: \(number)")
        }
    }

    /// Each of them would hold whatever happened.
    @Test(arguments: [
        ("status: {at-least: \"${x}\"}", "-1"), ("status: {at-most: \"${x}\"}", "1e300"),
        ("status: {not: \"${x}\"}", "-1"), ("status: {not: {one-of: [\"${x}\"]}}", "200.5"),
        ("body.items: {count: {at-least: \"${x}\"}}", "-9223372036854775808"),
    ])
    func numberOfAVariableMakesNoTestThatAlwaysHolds(_ expected: String, _ number: String) async throws {
        let step = "  - aws: ListGateways\n    expect: {\(expected)}\n"
        let result = try await Self.run("steps:\n  - set: {x: \(number)}\n\(step)")
        #expect(result.verdict == .error)
        #expect(result.failures.first?.what.contains("is never") == true, "\(expected)")
    }

    @Test func secretStandsInNoFailureTraceOrCommand() async throws {
        let body = """
            secrets: {pin: "4711-ab", saved: ~}
            steps:
              - http: POST ${lab.github}/nowhere
                form: {pin: "${pin}"}
                expect: {status: 404}
              - set: {saved: "hunter2!"}
              - http: GET ${lab.github}/nowhere?y=${saved}
                expect: {status: 404, headers.content-type: "${pin}", body: "${saved}"}
            """
        let result = try await Self.run(body) { $0.variables = ["pin": "0815 zz"] }
        #expect(result.verdict == .failed)
        let shown = TextReport.render([result]) + result.trace.rendered
        for secret in ["0815 zz", "0815%20zz", "0815+zz", "hunter2"] { #expect(!shown.contains(secret), "\(secret)") }
        #expect(shown.contains("<secret pin>"))
        #expect(result.command.contains("--var 'pin=…'"))
    }

    @Test func cookiesStandInNoFailure() async throws {
        let body = """
            steps:
              - http: GET ${lab.github}/login?return_to=/x
                expect: {headers.set-cookie: nothing of the kind}
            """
        let result = try await Self.run(body)
        #expect(result.verdict == .failed)
        let actual = try #require(result.failures.first?.actual)
        #expect(actual.contains("=<cookie ") || actual == "nothing")
        for entry in result.journal {
            guard case .exchange(let exchange) = entry.event, case .answered(let response) = exchange.outcome else {
                continue
            }
            let line = response.head.headerFields.first { $0.name.canonicalName == "set-cookie" }?.value
            let value = line?.prefix { $0 != ";" }.split(separator: "=").last
            if let value { #expect(!TextReport.render([result]).contains(value)) }
        }
    }

    @Test func commandRepeatsEverythingThatWasGiven() async throws {
        let result = try await Self.run(
            "with: {a: 1}\nmatrix: {user: [bob]}\nsteps:\n  - jwt: ${lab.region}\n", seed: 7
        ) {
            $0.variables = ["a": "it's"]
            $0.rulesOff = ["pkce-verifier"]
            $0.unknowns = ["binding.mode": "sub"]
            $0.rootFlag = " --root /opt/lab"
        }
        let command =
            "agentcore-local run scenarios/s.yaml --seed 7 --var 'a=it'\\''s' --var user=bob --rules-off pkce-verifier"
            + " --unknown binding.mode=sub"
        #expect(result.command == command)
        #expect(result.commandHere == "\(command) --root /opt/lab")
    }

    @Test func decisionWithoutAPageFails() async throws {
        let body =
            """
            steps:
              - browser: ${lab.github}/login/oauth/authorize?client_id=nobody
                as: alice
                decide: deny

            """
        let result = try await Self.run("\(body)    expect: {status: 404}\n")
        #expect(result.verdict == .failed)
        #expect(result.failures.first?.actual.hasPrefix("no consent page was shown on which to deny") == true)
        let said = try await Self.run("\(body)    expect: {status: 404, decided: false}\n")
        #expect(said.verdict == .held)
    }

    /// The trap that runn documents: a check inside a loop that is lost when a later attempt succeeds.
    @Test func pollingHidesNoFailure() async throws {
        let fault = """
            steps:
              - fault: {name: down, party: aws, operation: GET /gateways/, first: 1, answer: {status: 503}}
              - wait:
                  until: {aws: ListGateways, expect: {body.items: []}}

            """
        let result = try await Self.run(fault.replacingOccurrences(of: "operation: GET /gateways/, ", with: ""))
        #expect(result.verdict == .failed)
        #expect(result.failures.first?.actual == "the answer was 503")
        let meanwhile = """
            steps:
              - wait:
                  until: {aws: ListGateways, expect: {body.items: {length: 9}}}
                  meanwhile: {body.items: {length: {at-least: 1}}}
            """
        let broken = try await Self.run(meanwhile)
        #expect(broken.failures.first?.what == "body.items")
        #expect(broken.exchangeCount == 1)
    }

    @Test func waitThatEndsSaysHowOftenItAsked() async throws {
        let result = try await Self.run(
            "steps:\n  - wait: {until: {aws: ListGateways, expect: {body.items: {length: 1}}}, within: 10s}\n")
        #expect(result.failures.first?.hint == "not within 10s of world time, asked 11 times")
    }

    @Test func timeoutsCountWorldTime() async throws {
        let step = try await Self.run(
            "steps:\n  - fault: {name: slow, party: aws, delay: 90s}\n  - aws: ListGateways\n    timeout: 1m\n")
        #expect(step.failures.map(\.actual) == ["90s passed"])
        let whole = try await Self.run("timeout: 1h\nsteps:\n  - clock: {advance: 2h}\n")
        #expect(whole.failures.first?.expected == "an end within 1h of world time")
    }

    @Test func guardianEndsWhatTakesTooLongOfRealTime() async throws {
        let body = "steps:\n  - aws: ListGateways\n  - aws: ListGateways\n"
        let clock = VirtualClock(now: Instant(milliseconds: 0))
        let result = try await Self.run(body) {
            $0.guardian = .init(limit: .seconds(1)) {
                clock.addDelay(.seconds(1))
                return clock.now
            }
        }
        #expect(result.verdict == .error)
        #expect(result.failures.first?.actual == "it took longer than 1s of real time")
    }

    @Test func branchesGoOnInAnOrderOfTheSeed() async throws {
        let body = """
            steps:
              - concurrently:
                  - - sign-in: alice
                  - - sign-in: bob
            """
        func order(_ seed: UInt64) async throws -> [String] {
            let result = try await Self.run(body, seed: seed)
            #expect(result.verdict == .held)
            return result.journal.compactMap { entry in
                if case .exchange(let exchange) = entry.event { exchange.from.rawValue } else { nil }
            }
        }
        var orders: Set<[String]> = []
        for seed in 1...20 as ClosedRange<UInt64> {
            let once = try await order(seed)
            #expect(try await order(seed) == once)
            orders.insert(once)
        }
        #expect(orders.count > 5)
    }

    @Test func failuresOfBranchesWaysAndRoundsSayWhere() async throws {
        let branch = try await Self.run(
            """
            steps:
              - concurrently:
                  a: {aws: ListGateways, expect: {status: 418}}
                  b: {aws: ListGateways}
            """
        )
        #expect(branch.failures.map(\.what) == ["status (branch a)"])
        let way = try await Self.run(
            """
            steps:
              - fork:
                  one: [{aws: ListGateways}]
                  two: [{aws: ListGateways, expect: {status: 418}}]
            """
        )
        #expect(way.failures.map(\.what) == ["status (two)"])
        let round = try await Self.run(
            "steps:\n  - for-each: {n: [200, 201]}\n    steps: [{aws: ListGateways, expect: {status: \"${n}\"}}]\n")
        #expect(round.failures.map(\.what) == ["status (n=201)"])
    }

    @Test func loopOverNothingProvesNothing() async throws {
        let body = "steps:\n  - set: {none: []}\n  - for-each: {n: \"${none}\"}\n    steps: [{aws: ListGateways}]\n"
        let result = try await Self.run(body)
        #expect(result.failures.first?.expected == "a list with at least one item")
    }

    @Test func forkGoesBackAndKeepsItsTrace() async throws {
        let body = """
            steps:
              - fork:
                  one: [{aws: CreateWorkloadIdentity, with: {name: twice}}]
                  two: [{aws: CreateWorkloadIdentity, with: {name: twice}}]
            """
        let result = try await Self.run(body)
        #expect(result.verdict == .held)
        #expect(result.exchangeCount == 0)
        #expect(result.chapters.map(\.count) == [1, 1])
        #expect(result.traceSeal == (try await Self.run(body)).traceSeal)
    }

    @Test func leakInAWayOfAForkIsOneAllTheSame() async throws {
        let body = """
            steps:
              - sign-in: alice
              - fork:
                  one:
                    - fault:
                        name: chatty
                        party: mcp
                        answer: {status: 500, body: "${alice.accessToken}"}
                    - http: GET ${lab.mcp}/mcp
                      expect: {status: 500}
              - restore: nowhere-${seed}
            """
        let result = try await Self.run(body)
        #expect(result.failures.contains { $0.actual.hasPrefix("the body of a 500 of mcp shows access_token") })
    }

    @Test func attackerWhoIsGivenATokenIsALeak() async throws {
        let body = """
            given: [shop, shop-has-a-code, shop-has-a-token]
            steps:
              - fault: {name: chatty, party: mcp, answer: {status: 200, body: "${token}"}}
              - http: GET ${lab.mcp}/mcp
                as: attacker
            """
        let result = try await Self.run(body)
        #expect(result.failures.contains { $0.actual.hasPrefix("mcp gives attacker access_token") })
        #expect(!TextReport.render([result]).contains("gho_"))
    }

    @Test func forgedSignatureIsToldAsOne() async throws {
        let body = """
            steps:
              - sign-in: alice
                save: {header: accessToken}
              - jwt: "${alice.accessToken}A"
                keys: ${lab.idp}/.well-known/jwks.json
            """
        let result = try await Self.run(body)
        #expect(result.failures.first?.actual.hasPrefix("the signature is not valid") == true)
    }

    @Test func goldenTraceThatIsMissingOrOtherFails() async throws {
        let missing = try await Self.run("steps:\n  - aws: ListGateways\nthen: {golden: no-such.trace}\n")
        #expect(missing.failures.first?.hint == "run with --update-golden to write it")
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("golden-\(getpid())")
        try FileManager.default.createDirectory(
            at: folder.appendingPathComponent("scenarios"), withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        // A trace stands beside its scenario: there has to be one.
        try Data().write(to: folder.appendingPathComponent("scenarios/s.yaml"))
        let body = { (operation: String) in "steps:\n  - aws: \(operation)\nthen: {golden: x.trace}\n" }
        let written = try await Self.run(body("ListGateways")) {
            $0.root = folder.path
            $0.updatesGolden = true
        }
        #expect(written.verdict == .held)
        #expect(FileManager.default.fileExists(atPath: folder.appendingPathComponent("scenarios/x.trace").path))
        for (operation, verdict) in [
            ("ListGateways", ScenarioResult.Verdict.held), ("ListWorkloadIdentities", .failed),
        ] {
            let again = try await Self.run(body(operation), seed: 9) { $0.root = folder.path }
            #expect(again.verdict == verdict)
        }
    }

    @Test func matrixIsOneScenarioForEachCell() throws {
        let files = try Self.load("matrix: {user: [alice, bob], n: [1, 2]}\nsteps:\n  - sign-in: ${user}\n")
        #expect(files.map(\.cellText) == ["user=alice, n=1", "user=alice, n=2", "user=bob, n=1", "user=bob, n=2"])
        let modes = try Self.load(
            "matrix: {mode: [token, sub]}\nlab: {unknowns: {binding.mode: \"${mode}\"}}\nsteps:\n  - sign-in: alice\n")
        #expect(modes.map { $0.lab.unknowns["binding.mode"] } == ["token", "sub"])
    }

    @Test func shardsAreDisjointCompleteAndBalanced() {
        let weights = (1...97).map { ($0 * 37) % 23 + 1 }
        let parts = (1...4).map { Sharding.part($0, of: 4, Array(weights.indices)) { weights[$0] } }
        #expect(parts.flatMap { $0 }.sorted() == Array(weights.indices))
        let loads = parts.map { $0.reduce(0) { $0 + weights[$1] } }
        #expect((loads.max() ?? 0) - (loads.min() ?? 0) <= 2)
        #expect(Sharding.part(2, of: 4, Array(weights.indices)) { weights[$0] } == parts[1])
    }
}
