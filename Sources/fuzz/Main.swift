// Gives every parser and endpoint what nobody would send, and says which of them took it badly.

import Foundation
import Fuzzing

/// `fuzz --inputs 10000000 --seed 1 [--only NAME]`: says what it has tried, and what is wrong. Inputs that are not done
/// with after two minutes of a core end the process, as one that crashes it does; `--only` narrows it down.
@main
struct Fuzz {
    private static let block = 20_000

    static func main() async throws {
        let inputs = Int(value("--inputs") ?? "") ?? 100_000
        let seed = UInt64(value("--seed") ?? "") ?? 1
        let plan = try await FuzzPlan.targets(root: FileManager.default.currentDirectoryPath, seed: seed, files: files)
        let all = plan.parsers + [plan.endpoints.target]
        let targets = all.filter { $0.name.hasPrefix(value("--only") ?? "") }
        guard !targets.isEmpty else {
            say("no target begins with \(value("--only") ?? ""); there are \(all.map(\.name).joined(separator: ", "))")
            exit(1)
        }
        let shares = targets.reduce(0) { $0 + $1.share }
        var isGood = true
        for target in targets {
            let count = inputs * target.share / max(1, shares)
            var complaints: [String] = []
            for start in stride(from: 0, to: count, by: block) where complaints.isEmpty {
                limit(seconds: 120)
                complaints = await target.complaints(
                    inputs: min(block, count - start), seed: seed &* 1_000_003 &+ UInt64(start / block))
            }
            limit(seconds: 0)
            isGood = isGood && complaints.isEmpty
            say("\(target.name): \(count) inputs, \(complaints.isEmpty ? "nothing wrong" : "WRONG")")
            for complaint in complaints { say("  \(complaint)") }
        }
        exit(isGood ? 0 : 1)
    }

    /// No clock: the system ends what hangs, after so long on a core, or ten times as long wherever it waits. On a
    /// machine that others use too the second alone would end what is only slow.
    private static func limit(seconds: Int) {
        let once = timeval(tv_sec: seconds, tv_usec: 0)
        var limit = itimerval(it_interval: timeval(tv_sec: 0, tv_usec: 0), it_value: once)
        setitimer(__itimer_which_t(ITIMER_PROF.rawValue), &limit, nil)
        alarm(UInt32(10 * seconds))
    }

    private static func value(_ name: String) -> String? {
        let words = CommandLine.arguments
        guard let place = words.firstIndex(of: name), place + 1 < words.count else { return nil }
        return words[place + 1]
    }

    private static func say(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }

    private static func files(_ folder: String, _ ending: String) -> [[UInt8]] {
        let names = (FileManager.default.enumerator(atPath: folder)?.allObjects ?? []).compactMap { $0 as? String }
        return names.filter { $0.hasSuffix(ending) }.sorted().compactMap { name in
            FileManager.default.contents(atPath: "\(folder)/\(name)").map { Array($0) }
        }
    }
}
