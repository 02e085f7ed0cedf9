package import Kernel
package import Scenario

/// From the entry after `after` on somebody acts, of several who do so at the same time.
package struct Turn: Sendable, Hashable {
    package let after: Int
    /// A number for each of them; 0 for who acts alone.
    package let course: Int
}

/// A step that was done: which entries of the journal are its own, for reports.
package struct StepRecord: Sendable {
    package let step: PlacedStep
    /// What people call it, if the file says so.
    package internal(set) var label: String?
    /// How deep it stands inside other steps.
    package let depth: Int
    /// World time when it began.
    package let at: Instant
    /// Entries with a greater sequence number, up to `last`, came of it.
    package internal(set) var after: Int
    package internal(set) var last: Int
    package internal(set) var held: Bool
    /// Whether what it did was undone, by the end of a fork's way or a restore: the journal has none of its entries.
    package internal(set) var isUndone = false

    /// Whose it is of several who act at the same time; 0 where one alone acts.
    package internal(set) var course = 0

    package var title: String { label ?? step.title }
}
