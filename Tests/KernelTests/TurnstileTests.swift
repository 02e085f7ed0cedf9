import Kernel
import Synchronization
import Testing

struct TurnstileTests {
    /// Three courses of four requests each; `choose` says who goes on.
    static func order(_ choose: @escaping @Sendable (Int) -> Int) async -> [Int] {
        let log = Log()
        let turnstile = Turnstile(branches: 3, choose: choose)
        await withTaskGroup(of: Void.self) { group in
            for branch in 0..<3 {
                group.addTask {
                    await turnstile.go(branch) {
                        for _ in 0..<4 {
                            await Turnstile.wait()
                            log.add(branch)
                        }
                    }
                }
            }
        }
        return log.all
    }

    @Test func oneGoesOnAtATimeAndTheChoiceIsTheCallers() async {
        #expect(await Self.order { _ in 0 } == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
        #expect(await Self.order { $0 - 1 } == [2, 2, 2, 2, 1, 1, 1, 1, 0, 0, 0, 0])
    }

    @Test func sameChoicesGiveTheSameOrder() async {
        for seed in 0..<30 as Range<UInt64> {
            let orders = await [run(seed), run(seed)]
            #expect(orders[0] == orders[1])
            #expect(orders[0].sorted() == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
        }
    }

    private func run(_ seed: UInt64) async -> [Int] {
        let entropy = SeededEntropy(seed: seed)
        return await Self.order { Int(entropy.bytes(1, for: "order")[0]) % $0 }
    }

    @Test func whoIsNoCourseNeverWaits() async { await Turnstile.wait() }

    private final class Log: Sendable {
        private let entries = Mutex<[Int]>([])
        func add(_ entry: Int) { entries.withLock { $0.append(entry) } }
        var all: [Int] { entries.withLock { $0 } }
    }
}
