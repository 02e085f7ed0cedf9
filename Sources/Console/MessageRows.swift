import Kernel

/// Entries as a reader wants them: a message stands before what it caused, though the journal has it after.
struct MessageRows {
    enum Row {
        /// `isWhole`: nothing was sent meanwhile, so the answer needs no row of its own.
        case message(JournalEntry, Exchange, depth: Int, isWhole: Bool)
        case answer(JournalEntry, Exchange, depth: Int)
        case other(JournalEntry, depth: Int)
    }
    private(set) var rows: [Row] = []

    private struct Node {
        let entry: JournalEntry
        var inner: [Node] = []
        var exchange: Exchange? { if case .exchange(let exchange) = entry.event { exchange } else { nil } }
    }

    init(_ entries: some Collection<JournalEntry>) {
        var nodes: [Node] = []
        for entry in entries {
            var node = Node(entry: entry)
            if let exchange = node.exchange {
                while let last = nodes.last, last.exchange.map({ $0.from == exchange.to }) ?? true {
                    node.inner.append(last)
                    nodes.removeLast()
                }
                node.inner.reverse()
            }
            nodes.append(node)
        }
        for node in nodes { add(node, 0) }
    }

    private mutating func add(_ node: Node, _ depth: Int) {
        guard let exchange = node.exchange else {
            rows.append(.other(node.entry, depth: depth))
            return
        }
        let isWhole = !node.inner.contains { $0.exchange != nil }
        rows.append(.message(node.entry, exchange, depth: depth, isWhole: isWhole))
        for inner in node.inner { add(inner, depth + 1) }
        if !isWhole { rows.append(.answer(node.entry, exchange, depth: depth)) }
    }
}
