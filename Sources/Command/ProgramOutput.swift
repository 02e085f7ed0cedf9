import Foundation

/// What another program of this machine prints.
enum ProgramOutput {
    /// Its standard output, whole; what it complains about is seen as it comes. It is looked for on the PATH.
    ///
    /// - Throws: `CommandFailure` when there is no such program, or it does not end with 0.
    static func bytes(of program: String, _ arguments: [String]) throws -> [UInt8] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = [program] + arguments
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let bytes = Array(pipe.fileHandleForReading.readDataToEndOfFile())
        process.waitUntilExit()
        switch process.terminationStatus {
        case 0: return bytes
        // As `env` ends where it finds none.
        case 127: throw CommandFailure(.stuck, "\(program) is not on the PATH")
        case let status: throw CommandFailure(.stuck, "\(program) ended with \(status)")
        }
    }
}
