import Foundation
import Kernel
import Scenario
import Synchronization

/// Whether a scenario's `spec` names a row of the ledger. For ids that are there a look at the lines is enough, in a
/// hundredth of the time that reading the ledger takes; only for another one is it read.
final class LedgerRows: Sendable {
    private let root: String
    private let seen: Set<String>
    private let read = Mutex<(ids: Set<String>, mistakes: [Diagnostic])?>(nil)

    init(root: String) {
        self.root = root
        var seen: Set<String> = []
        let folder = "\(root)/mocks/ledger"
        for name in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] where name.hasSuffix(".yaml") {
            guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }
            Self.look(at: data, &seen)
        }
        self.seen = seen
    }

    /// Each line that begins a row says its id: `- id: E20`.
    private static func look(at text: Data, _ seen: inout Set<String>) {
        let (head, end) = (Data("- id: ".utf8), UInt8(ascii: "\n"))
        var rest = text.startIndex
        while let found = text.range(of: head, in: rest..<text.endIndex) {
            rest = found.upperBound
            guard found.lowerBound == text.startIndex || text[found.lowerBound - 1] == end else { continue }
            seen.insert(String(decoding: text[rest...].prefix { $0 != end }, as: UTF8.self))
        }
    }

    /// The ids there are if this is none; nil if it is one, or where there is no ledger.
    func others(than id: String) -> [String]? {
        guard !seen.contains(id) else { return nil }
        let ids = ledger.ids
        return ids.isEmpty || ids.contains(id) ? nil : ids.sorted()
    }

    var mistakes: [Diagnostic] { ledger.mistakes }

    private var ledger: (ids: Set<String>, mistakes: [Diagnostic]) {
        read.withLock { read in
            if let read { return read }
            let (ledger, mistakes) = Ledger.load(root: root)
            let found = (ids: Set(ledger.rows.map(\.id)), mistakes: mistakes)
            read = found
            return found
        }
    }
}
