package import Kernel

/// What one lab is given beyond its definition. Every member has a default, so that each one named means something.
package struct LabOptions: Sendable {
    /// Same seed, same bytes.
    package var seed: UInt64 = 1
    /// World time at the beginning.
    package var start = LabOptions.firstMoment
    package var addressing = Addressing.realHosts
    /// Names of rules that do not hold, beyond those of the definition.
    package var rulesOff: Set<String> = []
    /// Choices for unknowns, over those of the definition.
    package var unknowns: [String: String] = [:]
    /// Where changes are kept beyond the process; nil keeps them in memory only.
    package var archive: (any Archive)?
    /// How many of the newest entries of the journal are kept at least; nil keeps all.
    package var journalKeep: Int?
    /// How many bytes of messages those may have, else fewer are kept; nil for any number.
    package var journalBytes: Int?
    /// Hears that the archive does not give back what it holds: the lab can do nothing more.
    package var whenUnreadable: @Sendable (StoreFailure) -> Void = { _ in }
    /// Further hosts (`auth.example.com`, `127.0.0.1:9000`) and the party each one reaches.
    package var hostMap: [String: Party] = [:]
    /// The way to servers outside the lab, and what runs commands of functions; a scenario run has neither.
    package var outside: (any Network)?
    package var commands: (any CommandRunner)?
    /// Whether the inbound provider signs with new keys instead of its definition's, which everybody can read.
    package var freshKeys = false
    /// Lets others go on between the exchanges of the lab; nil where it shares its thread with nobody.
    package var giveWay: (@Sendable () async -> Void)?

    /// Where parties are reached.
    package enum Addressing: Sendable {
        /// By the names of the real hosts; nobody listens on them.
        case realHosts
        /// By origins on this machine (scheme, host and port); requests to the real hosts still reach the parties.
        case served(origins: [Party: String])
    }

    package init() {}

    /// What a served lab keeps of messages, in bytes (64 MB): ten of the longest that a party reads.
    package static let servedJournalBytes = 64 << 20

    /// 2026-11-20T10:00:00Z.
    package static let firstMoment = Instant(milliseconds: 1_795_168_800_000)
}
