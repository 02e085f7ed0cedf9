import Kernel
import Synchronization

/// One request to a token endpoint for each entry of the vault: who comes while it is under way waits for what it
/// brings (ledger `vault-one-flight`).
///
/// Beside the claim in the store, which outlives the process: this one is about the calls of this moment.
final class Flights: Sendable {
    /// Who waits for each flight.
    private let flights = Mutex<[String: [CheckedContinuation<Bool, Never>]]>([:])

    /// Whether the caller is the one to go; it then has to `land`.
    func begin(_ key: String) -> Bool {
        flights.withLock { flights in
            guard flights[key] == nil else { return false }
            flights[key] = []
            return true
        }
    }

    /// Ends a flight; whoever waits goes on and is told whether it brought something.
    func land(_ key: String, _ isSuccess: Bool) {
        let waiting = flights.withLock { $0.removeValue(forKey: key) }
        for continuation in waiting ?? [] { continuation.resume(returning: isSuccess) }
    }

    /// Waits for a flight, nil if there is none (any more). Courses of action that go one at a time never wait for
    /// each other in place: they let the others through and ask again.
    func join(_ key: String) async -> Bool? {
        if Turnstile.pass != nil {
            await Turnstile.wait()
            return nil
        }
        guard flights.withLock({ $0[key] != nil }) else {
            await Task.yield()
            return nil
        }
        return await withCheckedContinuation { continuation in
            let isGone = flights.withLock { flights in
                guard flights[key] != nil else { return true }
                flights[key]?.append(continuation)
                return false
            }
            // It landed between the two looks: what it brought lies in the vault.
            if isGone { continuation.resume(returning: true) }
        }
    }
}
