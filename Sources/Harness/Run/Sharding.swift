/// Deals work out to machines that do not talk to each other.
package enum Sharding {
    /// Part `index` (from 1) of `count`: the heaviest first, each to the part that has least to do. Every machine deals
    /// in the same way, and the parts weigh the same as nearly as they can. The order of the items is kept.
    package static func part<Item>(_ index: Int, of count: Int, _ items: [Item], weight: (Item) -> Int) -> [Item] {
        let weighed = items.enumerated().map { (place: $0.offset, weight: max(1, weight($0.element))) }
        var loads = Array(repeating: 0, count: max(1, count))
        var mine: [Int] = []
        for item in weighed.sorted(by: { ($1.weight, $0.place) < ($0.weight, $1.place) }) {
            let lightest = loads.indices.min { (loads[$0], $0) < (loads[$1], $1) } ?? 0
            loads[lightest] += item.weight
            if lightest == index - 1 { mine.append(item.place) }
        }
        return mine.sorted().map { items[$0] }
    }
}
