package import Dispatch
import Foundation
package import Kernel
import Synchronization

/// What only a served lab takes from the machine it runs on.
package enum Host {
    /// The machine's time; a served lab's clock follows it.
    package static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Instant(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }

    /// A word that nobody else can know.
    package static func formSecret() -> String {
        var bytes: [UInt8] = Array(repeating: 0, count: 16)
        // Sixteen bytes never fail (getentropy(3)).
        getentropy(&bytes, bytes.count)
        return Hex.encode(bytes)
    }

    /// How long a process that was told to end may take for its last answers.
    package static let grace: DispatchTimeInterval = .milliseconds(900)
    /// Of our own: the pool that all share may be taken.
    fileprivate static let watch = DispatchQueue(label: "signals and grace")

    /// Ends the process when the grace is over, unless it has ended by then: whoever is done does not wait for a client
    /// that reads or writes slowly.
    package static func endAfterGrace(_ code: Int32 = 0) { end(within: grace, code) }

    fileprivate static func end(within grace: DispatchTimeInterval, _ code: Int32) {
        watch.asyncAfter(deadline: .now() + grace) { _exit(code) }
    }
}

/// SIGTERM and SIGINT, caught from the moment this is made: whoever tells others that a lab is ready makes it before.
package final class StopSignals: Sendable {
    private let signals: AsyncStream<Int32>
    private let sources: Mutex<[any DispatchSourceSignal]>

    /// After the first signal a second one ends the process at once, and so does the grace: who stops a lab does not
    /// wait for a client that reads slowly.
    ///
    /// - Parameter grace: how long the process may still take; nil for as long as it likes.
    package init(within grace: DispatchTimeInterval? = Host.grace) {
        let (signals, continuation) = AsyncStream<Int32>.makeStream()
        self.signals = signals
        // A signal between being ignored and being listened for would be lost, so listening has begun on return.
        let registered = DispatchSemaphore(value: 0)
        let listening = [SIGTERM, SIGINT].map { number -> any DispatchSourceSignal in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: Host.watch)
            source.setEventHandler {
                signal(number, SIG_DFL)
                if let grace { Host.end(within: grace, 0) }
                continuation.yield(number)
            }
            source.setRegistrationHandler { registered.signal() }
            source.activate()
            return source
        }
        for _ in listening { registered.wait() }
        sources = Mutex(listening)
    }

    /// Returns at the first signal, also at one that came before.
    package func first() async {
        for await _ in signals { break }
        sources.withLock { for source in $0 { source.cancel() } }
    }
}
