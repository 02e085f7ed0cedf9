import Harness
package import Kernel

/// What a run found of the baseline that it was given, as the JSON report carries it under `run`. A line of it is the
/// sentence that a person is told once it is stale.
package struct BaselineFinding: Sendable, Hashable {
    /// Nothing that they mean fails, or they mean nothing.
    package var stale: [String] = []
    /// Everything that they mean here held; other shards have the rest of it.
    package var held: [String] = []
    /// Something that they mean here failed, or was not begun; other shards have the rest of it.
    package var open: [String] = []

    package init() {}

    /// What reports of runs, of shards or of different files, say together.
    init(_ runs: [JSONValue]) {
        func lines(_ way: (JSONValue) -> JSONValue?) -> [String] {
            var known: Set<String> = []
            return runs.flatMap { way($0)?.strings ?? [] }.filter { known.insert($0).inserted }
        }
        let open = Set(lines { $0["baseline"]?["open"] })
        let certain = lines { $0["stale"] }
        stale = certain + lines { $0["baseline"]?["held"] }.filter { !open.contains($0) && !certain.contains($0) }
    }

    /// The stale lines of one report.
    package static func stale(in run: JSONObject) -> [String] { run["stale"]?.strings ?? [] }

    package func add(to run: inout JSONObject) {
        if !stale.isEmpty { run["stale"] = .strings(stale) }
        if !held.isEmpty || !open.isEmpty { run["baseline"] = ["held": .strings(held), "open": .strings(open)] }
    }

    /// `1 stale line of the baseline`.
    static func counted(_ count: Int) -> String { "\(TextReport.counted(count, "stale line")) of the baseline" }
}
