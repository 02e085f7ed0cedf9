import Dispatch
import Foundation
package import Kernel

/// Runs the commands that a lab's functions name, on this machine.
package struct LocalCommands: CommandRunner {
    private let limit: Double
    private let longest: Int
    /// Of our own: were the pool that all share taken, nothing would be ended.
    private static let clocks = DispatchQueue(label: "limits of commands")

    /// - Parameters:
    ///   - limit: seconds until a command is ended.
    ///   - longest: bytes of its output that are read.
    package init(limit: Double = 30, longest: Int = 6 << 20) {
        self.limit = limit
        self.longest = longest
    }

    package func run(_ command: [String], input: [UInt8]) async throws(CommandFault) -> [UInt8] {
        let result: Result<[UInt8], CommandFault> = await withCheckedContinuation { continuation in
            // A process blocks its thread; the pools of the parties and of the system are not for that.
            Thread { continuation.resume(returning: finished(command, input)) }.start()
        }
        return try result.get()
    }

    /// At once, with what it started itself: a command may not choose to go on. What it left behind may hold its
    /// output open when the command itself has ended.
    private static func end(_ process: Process) {
        _ = kill(-process.processIdentifier, SIGKILL)
        if process.isRunning { _ = kill(process.processIdentifier, SIGKILL) }
    }

    private func finished(_ command: [String], _ input: [UInt8]) -> Result<[UInt8], CommandFault> {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = command
        let (writing, reading) = (Pipe(), Pipe())
        process.standardInput = writing
        process.standardOutput = reading
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            return .failure(CommandFault("\(command.first ?? "") could not be started"))
        }
        let clock = DispatchWorkItem { Self.end(process) }
        Self.clocks.asyncAfter(deadline: .now() + limit, execute: clock)
        Thread.detachNewThread {
            // A command that reads nothing closes its end; that is no fault.
            try? writing.fileHandleForWriting.write(contentsOf: Data(input))
            try? writing.fileHandleForWriting.close()
        }
        var output: [UInt8] = []
        while let part = try? reading.fileHandleForReading.read(upToCount: 65_536), !part.isEmpty {
            output += part
            if output.count > longest {
                Self.end(process)
                break
            }
        }
        process.waitUntilExit()
        clock.cancel()
        guard output.count <= longest else { return .failure(CommandFault("its output is too long")) }
        guard process.terminationReason == .exit else {
            return .failure(CommandFault("it was ended after \(limit) seconds, or by a signal"))
        }
        guard process.terminationStatus == 0 else {
            return .failure(CommandFault("it ended with status \(process.terminationStatus)"))
        }
        return .success(output)
    }
}
