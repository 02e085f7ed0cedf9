import Dispatch
import Foundation
package import Kernel
import Synchronization

/// A program that runs beside a served lab, on the same terminal.
package struct Child: Sendable {
    private let process: pid_t

    /// Starts a program found on the PATH. It stays in this process's group, so that a terminal's Control-C reaches it
    /// and it may read the terminal.
    ///
    /// - Throws: `ServeFailure` when there is no such program or it may not be run.
    package init(_ arguments: [String], environment: [String: String]) throws {
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { strdup($0) }
        words.append(nil)
        var variables: [UnsafeMutablePointer<CChar>?] = environment.sorted { $0.key < $1.key }.map {
            strdup("\($0.key)=\($0.value)")
        }
        variables.append(nil)
        defer { for text in words + variables { free(text) } }
        // The lab ignores these two or waits for them itself; a child begins with what everybody has.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var defaults = sigset_t()
        sigemptyset(&defaults)
        for number in [SIGTERM, SIGINT, SIGPIPE] { sigaddset(&defaults, number) }
        posix_spawnattr_setsigdefault(&attributes, &defaults)
        // A worker thread blocks most signals; a child that inherited that would hear none of them.
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var process: pid_t = 0
        let failure = posix_spawnp(&process, arguments.first ?? "", nil, &attributes, words, variables)
        guard failure == 0 else {
            throw ServeFailure("\(arguments.first ?? ""): \(String(cString: strerror(failure)))")
        }
        self.process = process
    }

    /// Its exit code as `ended`, but a child that takes longer is told to end.
    package func ended(within limit: Span) async -> Int32 {
        let deadline = Deadline()
        DispatchQueue.global().asyncAfter(deadline: .now() + .milliseconds(Int(limit.milliseconds))) {
            deadline.isOver.withLock { isOver in if !isOver { terminate() } }
        }
        return await ended(before: deadline)
    }

    private final class Deadline: Sendable { let isOver = Mutex(false) }

    package func terminate() { kill(process, SIGTERM) }

    /// Its exit code when it has ended; 128 and the signal for one that a signal ended, as shells say it.
    package func ended() async -> Int32 { await ended(before: Deadline()) }

    private func ended(before deadline: Deadline) async -> Int32 {
        await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var status: Int32 = 0
                var facts = siginfo_t()
                while waitid(P_PID, id_t(process), &facts, WEXITED | WNOWAIT) < 0, errno == EINTR {}
                deadline.isOver.withLock { isOver in
                    // From here on its number may be another program's.
                    while waitpid(process, &status, 0) < 0, errno == EINTR {}
                    isOver = true
                }
                let signal = status & 0x7F
                continuation.resume(returning: signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
            }
        }
    }
}
