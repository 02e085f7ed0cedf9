import Foundation

/// What another program of this machine prints.
enum ProgramOutput {
    /// Its standard output, whole; its standard error goes nowhere. It is looked for on the PATH.
    ///
    /// - Throws: `CommandFailure` when it does not end with 0, as `env` does not where there is no such program.
    static func bytes(of program: String, _ arguments: [String]) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = FileHandle.nullDevice
        try process.run()
        let bytes = Array(pipe.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw CommandFailure(.stuck, "\(program) failed") }
        return bytes
    }
}
