package import Scenario

/// What is known of the real systems, and how well: one row per fact that some party imitates.
///
/// Read from `mocks/ledger/*.yaml`. Reports count on it how many guesses a verdict rests on.
package struct Ledger: Sendable {
    package let rows: [Row]
    private let byID: [String: Int]

    /// A fact about a real system.
    package struct Row: Sendable {
        /// `E30`, `T2`, `6749-15`, …: unique.
        package let id: String
        package let states: String
        package let mark: Mark
        /// Where anybody can read it.
        package let source: String
        /// Day of the look, `2026-11-20`.
        package let date: String
        /// The rule that enforces it.
        package let rule: String?
        /// The unknown that decides it.
        package let unknown: String?
        package let place: Place
    }

    /// How well a fact is known.
    package enum Mark: String, Sendable, CaseIterable {
        /// In official documentation, a standard or a captured answer.
        case confirmed
        /// By a third party; not checked again.
        case reported
        /// Follows from other facts.
        case inferred
        /// Nobody outside knows: a switch decides.
        case unknown
    }

    init(rows: [Row]) {
        self.rows = rows
        byID = Dictionary(rows.enumerated().map { ($0.element.id, $0.offset) }) { first, _ in first }
    }

    package subscript(_ id: String) -> Row? { byID[id].map { rows[$0] } }

    /// Facts of a scenario's `spec:` that are not confirmed: the guesses its verdict rests on.
    package func guesses(of spec: [String]) -> [Row] {
        spec.compactMap { self[$0] }.filter { $0.mark == .inferred || $0.mark == .unknown }
    }
}
