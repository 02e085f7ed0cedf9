package import Kernel

/// Keeps what one account has from callers of another (ledger `account-boundary`).
package struct AccountBoundary {
    private let switches: Switches

    package init(_ world: World) { switches = world.switches }

    /// Whether a caller of one account is to be refused what another has.
    package func parts(_ caller: String, from owner: String) -> Bool {
        caller != owner && isDrawn && switches.holds(.accountBoundary)
    }

    /// Where nothing vouches for a caller's key, one person may come with several (ledger `accounts-apart`).
    private var isDrawn: Bool {
        switches.choice(.accountsApart) == "always" || switches.choice(.signatures) == "verify"
            || switches.choice(.iam) == "enforce"
    }
}
