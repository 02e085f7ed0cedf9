import ArgumentParser
import Foundation

/// How many threads play.
struct JobsOption: ParsableArguments {
    @Option(
        help: ArgumentHelp("Threads that play scenarios, each eight by turns (default: one per core).", valueName: "n"))
    var jobs: Int?

    var count: Int { jobs ?? Self.standard }

    static var standard: Int { ProcessInfo.processInfo.activeProcessorCount }

    func validate() throws {
        if let jobs, jobs < 1 { throw ValidationError("--jobs must be at least 1.") }
    }
}
