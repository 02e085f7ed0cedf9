import Harness
import Kernel
import Reports
import Scenario
import Testing

/// What several machines tell, as one would have told it.
struct MergedReportTests {
    private static func explored(_ shard: String, walked: [String], missed: [String], found: [JSONValue] = [])
        -> JSONValue
    {
        [
            "schedules": 20, "moves": 200, "exchanges": 700, "shard": .string(shard), "edges": .strings(walked),
            "edgesMissing": .strings(missed), "findings": .array(found),
        ]
    }

    @Test func explorationsOfShardsAreJoined() throws {
        let one = Self.explored("1/2", walked: ["a", "b"], missed: ["c", "d"])
        let two = Self.explored("2/2", walked: ["b", "c"], missed: ["a", "d"], found: [["seed": "31"]])
        let merged = try MergedReport.merge([("1.json", one), ("2.json", two)])
        #expect(merged["schedules"] == 40)
        #expect(merged["moves"] == 400)
        #expect(merged["edges"] == ["a", "b", "c"])
        #expect(merged["edgesMissing"] == ["d"])
        #expect(merged["findings"] == [["seed": "31"]])
    }

    @Test func aMissingADoubleAndAForeignReportAreRefused() throws {
        let one = Self.explored("1/3", walked: ["a"], missed: [])
        let two = Self.explored("2/3", walked: ["a"], missed: [])
        let missing = #expect(throws: MergedReport.Mismatch.self) {
            try MergedReport.merge([("1.json", one), ("2.json", two)])
        }
        #expect(missing?.description == "the report of shard 3/3 is missing")
        let double = #expect(throws: MergedReport.Mismatch.self) {
            try MergedReport.merge([("1.json", one), ("again.json", one)])
        }
        #expect(double?.description == "again.json is of a shard that another report is of")
        let foreign = #expect(throws: MergedReport.Mismatch.self) {
            try MergedReport.merge([("1.json", one), ("run.json", ["scenarios": [], "run": [:]])])
        }
        #expect(foreign?.description == "run.json is no report of explore, and others are")
    }

    /// One machine goes through all files with a seed before it takes the next one.
    @Test func scenariosComeInTheOrderOfOneMachine() throws {
        func report(_ shard: String, _ rows: [(String, String)]) -> JSONValue {
            [
                "scenarios": .array(
                    rows.map { ["path": .string($0.0), "seed": .string($0.1), "verdict": "held"] }),
                "run": ["shard": .string(shard), "seconds": 1],
            ]
        }
        let merged = try MergedReport.merge([
            ("1", report("1/2", [("b", "1"), ("a", "2"), ("a", "10")])),
            ("2", report("2/2", [("a", "1"), ("b", "2")])),
        ])
        let rows = merged["scenarios"]?.array?.map { "\($0["path"]?.string ?? "") \($0["seed"]?.string ?? "")" }
        #expect(rows == ["a 1", "b 1", "a 2", "b 2", "a 10"])
    }
}
