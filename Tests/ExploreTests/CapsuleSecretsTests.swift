import Explore
import Harness
import Kernel
import Scenario
import TestSupport
import Testing

/// What a capsule brings along of the outside, and what it leaves out.
struct CapsuleSecretsTests {
    private static let text = """
        scenario: It reads of everything
        spec: [RFC 6749 section 4.1]
        environment: {TENANT: dev, KEY: , UNSET: standard}
        secrets: {key: "${env.KEY}", pin: , word: "open \\"sesame\\"", number: 918273645, code: "4#\\"1"}
        with: {lines: x}
        steps:
          - http: POST ${lab.github}/${env.TENANT}/${env.UNSET}
            json: {key: "${key}", pin: "${pin}", word: "${word}", number: "${number}", lines: "${lines}", c: "${code}"}
            expect: {status: 200}
        """

    private static func run(_ text: String, _ settings: RunSettings) async throws -> ScenarioResult {
        let (files, mistakes) = Library.load(
            sources: [Source(name: "scenarios/made-here.yaml", text: text)], root: Checkout.root,
            variables: settings.variables.keys.sorted())
        #expect(mistakes.map(\.rendered) == [])
        let definitions = ["default": try LabDefinition.load(named: "default", root: Checkout.root)]
        return await Runner(definitions: definitions, settings: settings).run(try #require(files.first), seed: 3)
    }

    private static func capsule() async throws -> Capsule {
        var settings = RunSettings()
        settings.environment = ["TENANT": "prod", "KEY": "of-the-environment", "HOME": "/root"]
        settings.variables = ["pin": "of-the-flag", "lines": "one\ntwo"]
        return Capsule(try await run(text, settings), version: "1", lab: nil, mocks: [])
    }

    @Test func itBringsWhatWasReadAndNoSecret() async throws {
        let capsule = try await Self.capsule()
        #expect(capsule.environment == ["TENANT": "prod"])
        #expect(capsule.variables == ["lines": "one\ntwo"])
        #expect(capsule.secretVariables == ["pin"] && capsule.secretEnvironment == ["KEY"])
        for part in ["of-the-", "sesame", "918273645", "/root", "4#"] {
            #expect(!capsule.text.contains(part), "\(part)")
        }
        #expect(try Capsule(text: capsule.text) == capsule)
    }

    /// Elsewhere, where the environment is another one: stand-ins for what was left out, and every byte is the same.
    @Test func aReplayWithStandInsHasTheSameBytes() async throws {
        let capsule = try await Self.capsule()
        var settings = RunSettings()
        settings.variables = capsule.variables
        settings.environment = capsule.environment
        for name in capsule.secretVariables { settings.variables[name] = Capsule.standIn(for: name) }
        for name in capsule.secretEnvironment { settings.environment[name] = Capsule.standIn(for: name) }
        let again = try await Self.run(try #require(capsule.files.first).text, settings)
        #expect(capsule.differences(from: again, version: "1", mocks: []) == [])
        settings.environment["TENANT"] = "test"
        let other = try await Self.run(Self.text, settings)
        let told = capsule.differences(from: other, version: "1", mocks: [], standIns: ["pin"])
        #expect(
            told.first?.hasPrefix("the trace differs at line 1\n  was: 1 +0ms outside -> github POST /prod/") == true)
        #expect(told.last == "the secret pin was left out of the capsule, a stand-in took its place")
    }

    private static let derived = """
        scenario: Secrets by way of other variables, in a mapping, where no blank may stand
        spec: [RFC 6749 section 4.1]
        environment: {TOK: , OTHER: , KEY: standard-of-key}
        with: {copy: "${env.TOK}", plain: written-out-plainly, given: , standard: "${env.KEY}"}
        secrets:
          s: "${copy}"
          t: "${plain}"
          u: "Bearer ${given}"
          v: "${standard}"
          db: {user: hidden-user, ports: [81818181, 71717171], on: true}
          host: internal-host
          way: hidden-way
        steps:
          - http: POST ${lab.github}/${way}
            json: {a: "${s}", b: "${t}", c: "${u}", d: "${v}", db: "${db}", other: "${env.OTHER}", on: true}
            expect: {status: 404}
          - http: GET https://${host}.example/${way}
            expect: {status: 200}
        """

    /// What a secret is made of is left out as it is, and every text of one that is a mapping.
    @Test func whatASecretIsMadeOfIsInNoCapsule() async throws {
        var settings = RunSettings()
        settings.environment = ["TOK": "tok-of-env", "OTHER": "a-written-out-plainly-b"]
        settings.variables = ["given": "given-by-flag"]
        let result = try await Self.run(Self.derived, settings)
        let capsule = Capsule(result, version: "1", lab: nil, mocks: [])
        let parts = [
            "tok-of-env", "written-out", "given-by-flag", "standard-of-key", "hidden-", "81818181", "71717171",
            "internal-host",
        ]
        for part in parts { #expect(!(capsule.text + result.command).contains(part), "\(part)") }
        #expect(capsule.trace.contains("<secret db.user>") && capsule.trace.contains("\"on\":true"))
        #expect(capsule.secretEnvironment == ["TOK"] && capsule.secretVariables == ["given"])
        #expect(capsule.environment == ["OTHER": "a-secret-plain-b"])

        var replay = RunSettings()
        replay.variables = capsule.variables
        replay.environment = capsule.environment
        for name in capsule.secretVariables { replay.variables[name] = Capsule.standIn(for: name) }
        for name in capsule.secretEnvironment { replay.environment[name] = Capsule.standIn(for: name) }
        let again = try await Self.run(try #require(capsule.files.first).text, replay)
        #expect(capsule.differences(from: again, version: "1", mocks: []) == [])
    }
}
