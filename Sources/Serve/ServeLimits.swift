import Foundation
import HummingbirdCore
import NIOCore
import Synchronization

/// What callers may take of the machine, so that one of them cannot starve the others.
package struct ServeLimits: Sendable {
    /// Connections of all ports together; those beyond wait in the backlog until one ends.
    package var connections = 12_000
    /// Each port takes as many whatever the others have.
    package var connectionsOfOnePort = 16
    /// A connection that has been asking for longer, byte by byte, is closed; so is one that asks for nothing.
    package var patience = Duration.seconds(75)
    /// The same for a long body once it has its place among those that are held: others wait for it.
    package var patienceWithLongBody = Duration.seconds(10)
    /// Bodies of more than `shortBody` bytes that are held at the same time, of all ports together.
    package var longBodies = 16
    package var shortBody = 16_384
    /// Event loops that connections are dealt out to, each a thread: one for each core, and no more than the store that
    /// their requests share is good for.
    package var loops = min(System.coreCount, 4)

    package init() {}

    /// Fewer connections where the process may not open so many files, after asking for more of them.
    package static func ofThisProcess() -> ServeLimits {
        var limits = ServeLimits()
        var files = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files) == 0 else { return limits }
        let wanted = rlim_t(limits.connections + otherFiles)
        if files.rlim_cur < wanted {
            files.rlim_cur = min(wanted, files.rlim_max)
            setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
            getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &files)
        }
        // Without a file to spare a port would be closed for good.
        let most = Int(clamping: files.rlim_cur)
        limits.connections = min(limits.connections, max(most - otherFiles, most / 2))
        limits.connectionsOfOnePort = min(limits.connectionsOfOnePort, most / 32)
        return limits
    }

    /// Files that are no connection of a caller: ports, a data file, programs and servers of the user's own.
    private static let otherFiles = 256
}

/// Says to one port whether it may take another connection.
struct ConnectionGate: AvailableConnectionsDelegate {
    /// How many there are, of all ports together.
    final class Total: Sendable { let open = Mutex(0) }

    let limits: ServeLimits
    let total: Total
    private var own = 0

    init(_ limits: ServeLimits, _ total: Total) {
        self.limits = limits
        self.total = total
    }

    mutating func connectionOpened() {
        own += 1
        total.open.withLock { $0 += 1 }
    }

    mutating func connectionClosed() {
        own -= 1
        total.open.withLock { $0 -= 1 }
    }

    func isAcceptingNewConnections() -> Bool {
        // A port that waits is asked again when one of its own connections ends, so it must have some.
        own < limits.connectionsOfOnePort || total.open.withLock { $0 } < limits.connections
    }
}

/// Lets so many long bodies be held at the same time; whoever comes later waits for its turn.
final class BodyRation: Sendable {
    private struct State {
        var free: Int
        var waiting: [CheckedContinuation<Void, Never>] = []
        var next = 0
    }
    private let state: Mutex<State>

    init(_ count: Int) { state = Mutex(State(free: count)) }

    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                guard state.free == 0 else {
                    state.free -= 1
                    return true
                }
                state.waiting.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    func giveBack() {
        let next: CheckedContinuation<Void, Never>? = state.withLock { state in
            guard state.next < state.waiting.count else {
                state.free += 1
                return nil
            }
            state.next += 1
            let next = state.waiting[state.next - 1]
            // Forgotten in one go, not one by one from the front.
            if state.next == state.waiting.count || state.next > 1_000 {
                state.waiting.removeFirst(state.next)
                state.next = 0
            }
            return next
        }
        next?.resume()
    }
}
