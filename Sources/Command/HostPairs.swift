import ArgumentParser
import Kernel

/// What `--map HOST=PARTY` says, each time it is given.
enum HostPairs {
    /// Parties by hosts, in lower case.
    ///
    /// - Throws: `ValidationError` for the first that is no host and party.
    static func read(_ pairs: [String]) throws -> [String: Party] {
        var result: [String: Party] = [:]
        for pair in pairs {
            let parts = pair.split(separator: "=", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, !parts[0].isEmpty, Party.served.contains(Party(parts[1])) else {
                let parties = Party.served.map(\.rawValue).joined(separator: ", ")
                throw ValidationError("--map \(pair): HOST=PARTY expected; parties are \(parties).")
            }
            result[parts[0].lowercased()] = Party(parts[1])
        }
        return result
    }
}
