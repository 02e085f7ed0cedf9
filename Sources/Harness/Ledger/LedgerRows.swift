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
            data.withUnsafeBytes { Self.look(at: $0.bindMemory(to: UInt8.self), &seen) }
        }
        self.seen = seen
    }

    /// Each line that begins a row says its id: `- id: E20`.
    private static func look(at bytes: UnsafeBufferPointer<UInt8>, _ seen: inout Set<String>) {
        let text: StaticString = "- id: "
        let head = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
        var start = 0
        while start < bytes.count {
            let end = place(of: UInt8(ascii: "\n"), in: bytes, from: start) ?? bytes.count
            let line = UnsafeBufferPointer(rebasing: bytes[start..<end])
            start = end + 1
            guard areSame(UnsafeBufferPointer(rebasing: line.prefix(head.count)), head) else { continue }
            seen.insert(String(decoding: line.dropFirst(head.count), as: UTF8.self))
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
