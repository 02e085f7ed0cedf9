import Harness
package import Kernel

/// JSON reports of shards, joined to one.
package enum MergedReport {
    /// Why reports cannot be joined.
    package struct Mismatch: Error, Hashable, Sendable, CustomStringConvertible {
        package let description: String
    }

    /// - Throws: `Mismatch` for what is no report, for a scenario that is in two, and for a shard that is missing.
    package static func merge(_ reports: [(name: String, json: JSONValue)]) throws(Mismatch) -> JSONValue {
        if reports.contains(where: { $0.json["edges"] != nil }) { return try explored(reports) }
        var scenarios: [JSONValue] = []
        var seen: [String: String] = [:]
        var whole: Whole?
        var shards: [Int: Int] = [:]
        var (seconds, leftOut) = (0.0, Int64(0))
        var positions: [Int] = []
        var rootFlag = ""
        var versions: Set<String> = []
        var mistakes: [FileMistake] = []
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
                guard scenario["verdict"]?.string.flatMap(ScenarioResult.Verdict.init) != nil else {
                    let verdict = scenario["verdict"]?.text ?? "no verdict"
                    throw Mismatch(description: "\(report.name) has a run that ended with \(verdict)")
                }
                scenarios.append(scenario)
            }
            try expectSame(report.name, run, &whole)
            note(run["shard"], &shards)
            positions += (run["positions"]?.array ?? []).compactMap { $0.int.map { Int($0) } }
            rootFlag = run["rootFlag"]?.string ?? rootFlag
            if let version = run["version"]?.string { versions.insert(version) }
            // Every shard reads every file.
            for mistake in FileMistake.all(of: report.json) where !mistakes.contains(mistake) {
                mistakes.append(mistake)
            }
            seconds = max(seconds, run["seconds"]?.double ?? 0)
            leftOut = leftOut.addingReportingOverflow(run["leftOut"]?.int ?? 0).partialValue
        }
        try expectWhole(shards)
        scenarios = inOrder(scenarios, positions)
        let names = reports.map(\.name)
        var run: JSONObject = ["merged": .strings(names), "seconds": .double(seconds)]
        if !versions.isEmpty { run["version"] = .string(versions.sorted().joined(separator: ", ")) }
        if leftOut > 0 { run["leftOut"] = .int(leftOut) }
        BaselineFinding(reports.compactMap { $0.json["run"] }).add(to: &run)
        if !rootFlag.isEmpty { run["rootFlag"] = .string(rootFlag) }
        return JSONReport.whole(scenarios, mistakes, run)
    }

    /// In the order in which one machine would have run them: every shard says at which place of the whole each of its
    /// scenarios stands. Reports of before the places were told go by seed and path.
    private static func inOrder(_ scenarios: [JSONValue], _ positions: [Int]) -> [JSONValue] {
        if positions.count == scenarios.count {
            return zip(positions, scenarios).sorted { $0.0 < $1.0 }.map(\.1)
        }
        return scenarios.enumerated().sorted { one, other in
            let (left, right) = (one.element["path"]?.string ?? "", other.element["path"]?.string ?? "")
            let seeds = [one, other].map { $0.element["seed"]?.string.flatMap { UInt64($0) } ?? 0 }
            return (seeds[0], left, one.offset) < (seeds[1], right, other.offset)
        }.map(\.element)
    }

    /// Reports of `explore`: what was walked by any of them, what none of them walked, everything that was found.
    private static func explored(_ reports: [(name: String, json: JSONValue)]) throws(Mismatch) -> JSONValue {
        var merged = JSONObject()
        var (findings, ofChance): ([JSONValue], [JSONValue]) = ([], [])
        var walked: Set<String> = []
        var missing: [String]?
        var mistakes: [FileMistake] = []
        var whole: Whole?
        var shards: [Int: Int] = [:]
        for report in reports {
            guard let edges = report.json["edges"]?.strings, let missed = report.json["edgesMissing"]?.strings else {
                throw Mismatch(description: "\(report.name) is no report of explore, and others are")
            }
            try expectSame(report.name, report.json, &whole)
            let before = shards.count
            note(report.json["shard"], &shards)
            if report.json["shard"] != nil, shards.count == before {
                throw Mismatch(description: "\(report.name) is of a shard that another report is of")
            }
            for count in ["schedules", "moves", "exchanges", "scenarios", "faults"] {
                guard let more = report.json[count]?.int else { continue }
                let (sum, isTooMuch) = (merged[count]?.int ?? 0).addingReportingOverflow(more)
                guard !isTooMuch else {
                    throw Mismatch(description: "\(report.name) counts more \(count) than there are")
                }
                merged[count] = .int(sum)
            }
            walked.formUnion(edges)
            missing = missing.map { $0.filter { missed.contains($0) } } ?? missed
            for mistake in FileMistake.all(of: report.json) where !mistakes.contains(mistake) {
                mistakes.append(mistake)
            }
            let found = report.json["findings"]?.array ?? []
            if report.json["schedules"] == nil { findings += found } else { ofChance += found }
        }
        try expectWhole(shards)
        merged["edges"] = .strings(walked.sorted())
        merged["edgesMissing"] = .strings(missing ?? [])
        merged["findings"] = .array(onceForEachInvariant(ofChance) + findings)
        if !mistakes.isEmpty { merged["mistakes"] = .array(mistakes.map(\.json)) }
        merged["merged"] = .strings(reports.map(\.name))
        return .object(merged)
    }

    /// As one machine tells what its schedules of chance found: an invariant by its lowest seed, in their order.
    private static func onceForEachInvariant(_ findings: [JSONValue]) -> [JSONValue] {
        let seeds = findings.map { $0["seed"]?.string.flatMap { UInt64($0) } ?? 0 }
        let order = findings.indices.sorted { (seeds[$0], $0) < (seeds[$1], $1) }
        var known: Set<String> = []
        return order.map { findings[$0] }.filter { finding in
            finding["invariant"]?.string.map { known.insert($0).inserted } ?? true
        }
    }

    /// What the shards of one run have in common.
    private struct Whole {
        let report: String
        let mark: String?
        let count: Substring?
    }

    /// - Throws: `Mismatch` for a shard of another run, or of one that was cut into another number of shards.
    private static func expectSame(
        _ name: String, _ run: JSONValue, _ whole: inout Whole?
    ) throws(Mismatch) {
        guard let shard = run["shard"]?.string else { return }
        let count = shard.split(separator: "/").last
        guard let known = whole else {
            whole = Whole(report: name, mark: run["whole"]?.string, count: count)
            return
        }
        guard known.count == count else {
            throw Mismatch(
                description: "\(name) is of shard \(shard), and \(known.report) is of one of \(known.count ?? "")")
        }
        guard known.mark == run["whole"]?.string else {
            throw Mismatch(
                description: "\(name) and \(known.report) are of different runs: other scenarios, seeds or flags")
        }
    }

    private static func note(_ shard: JSONValue?, _ shards: inout [Int: Int]) {
        let parts = shard?.string?.split(separator: "/").compactMap { Int($0) } ?? []
        if parts.count == 2 { shards[parts[0]] = parts[1] }
    }

    private static func expectWhole(_ shards: [Int: Int]) throws(Mismatch) {
        guard let count = shards.values.max() else { return }
        // A count that somebody mistyped may be any.
        let missing = (1...max(1, count)).lazy.filter { shards[$0] == nil }.prefix(20)
        guard missing.isEmpty else {
            let names = missing.map { "\($0)/\(count)" }.joined(separator: ", ")
            throw Mismatch(description: "the report of shard \(names) is missing")
        }
    }
}
