import Foundation
import Harness
import Kernel
import Reports
import SQLiteStore
import Scenario
import TestSupport
import Testing

/// Where secrets of a file come to stand, and that nobody reads them there.
struct SecretTests {
    /// A user of a token, a part of a path, the name of a fault, texts in a mapping and in a list.
    private static let body = """
        secrets: {who: hidden-user, db: {user: hidden-name, keys: [hidden-key, 918273645]}, way: hidden-way}
        given: [github-provider]
        steps:
          - aws: CreateWorkloadIdentity
            with: {name: agent}
          - aws: GetWorkloadAccessTokenForUserId
            with: {workloadName: agent, userId: "${who}"}
            expect: {status: 200}
          - fault: {name: "${way}", party: github, operation: "/${way}", answer: {status: 503}}
          - http: POST ${lab.github}/${way}
            json: {inner: "${db}", text: "so ${db.user} and ${db.keys[1]}"}
            expect: {status: 503}
          - sql: SELECT count(*) AS n FROM exchange WHERE path = :path
            with: {path: "/${way}"}
            expect: {"rows[0].n": 1}
          - sql: SELECT count(*) AS n FROM token WHERE user = '${who}'
            expect: {"rows[0].n": 1}
          - sql: SELECT path FROM exchange WHERE path LIKE '%idden%'
            expect: {count: 0}
        """

    /// A line with a mistake is shown in every report, and may have one in it.
    @Test func noMistakeShowsThem() throws {
        let text = """
            scenario: A mistake beside a secret
            spec: [T2]
            secrets: {pin: hunter2-very-secret, more: {keys: [918273645]}}
            steps:
              - {http: "GET ${lab.github}/918273645", token: hunter2-very-secret, hedaers: {a: b}}
              - hunter2-very-secret: 1

            """
        let (file, mistakes) = ScenarioReader(LabVocabulary.bare).read(Source(name: "a.yaml", text: text))
        #expect(file == nil && mistakes.count == 2)
        let told = mistakes.map(\.rendered).joined()
        #expect(!told.contains("hunter2") && !told.contains("918273645"), "\(told)")
        #expect(!mistakes.contains { "\($0)".contains("hunter2") })
        let lines = try #require(mistakes.first).rendered.split(separator: "\n").map(Array.init)
        let caret = try #require(lines.last?.firstIndex(of: "^"))
        #expect(String(lines[lines.count - 2].dropFirst(caret).prefix(7)) == "hedaers")
    }

    @Test func noReportShowsThem() async throws {
        let result = try await LanguageRunTests.run(Self.body)
        #expect(result.failures.map(\.sentence) == [] && result.verdict == .held)
        let tables = JournalTables(entries: result.journal, secrets: result.secrets).rows
        let reports = [
            result.trace.rendered, SVGReport.render(result.story), MermaidReport.render(result.story),
            HTMLReport.render([result], run: [:]), JSONReport.render([result], run: [:], pages: true).pretty,
            tables.flatMap(\.columns).map { $0.value.text }.joined(separator: "\n"),
        ]
        for (number, report) in reports.enumerated() {
            for part in ["hidden", "918273645"] { #expect(!report.contains(part), "\(number)") }
            #expect(report.contains("secret who"), "\(number)")
        }
        #expect(reports[0].contains("workload_access_token") && reports[0].contains("fault <secret way> at github"))
        #expect(reports[0].contains("<secret db.keys.0>"))
    }

    /// Whatever is masked again stays as it is, and of secrets that overlap all is hidden.
    @Test func aMaskIsNeverMasked() {
        let scan = SecretScan(
            [], spoken: [("secr", "secret a"), ("abcd", "secret b"), ("cdefgh", "secret ab")])
        for (text, shown) in [
            ("a secr et", "a <secret a> et"), ("xabcdefghx", "x<secret b>x"), ("cdefghabcd", "<secret ab><secret b>"),
            ("secret", "<secret a>et"),
        ] {
            #expect(scan.masked(text) == shown)
            #expect(scan.masked(scan.masked(text)) == shown)
        }
    }

    private static func told(_ body: String) -> [String] {
        let text = "scenario: s\nspec: [T2]\n\(body)\nsteps: [{aws: ListGateways}]\n"
        let source = Source(name: "scenarios/s.yaml", text: text)
        return Library.load(sources: [source], root: Checkout.root).1.map(\.description)
    }

    @Test func aSecretOfAFewLettersIsRefused() {
        #expect(
            Self.told("secrets: {s: e, t: long-enough, db: {pin: 12, no: }, none: '', flag: true}").map {
                $0.pieces(by: ":").prefix(4).joined(separator: ":")
            } == [
                "scenarios/s.yaml:3:14: the secret s is too short",
                "scenarios/s.yaml:3:43: the secret db.pin is too short",
            ])
        #expect(Self.told("environment: {A: b}\nsecrets: {s: \"${env.A}\"}") == [])
    }

    @Test func cellsThatLookTheSameAreRefused() {
        for values in ["[1, \"1\"]", "[null, \"null\"]", "[true, \"true\"]"] {
            let told = Self.told("matrix: {n: \(values)}")
            #expect(told.count == 1 && told[0].contains("s.yaml:3:1: the matrix has two cells that reports call [n="))
        }
        #expect(Self.told("matrix: {n: [1, 2], m: [1, 2]}") == [])
    }
}
