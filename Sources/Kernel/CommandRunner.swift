/// Runs a command of the user's own on this machine. Only a served lab that names the command has one; a scenario run
/// never does.
package protocol CommandRunner: Sendable {
    /// What the command wrote to its standard output after `input` was put into it.
    func run(_ command: [String], input: [UInt8]) async throws(CommandFault) -> [UInt8]
}

/// A command gave nothing to use.
package struct CommandFault: Error, Hashable, Sendable {
    package let reason: String
    package init(_ reason: String) { self.reason = reason }
}
