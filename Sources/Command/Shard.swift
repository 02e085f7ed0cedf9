import ArgumentParser
import Harness
import Kernel

/// Part `index` (from 1) of `count`.
struct Shard: ExpressibleByArgument {
    let index: Int
    let count: Int

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1], index >= 1, index <= count else {
            return nil
        }
        self.index = index
        self.count = count
    }

    /// Where in the whole each result stands, so that the reports of all shards are joined in the order of one.
    static func positions(of results: [ScenarioResult], in whole: [(name: String, seed: UInt64)]) -> JSONValue {
        let places = Dictionary(
            whole.enumerated().map { ("\($0.element.name) \($0.element.seed)", $0.offset) }
        ) { first, _ in first }
        return .array(results.map { .int(Int64(places["\($0.name) \($0.seed)"] ?? 0)) })
    }

    func part<Item>(of items: [Item], weight: (Item) -> Int) -> [Item] {
        Sharding.part(index, of: count, items, weight: weight)
    }
}
