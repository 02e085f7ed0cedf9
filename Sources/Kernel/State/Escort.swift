/// What an archive keeps in the same step as the changes that it goes with, so that after a restart neither is there
/// without the other: where time and chance stand.
package protocol Escort: Sendable {
    /// Saves itself, where that is due. Asked before every step of the archive.
    func save(in transaction: inout Transaction, _ due: EscortDue)
    /// What it saved last is in the archive.
    func wasKept()
}

/// When an escort is saved.
package enum EscortDue: Sendable {
    /// If an id could come twice, or an alarm be forgotten, without it.
    case changed
    /// Also if only time went on.
    case moved
    case always
}
