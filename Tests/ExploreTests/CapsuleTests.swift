import Explore
import Foundation
import Harness
import Kernel
import Scenario
import TestSupport
import Testing

struct CapsuleTests {
    /// A scenario that does not hold, with a fragment in it.
    private func failure(
        _ wanted: String = "wrong", at path: String = "scenarios/made-here.yaml"
    ) async throws -> ScenarioResult {
        let text = """
            scenario: A capsule is made of this
            spec: [RFC 6749 section 4.1]
            given: [github-provider, gateway, target-method-2, alice-is-asked]
            steps:
              - mcp: tools/list
                as: alice
                expect: {"result.tools[0].name": \(wanted)}
            """
        let (files, mistakes) = Library.load(
            sources: [Source(name: path, text: text)], root: Checkout.root)
        #expect(mistakes.isEmpty)
        let file = try #require(files.first)
        return await Runner.run(
            file, definition: try LabDefinition.load(named: "default", root: Checkout.root), seed: 7)
    }

    private let lab = Capsule.File(path: "mocks/labs/default.yaml", text: "about: a lab\n")
    private let mocks = [Capsule.File(path: "mocks/a.yaml", text: "1")]

    @Test func aCapsuleIsReadAsItWasWritten() async throws {
        let result = try await failure()
        let capsule = Capsule(result, version: "1", lab: lab, mocks: mocks)
        #expect(try Capsule(text: capsule.text) == capsule)
        #expect(capsule.files.map(\.path).contains("scenarios/given/alice-is-asked.yaml"))
        #expect(capsule.seed == 7 && capsule.verdict == "failed" && capsule.failures.count == 1)
    }

    @Test func theSameRunIsTheSameInEveryByte() async throws {
        let capsule = Capsule(try await failure(), version: "1", lab: lab, mocks: mocks)
        #expect(capsule.differences(from: try await failure(), version: "1", mocks: mocks) == [])
        // Another version alone is no difference: what counts is what was done.
        #expect(capsule.differences(from: try await failure(), version: "2", mocks: []) == [])
    }

    @Test func aDifferenceIsToldWithWhatMayBeItsCause() async throws {
        let capsule = Capsule(try await failure(), version: "1", lab: lab, mocks: mocks)
        let other = [Capsule.File(path: "mocks/a.yaml", text: "2")]
        let differences = capsule.differences(
            from: try await failure("x_amz_bedrock_agentcore_search"), version: "2", mocks: other)
        #expect(
            differences == [
                "the verdict is held, it was failed", "this is version 2, it was written by 1",
                "mocks/a.yaml is another one here",
            ])
    }

    /// The same trace, judged in other words: by another version, or by a check that was mended.
    @Test func otherWordsAreADifference() async throws {
        let capsule = Capsule(try await failure(), version: "1", lab: lab, mocks: mocks)
        let differences = capsule.differences(from: try await failure("wrongly"), version: "1", mocks: mocks)
        try #require(differences.count == 1)
        #expect(differences[0].hasPrefix("what failed is told in other words at line "))
        #expect(differences[0].contains("\n  was:   expected: \"wrong\"\n  is:    expected: \"wrongly\""))
    }

    /// A scenario that stands outside the root is replayed inside the capsule's folder: the words are the same.
    @Test func theWordsNameNoPlaceOfThisMachine() async throws {
        let there = Capsule(
            try await failure(at: "/home/alice/work/made-here.yaml"), version: "1", lab: lab, mocks: mocks)
        #expect(there.wording.contains("home/alice/work/made-here.yaml:7: "))
        #expect(!there.wording.contains("/home/alice"))
        let here = try await failure(at: "home/alice/work/made-here.yaml")
        #expect(there.differences(from: here, version: "1", mocks: mocks) == [])
    }

    @Test func aCapsuleOfBeforeTheWordsWereKeptIsReadAndReplayed() async throws {
        let capsule = Capsule(try await failure(), version: "1", lab: lab, mocks: mocks)
        let part = "-- failures \(capsule.wording.split(separator: "\n", omittingEmptySubsequences: false).count) --\n"
        let text = capsule.text.replacing("\(part)\(capsule.wording)\n", with: "")
        let body = text[..<(try #require(text.range(of: "\n-- hash ")?.lowerBound))]
        let old = try Capsule(text: "\(body)\n-- hash \(Capsule.hash(String(body))) --\n")
        #expect(old.wording.isEmpty && old.files == capsule.files)
        #expect(old.differences(from: try await failure("wrongly"), version: "1", mocks: mocks) == [])
    }

    @Test func noSecretStandsInACapsule() async throws {
        let result = try await failure()
        let text = Capsule(result, version: "1", lab: lab, mocks: mocks).text
        for entry in result.journal {
            guard case .token(.issued(let birth)) = entry.event else { continue }
            #expect(!text.contains(birth.value.exposed), "\(birth.kind) of \(birth.issuer)")
        }
    }

    @Test(arguments: [
        ("scenario: no capsule", "this is no capsule"),
        ("agentcore-local capsule 1\nseed: 1\n", "has no end"),
        ("agentcore-local capsule 1\nseed: 1\n-- hash 0 --\n", "was changed"),
    ])
    func whatIsNoCapsuleIsRefused(_ text: String, _ reason: String) {
        let mistake = #expect(throws: Capsule.Mistake.self) { try Capsule(text: text) }
        #expect(mistake?.description.contains(reason) == true)
    }

    @Test func aChangedCapsuleIsRefused() async throws {
        let text = Capsule(try await failure(), version: "1", lab: lab, mocks: mocks).text
        let mistake = #expect(throws: Capsule.Mistake.self) {
            try Capsule(text: text.replacing("seed: 7", with: "seed: 8"))
        }
        #expect(mistake?.description.contains("was changed") == true)
        let cut = String(text.dropLast(40))
        #expect(throws: Capsule.Mistake.self) { try Capsule(text: cut) }
    }
}
