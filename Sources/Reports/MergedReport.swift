package import Kernel

/// JSON reports of shards, joined to one.
package enum MergedReport {
    /// Why reports cannot be joined.
    package struct Mismatch: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// - Throws: `Mismatch` for what is no report, for a scenario that is in two, and for a shard that is missing.
    package static func merge(_ reports: [(name: String, json: JSONValue)]) throws(Mismatch) -> JSONValue {
        var scenarios: [JSONValue] = []
        var seen: [String: String] = [:]
        var shards: [Int: Int] = [:]
        var seconds = 0.0
        for report in reports {
            guard let found = report.json["scenarios"]?.array, let run = report.json["run"] else {
                throw Mismatch(description: "\(report.name) is no JSON report")
            }
            for scenario in found {
                let parts = ["path", "matrix", "seed"].map { scenario[$0]?.text ?? "" }
                let key = parts.joined(separator: " ")
                if let other = seen.updateValue(report.name, forKey: key) {
                    let path = scenario["path"]?.string ?? ""
                    throw Mismatch(description: "\(path) is in \(other) and in \(report.name)")
                }
                scenarios.append(scenario)
            }
            if let shard = run["shard"]?.string {
                let parts = shard.split(separator: "/").compactMap { Int($0) }
                if parts.count == 2 { shards[parts[0]] = parts[1] }
            }
            seconds = max(seconds, run["seconds"]?.double ?? 0)
        }
        if let count = shards.values.max() {
            let missing = (1...max(1, count)).filter { shards[$0] == nil }
            guard missing.isEmpty else {
                let names = missing.map { "\($0)/\(count)" }.joined(separator: ", ")
                throw Mismatch(description: "the report of shard \(names) is missing")
            }
        }
        // In the order in which one machine would have run them.
        scenarios = scenarios.enumerated().sorted { one, other in
            let (left, right) = (one.element["path"]?.string ?? "", other.element["path"]?.string ?? "")
            return (left, one.offset) < (right, other.offset)
        }.map(\.element)
        let names = reports.map(\.name)
        return [
            "summary": JSONReport.summary(of: scenarios), "scenarios": .array(scenarios),
            "run": ["merged": .strings(names), "seconds": .double(seconds)],
        ]
    }
}
