import Foundation
import Fuzzing
import Harness
import Kernel
import TestSupport
import Testing

/// A hundred thousand inputs to every parser and party. `make fuzz` tries more of the same.
struct FuzzTests {
    static let rounds = Int(ProcessInfo.processInfo.environment["FUZZ_ROUNDS"] ?? "") ?? 100_000
    static let seed = UInt64(ProcessInfo.processInfo.environment["FUZZ_SEED"] ?? "") ?? 1

    static func files(_ folder: String, _ ending: String) -> [[UInt8]] {
        let place = "\(Checkout.root)/\(folder)"
        let names = (FileManager.default.enumerator(atPath: place)?.allObjects ?? []).compactMap { $0 as? String }
        return names.filter { $0.hasSuffix(ending) }.sorted().compactMap { name in
            FileManager.default.contents(atPath: "\(place)/\(name)").map { Array($0) }
        }
    }

    private static let parsers = Parsers.all(files: files)

    @Test(arguments: parsers.map(\.name))
    func parserAnswersWhateverItIsGiven(_ name: String) async throws {
        let target = try #require(Self.parsers.first { $0.name == name })
        let shares = Self.parsers.reduce(8) { $0 + $1.share }
        for complaint in await target.complaints(inputs: Self.rounds * target.share / shares, seed: Self.seed) {
            Issue.record("\(complaint)")
        }
    }

    @Test func everyPartyAnswersWhateverItIsSent() async throws {
        let (_, endpoints) = try await FuzzPlan.targets(root: Checkout.root, seed: Self.seed, files: Self.files)
        for complaint in await endpoints.target.complaints(inputs: Self.rounds * 8 / 110, seed: Self.seed) {
            Issue.record("\(complaint)")
        }
        #expect(endpoints.answered.count >= 6, "\(endpoints.answered)")
    }

    /// A target that finds something says so, with what finds it again.
    @Test func whatIsWrongIsTold() async {
        let target = FuzzTarget("odd", share: 1, [Array("abc".utf8)]) { $0.count % 2 == 1 ? "odd" : nil }
        let found = await target.complaints(inputs: 100, seed: 5)
        #expect(found.count == 10)
        #expect(found.first?.hasPrefix("odd, seed 5, input ") == true)
        #expect(await target.complaints(inputs: 100, seed: 5) == found)
    }
}
