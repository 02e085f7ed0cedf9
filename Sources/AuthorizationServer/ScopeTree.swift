import Kernel
import OAuthCore

/// The scopes a vendor knows, and which of them a scope includes.
struct ScopeTree: Sendable, Hashable {
    private struct Entry: Sendable, Hashable {
        let about: String
        let implies: [String]
        /// All it includes, however far.
        var reach: Set<String> = []
    }
    private let entries: [String: Entry]
    /// In the order of the file, for the metadata document.
    let names: [String]

    init(_ reader: ProfileReader) throws(VendorProfileProblem) {
        var entries: [String: Entry] = [:]
        for name in reader.names {
            let part = try reader.part(name)
            try part.allows(["about", "implies"])
            entries[name] = Entry(about: part["about"]?.string ?? name, implies: part["implies"]?.strings ?? [])
        }
        self.entries = entries.mapValues { entry in
            var entry = entry
            for name in entry.implies { entry.reach.formUnion(Self.closure(of: name, entries)) }
            return entry
        }
        names = reader.names
    }

    func knows(_ scope: String) -> Bool { entries[scope] != nil }

    /// What the consent page says about a scope.
    func about(_ scope: String) -> String { entries[scope]?.about ?? scope }

    /// Whether one scope is another or includes it.
    private func includes(_ scope: String, _ other: String) -> Bool {
        scope == other || entries[scope]?.reach.contains(other) == true
    }

    private static func closure(of scope: String, _ entries: [String: Entry]) -> Set<String> {
        var found: Set<String> = []
        var waiting = [scope]
        while let next = waiting.popLast() {
            if found.insert(next).inserted { waiting += entries[next]?.implies ?? [] }
        }
        return found
    }

    /// Known scopes only, without those that another one includes: `user,gist,user:email` is `user,gist`.
    func normalized(_ scopes: ScopeSet) -> ScopeSet {
        let known = scopes.names.filter(knows)
        guard known.count > 1 else { return ScopeSet(known) }
        return ScopeSet(known.filter { scope in !known.contains { $0 != scope && includes($0, scope) } })
    }

    /// Whether everything asked for is already within what was granted.
    func covers(_ granted: ScopeSet, _ requested: ScopeSet) -> Bool {
        requested.names.allSatisfy { wanted in granted.names.contains { includes($0, wanted) } }
    }
}
