import Kernel

/// Scopes in the order they were named, each once.
package struct ScopeSet: Hashable, Sendable, Codable, CustomStringConvertible {
    package private(set) var names: [String]

    package init(_ names: [String]) {
        if names.count <= 8 {
            // Mostly each stands there once: then the list is taken as it is.
            if Self.areDistinct(names) {
                self.names = names
                return
            }
            var kept: [String] = []
            for name in names where !name.isEmpty && !kept.hasSame(name) { kept.append(name) }
            self.names = kept
            return
        }
        // A set beside the list, because a hostile request may name a million.
        var seen: Set<String> = []
        self.names = names.filter { !$0.isEmpty && seen.insert($0).inserted }
    }

    private static func areDistinct(_ names: [String]) -> Bool {
        names.indices.allSatisfy { place in
            !names[place].isEmpty && !names[..<place].contains { areSame($0, names[place]) }
        }
    }

    package init(_ names: some Sequence<String>) { self.init(Array(names)) }
    package init() { names = [] }

    /// Reads a list parted by blanks (RFC 6749 section 3.3) or by commas (as GitHub also takes it).
    package init(parsing text: String) {
        self.init(
            text.utf8.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: ",") }.map { String(Substring($0)) })
    }

    package init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode([String].self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(names)
    }

    package func contains(_ name: String) -> Bool { names.hasSame(name) }
    package func isSubset(of other: ScopeSet) -> Bool { names.allSatisfy { other.contains($0) } }
    package func union(_ other: ScopeSet) -> ScopeSet { ScopeSet(names + other.names) }
    package func intersection(_ other: ScopeSet) -> ScopeSet { ScopeSet(names.filter { other.contains($0) }) }
    package var isEmpty: Bool { names.isEmpty }
    package var spaceSeparated: String { names.joined(separator: " ") }
    package var description: String { spaceSeparated }

    /// Scopes are a set: the order they were named in does not part two of them.
    package static func == (left: ScopeSet, right: ScopeSet) -> Bool {
        left.names == right.names
            || left.names.count == right.names.count && Set(left.names) == Set(right.names)
    }
    package func hash(into hasher: inout Hasher) { hasher.combine(names.sorted()) }

    /// RFC 6749 section 3.3: `1*( %x21 / %x23-5B / %x5D-7E )`.
    package static func isLegal(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.allSatisfy { (0x21...0x7E).contains($0) && $0 != 0x22 && $0 != 0x5C }
    }
}
