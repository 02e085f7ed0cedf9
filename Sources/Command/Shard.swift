import ArgumentParser
import Harness
import Kernel
import Scenario

/// Part `index` (from 1) of `count`.
struct Shard: ExpressibleByArgument {
    let index: Int
    let count: Int

    /// More machines are a slip of the pen, and a row of nothing for each would fill the memory.
    private static let most = 10_000

    init?(argument: String) {
        let parts = argument.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1], index >= 1, index <= count,
            count <= Self.most
        else { return nil }
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

    /// By which the reports of one run's shards know each other: which files it has, in which words, with which seeds
    /// and which flags. Values that may be secrets have no part in it.
    static func mark(of whole: [(file: ScenarioFile, seed: UInt64)], _ settings: RunSettings) -> String {
        var words = whole.map { "\($0.file.name) \($0.seed)" }
        var known: Set<String> = []
        for (file, _) in whole where known.insert(file.path).inserted { words.append(file.source.text) }
        words += settings.rulesOff.sorted() + settings.unknowns.map { "\($0.key)=\($0.value)" }.sorted()
        words += settings.variables.keys.sorted()
        return String(hash64(words.joined(separator: "\n")), radix: 16)
    }

    func part<Item>(of items: [Item], weight: (Item) -> Int) -> [Item] {
        Sharding.part(index, of: count, items, weight: weight)
    }
}
