// What the parties of a lab have in common: HTTP, time, chance, a store, each other's names and addresses. It knows
// nothing of OAuth, MCP or AWS.

/// Everything a fake may touch that it did not create. One value per party.
///
/// A fake that reads the host's clock, draws its own random number or opens a socket cannot be replayed;
/// the tidy test refuses it. A class, because every handler is given a copy of its party and with it of this.
package final class World: Sendable {
    /// Who lives in this world; the sender of its requests.
    package let party: Party
    /// The party's own wall clock, with the skew a scenario gave it.
    package let clock: any WallClock
    /// Wakes a party later. The only way to do something after answering.
    package let scheduler: any Scheduler
    /// Seeded chance, one stream per purpose.
    package let entropy: any Entropy
    /// The way to every other party.
    package let network: any Network
    /// Records and journal.
    package let store: Store
    /// Where each party is reached.
    package let addresses: AddressBook
    /// Rules that may be off and unknowns that may be flipped.
    package let switches: Switches

    package init(
        party: Party, clock: any WallClock, scheduler: any Scheduler, entropy: any Entropy, network: any Network,
        store: Store, addresses: AddressBook, switches: Switches
    ) {
        self.party = party
        self.clock = clock
        self.scheduler = scheduler
        self.entropy = entropy
        self.network = network
        self.store = store
        self.addresses = addresses
        self.switches = switches
    }
}

extension World {
    /// Says something to the reader of the journal; `rule` is the one that stopped something.
    package func note(_ text: String, rule: Rule? = nil) {
        store.append(.note(Note(party: party, rule: rule, text)), at: clock.now)
    }

    /// The same in a transaction, with which it stands or falls.
    package func note(_ text: String, rule: Rule? = nil, in transaction: inout Transaction) {
        transaction.append(.note(Note(party: party, rule: rule, text)), at: clock.now)
    }
}
