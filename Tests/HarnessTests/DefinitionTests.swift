import Foundation
import Harness
import Kernel
import Scenario
import TestSupport
import Testing

/// A lab's file with a mistake in it: each is told at its place.
struct DefinitionTests {
    /// What is replaced in the default lab, by what, where the mistake is and a word of the message.
    static let mistakes: [(String, String, String, String)] = [
        ("region: us-east-1", "regions: us-east-1", "did you mean \"region\"?", "regions"),
        ("  mcp:\n", "  mpc:\n", "did you mean \"mcp\"?", "mpc"),
        ("keys: keys/inbound", "key: keys/inbound", "did you mean \"keys\"?", "key: keys"),
        (
            "contract: contract/contract.json", "contract: contract/nothing.json", "known: contract/contract",
            "nothing.json"
        ),
        (
            "profile: tools/github-tools", "profile: tools/github-tool", "did you mean \"tools/github-tools.yaml\"?",
            "tool.y"
        ),
        ("about:", "use: chnaged\nabout:", "there is no lab \"chnaged\"", "use: chnaged"),
        ("users: directory/users.yaml", "users: [a]", "must be a text", "users: [a]"),
        ("hosts: [github.com, api.github.com]", "hosts: github.com", "at least one host", "hosts: github.com"),
        ("each: \"{gatewayId}.", "each: \"x.", "must begin with {gatewayId}", "each: \"x."),
        ("about:", "rules: {session-bindings: off}\nabout:", "did you mean \"session-binding\"?", "session-bindings"),
        ("about:", "rules: {session-binding: perhaps}\nabout:", "on or off", "perhaps"),
        ("about:", "unknowns: {binding.mod: sub}\nabout:", "did you mean \"binding.mode\"?", "binding.mod"),
        ("about:", "unknowns: {binding.mode: perhaps}\nabout:", "known: token, sub", "binding.mode"),
        ("about:", "rules: [session-binding]\nabout:", "rules must be a mapping", "rules: [session"),
        ("about:", "unknowns: sub\nabout:", "unknowns must be a mapping", "unknowns: sub"),
        ("about:", "outside: {origins: http://127.0.0.1:9000}\nabout:", "origins must be a list", "origins:"),
    ]

    @Test(arguments: mistakes)
    func aMistakeIsToldAtItsPlace(_ old: String, _ new: String, _ told: String, _ word: String) throws {
        let root = try Self.root(replacing: old, by: new)
        defer { try? FileManager.default.removeItem(atPath: root) }
        let mistake = try #require(throws: Diagnostic.self) {
            try LabDefinition.load(named: "changed", root: root)
        }
        #expect("\(mistake)".contains(told), "\(mistake)")
        #expect("\(mistake)".hasPrefix("mocks/"), "\(mistake)")
        let line = try #require(
            mistake.place.source.text.split(separator: "\n", omittingEmptySubsequences: false)
                .firstIndex { $0.contains(word) })
        #expect(mistake.place.line == line + 1, "\(mistake)")
    }

    @Test func switchesOfTheFileHoldInEveryLab() throws {
        let root = try Self.root(
            replacing: "about:", by: "rules: {session-binding: off}\nunknowns: {binding.mode: sub}\nabout:")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let lab = try Lab(LabDefinition.load(named: "changed", root: root))
        #expect(lab.rulesOff == ["session-binding"])
        #expect(lab.unknownChoices.contains { $0 == ("binding.mode", "sub") })
    }

    @Test func aMistakeInAPartysFileIsToldToo() throws {
        let root = try Self.root(replacing: "users: directory/users.yaml", by: "users: labs/users.json")
        defer { try? FileManager.default.removeItem(atPath: root) }
        try #"{"users": [}"#.write(toFile: "\(root)/mocks/labs/users.json", atomically: true, encoding: .utf8)
        let broken = #expect(throws: Diagnostic.self) { try LabDefinition.load(named: "changed", root: root) }
        #expect(
            broken?.description.hasPrefix("mocks/labs/users.json:1:12: this is no JSON") == true, "\(broken as Any)")
        try #"{"users": [{}]}"#.write(toFile: "\(root)/mocks/labs/users.json", atomically: true, encoding: .utf8)
        let missing = #expect(throws: Diagnostic.self) { try LabDefinition.load(named: "changed", root: root) }
        #expect(missing?.description.contains("users.0: a user needs \"name\"") == true, "\(missing as Any)")
    }

    /// A data file, what is replaced in it by what, and the name that nobody reads.
    static let misspellings: [(String, String, String, String)] = [
        ("rest/apis.yaml", "stage: prod", "stages: prod", "stage"),
        ("rest/apis.yaml", "        status: 201\n", "        statuses: 201\n", "status"),
        ("functions/functions.yaml", "    invocable: false", "    invokable: false", "invocable"),
        ("functions/functions.yaml", "      - fails: ", "      - fail: ", "fails"),
        ("access/principals.yaml", "    keys: [{id: AKIAROOT", "    keys: [{ids: AKIAROOT", "id"),
        ("access/principals.yaml", "    policies:", "    policy:", "policies"),
        ("vendors/github.yaml", "  expiringSeconds: 28800", "  expiringSecond: 28800", "expiringSeconds"),
        ("directory/users.yaml", "    displayName: Ada", "    displayname: Ada", "displayName"),
        ("directory/inbound.yaml", "    redirectUris: [", "    redirectURIs: [", "redirectUris"),
        ("directory/inbound.yaml", "  idTokenSeconds:", "  idTokensSeconds:", "idTokenSeconds"),
        ("directory/inbound.yaml", "  audiences: [", "  audience: [", "audiences"),
        ("vendors/github.yaml", "  settings: /settings", "  setting: /settings", "settings"),
        ("tools/github-tools.yaml", "gist_id: {type: string,", "gist_id: {type: strng,", "string"),
        ("tools/github-tools.yaml", "full_name: \"${repository.", "full_name: \"${repositry.", "repository"),
        ("tools/github-tools.yaml", "location: \"${user.location}\"", "location: \"${user.loction}\"", "location"),
    ]

    @Test(arguments: misspellings)
    func aNameThatNobodyReadsIsToldAtItsPlace(
        _ file: String, _ old: String, _ new: String, _ meant: String
    ) throws {
        let root = try Self.root(replacing: "about:", by: "# \(hash64(file + new))\nabout:")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let path = "\(root)/mocks/\(file)"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let place = try #require(text.range(of: old))
        let changed = text.replacingCharacters(in: place, with: new)
        try changed.write(toFile: path, atomically: true, encoding: .utf8)
        let mistake = try #require(throws: Diagnostic.self) {
            try LabDefinition.load(named: "changed", root: root, looksClosely: true)
        }
        let line = text[..<place.lowerBound].count { $0 == "\n" } + 1
        #expect("\(mistake)".hasPrefix("mocks/\(file):\(line):"), "\(mistake)")
        #expect("\(mistake)".contains("did you mean \"\(meant)\"?"), "\(mistake)")
    }

    /// What a profile lays over its file is told where the profile says it.
    @Test func aProfilesOwnMistakeIsToldInTheProfile() throws {
        let root = try Self.root(replacing: "    profile: vendors/github.yaml", by: "    vendor: google")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let path = "\(root)/mocks/vendors/oauth.yaml"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacing("offlineOnlyWithConsent:", with: "offlineOnlyWithConsents:")
            .write(toFile: path, atomically: true, encoding: .utf8)
        let mistake = try #require(throws: Diagnostic.self) {
            try LabDefinition.load(named: "changed", root: root)
        }
        let line = try #require(
            text.split(separator: "\n", omittingEmptySubsequences: false)
                .firstIndex { $0.contains("offlineOnlyWithConsent:") })
        #expect("\(mistake)".hasPrefix("mocks/vendors/oauth.yaml:\(line + 1):"), "\(mistake)")
    }

    /// A key that nobody has signs nothing.
    @Test func theApplicationsKeyIsOneOfTheLabs() throws {
        let root = try Self.root(replacing: "signs-with: AKIAAPPLICATIONLOCAL", by: "signs-with: AKIANOBODYS")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let mistake = #expect(throws: Diagnostic.self) { try LabDefinition.load(named: "changed", root: root) }
        #expect(mistake?.description.contains("nobody has the key AKIANOBODYS") == true, "\(mistake as Any)")
    }

    /// What a template says of the Region is judged for the Region of the scenario's lab.
    @Test func aTemplateIsLookedAtInTheLabsRegion() throws {
        let root = try Self.root(replacing: "region: us-east-1", by: "region: eu-west-1")
        defer { try? FileManager.default.removeItem(atPath: root) }
        let template = """
            Mappings: {Names: {eu-west-1: {pool: users}}}
            Resources:
              Pool:
                Type: AWS::Cognito::UserPool
                Properties: {UserPoolName: {"Fn::FindInMap": [Names, {Ref: "AWS::Region"}, pool]}}
            """
        try FileManager.default.createDirectory(atPath: "\(root)/scenarios", withIntermediateDirectories: true)
        try template.write(toFile: "\(root)/scenarios/pool.template.yaml", atomically: true, encoding: .utf8)
        for (lab, count) in [("changed", 0), ("default", 1)] {
            let text = """
                scenario: A pool in a region
                spec: [RFC 6749 section 1]
                lab: \(lab)
                steps:
                  - deploy: pool.template.yaml
                """
            if lab == "default" {
                try FileManager.default.copyItem(
                    atPath: "\(Checkout.root)/mocks/labs/default.yaml", toPath: "\(root)/mocks/labs/default.yaml")
            }
            try text.write(toFile: "\(root)/scenarios/pool.yaml", atomically: true, encoding: .utf8)
            let (_, mistakes) = Library.load(paths: ["\(root)/scenarios/pool.yaml"], root: root, looking: .checking)
            let ours = mistakes.filter { "\($0)".contains("pool.template.yaml") }
            #expect(ours.count == count, "\(lab): \(mistakes)")
        }
    }

    /// IAM signs for one Region wherever the lab is (ledger `sigv4-signing-name`).
    @Test func aStackElsewhereGetsItsRoles() async throws {
        let root = try Self.root(replacing: "us-east-1", by: "eu-west-2")
        defer { try? FileManager.default.removeItem(atPath: root) }
        var options = LabOptions()
        options.unknowns = ["sigv4": "verify"]
        let lab = try Lab(try LabDefinition.load(named: "changed", root: root), options)
        let request = DeploymentRequest(
            template: """
                Resources:
                  Role:
                    Type: AWS::IAM::Role
                    Properties: {AssumeRolePolicyDocument: {Version: "2012-10-17", Statement: []}}
                  Secret:
                    Type: AWS::SecretsManager::Secret
                    Properties: {SecretString: s3cret}
                """)
        let answer = try await lab.deploy(request)
        #expect(answer["status"] == "CREATE_COMPLETE", "\(answer.text)")
    }

    /// A folder like the project's, whose one lab is the default lab with a change.
    private static func root(replacing old: String, by new: String) throws -> String {
        let files = FileManager.default
        let root = files.temporaryDirectory.appending(path: "lab-\(hash64(old + new))").path
        try? files.removeItem(atPath: root)
        try files.createDirectory(atPath: "\(root)/mocks/labs", withIntermediateDirectories: true)
        for folder in try files.contentsOfDirectory(atPath: "\(Checkout.root)/mocks") where folder != "labs" {
            try files.copyItem(atPath: "\(Checkout.root)/mocks/\(folder)", toPath: "\(root)/mocks/\(folder)")
        }
        let text = try String(contentsOfFile: "\(Checkout.root)/mocks/labs/default.yaml", encoding: .utf8)
        try #require(text.contains(old))
        try text.replacing(old, by: new).write(
            toFile: "\(root)/mocks/labs/changed.yaml", atomically: true, encoding: .utf8)
        return root
    }
}
