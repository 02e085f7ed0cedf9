/// A name that a step gives to something in the lab, or by which it speaks of it.
package struct KeptName: Sendable {
    package enum Kind: Sendable { case snapshot, fault, stream }

    package let kind: Kind
    package let name: String
    /// Whose it is: everybody has streams of their own. Empty for what is everybody's.
    package let owner: String
    package let place: Place
    /// Whether it is gone afterwards.
    package let ends: Bool

    package init(_ kind: Kind, _ name: String, of owner: String = "", at place: Place, ends: Bool = false) {
        self.kind = kind
        self.name = name
        self.owner = owner
        self.place = place
        self.ends = ends
    }

    /// What names a variable may be anything.
    fileprivate var isMadeUp: Bool { name.contains("${") || owner.contains("${") }
    fileprivate func isSame(as other: KeptName) -> Bool {
        kind == other.kind && name == other.name && owner == other.owner
    }
}

/// The names that steps gave so far, in the order in which they stand in the file.
struct KeptNames {
    private var kept: [KeptName] = []
    private var ended: [KeptName] = []

    mutating func keep(_ name: KeptName) {
        kept.append(name)
        ended.removeAll { $0.isSame(as: name) }
        // Whatever was taken away since may be there again.
        if name.isMadeUp { ended.removeAll { $0.kind == name.kind } }
    }

    /// Reports a name that no earlier step gave, or that one took away.
    mutating func take(_ wanted: KeptName, _ reading: inout Reading) {
        if wanted.kind == .snapshot { ended = [] }
        let alike = kept.filter { $0.kind == wanted.kind }
        guard !wanted.isMadeUp, !alike.contains(where: \.isMadeUp) else {
            // It may have been any of them that went.
            return
        }
        if let end = ended.last(where: { $0.isSame(as: wanted) }) {
            return reading.report(wanted.place, wanted.missing, hint: "\(end.place) ended it")
        }
        guard alike.contains(where: { $0.isSame(as: wanted) }) else {
            return reading.report(wanted.place, wanted.missing, hint: Self.hint(for: wanted, among: alike))
        }
        if wanted.ends { ended.append(wanted) }
    }

    /// After one of several ways: faults are as before, and what else is there depends on the order.
    mutating func leaveWay(_ before: KeptNames) {
        kept = before.kept + kept.dropFirst(before.kept.count).filter { $0.kind != .fault }
        ended = before.ended
    }

    private static func hint(for wanted: KeptName, among alike: [KeptName]) -> String? {
        var own: [String] = []
        for other in alike where other.owner == wanted.owner && !other.name.isEmpty && !own.contains(other.name) {
            own.append(other.name)
        }
        if let near = Suggestion.nearest(to: wanted.name, among: own) { return "did you mean \"\(near)\"?" }
        if let other = alike.first(where: { $0.name == wanted.name }), !wanted.name.isEmpty {
            return "\(other.owner) has one of that name"
        }
        return Suggestion.hint(for: wanted.name, among: own)
    }
}

extension KeptName {
    fileprivate var missing: String {
        switch kind {
        case .snapshot: "no step before kept a snapshot \"\(name)\""
        case .fault: "no fault \"\(name)\" is set here"
        case .stream where name.isEmpty: "no step before asked anything as \(owner): there is no stream"
        case .stream: "no step before opened a stream \"\(name)\" as \(owner)"
        }
    }
}
