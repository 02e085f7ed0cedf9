import ArgumentParser
import Harness
import Kernel
import Serve

/// What the process says by its exit code.
enum Outcome: Int32 {
    case held = 0
    case usage = 1
    case unparsed = 2
    case stuck = 3
    case failed = 4
    case stale = 5
}

/// The reason why a command could not do its work.
struct CommandFailure: Error, CustomStringConvertible {
    let code: Outcome
    let description: String
    init(_ code: Outcome, _ description: String) {
        self.code = code
        self.description = "agentcore-local: \(description)"
    }

    /// nil for what the parser says.
    init?(_ error: any Error) {
        switch error {
        case let failure as CommandFailure: self = failure
        case let failure as OutputFile.Failure: self.init(failure.isTaken ? .usage : .stuck, failure.description)
        case is StoreFailure, is ServeFailure: self.init(.stuck, "\(error)")
        default: return nil
        }
    }
}

extension ParsableCommand {
    /// Ends the process with a documented code; `held` just returns.
    func leave(_ outcome: Outcome) throws {
        guard outcome != .held else { return }
        throw ExitCode(outcome.rawValue)
    }
}
