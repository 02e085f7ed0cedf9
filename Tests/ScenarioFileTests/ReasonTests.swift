import Harness
import Kernel
import Scenario
import TestSupport
import Testing

/// A failure says why, so that nobody has to look for it.
struct ReasonTests {
    private static func told(_ body: String) async throws -> [String] {
        try await LanguageRunTests.run(body).failures.map { "\($0.sentence) (\($0.hint ?? ""))" }
    }

    /// Whatever is decided, an address that nobody has is opened by nobody.
    @Test(arguments: ["", ", decide: approve", ", decide: deny", ", expect: {decided: false}"])
    func anAddressThatNobodyHasIsNotOpened(_ more: String) async throws {
        let told = try await Self.told("steps: [{browser: \"https://githb.com/x\", as: alice\(more)}]\n")
        #expect(told.count == 1)
        #expect(told[0].contains("no party of the lab has the host githb.com; did you mean github.com?"), "\(told)")
    }

    @Test func anAddressThatDoesNotAnswerIsNotOpened() async throws {
        let fault = "fault: {name: down, party: github, drop: true}"
        func body(_ more: String) -> String {
            "steps:\n  - \(fault)\n  - {browser: \"${lab.github}/login\", as: alice\(more)}\n"
        }
        let told = try await Self.told(body(""))
        #expect(told.count == 1 && told[0].contains("no answer came from github.com"), "\(told)")
        #expect(try await Self.told(body(", expect: {status: absent}")) == [])
    }

    /// Who says that somebody approves wants to see it.
    @Test func anApprovalThatIsSaidHappens() async throws {
        let told = try await Self.told("steps: [{browser: \"${lab.github}/login\", as: alice, decide: approve}]\n")
        #expect(told.count == 1 && told[0].contains("no consent page was shown on which to approve"), "\(told)")
        #expect(try await Self.told("steps: [{browser: \"${lab.github}/login\", as: alice}]\n") == [])
    }

    /// A status alone tells nobody what to mend.
    @Test func aStackThatFailsSaysWhy() async throws {
        let failures = try await LanguageRunTests.run(
            "steps: [{deploy: deploy/unsupported.template.yaml, expect: {status: CREATE_COMPLETE}}]\n"
        ).failures
        #expect(failures.count == 1 && failures.first?.actual.contains("REFUSED") == true, "\(failures)")
        #expect(failures.first?.hint?.contains("unsupported resource types") == true, "\(failures)")
    }

    @Test func noAnswerSaysWhyWhateverWasExpected() async throws {
        let told = try await Self.told("steps: [{http: \"GET https://githb.com/x\", expect: {status: 200}}]\n")
        #expect(told.count == 1 && told[0].contains("unknownHost, no party of the lab has that host"), "\(told)")
    }

    /// A member that a variable brought is told at its place too.
    @Test func aVendorsMemberIsToldWhereItStands() async throws {
        let body = "with: {need: requird}\nsteps:\n  - vendor: google\n    with:\n      proofKey: ${need}\n"
        let failures = try await LanguageRunTests.run(body).failures
        #expect(failures.first?.place?.column == 17, "\(failures)")
    }
}
