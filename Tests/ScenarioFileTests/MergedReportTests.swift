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

    /// One machine tells an invariant by the lowest seed that breaks it; of faults in scenarios it tells each.
    @Test func anInvariantThatSeveralShardsBrokeIsToldOnce() throws {
        func found(_ invariant: String, _ seed: String) -> JSONValue {
            ["invariant": .string(invariant), "seed": .string(seed)]
        }
        let one = Self.explored("1/2", walked: ["a"], missed: [], found: [found("x", "9"), found("y", "90")])
        let two = Self.explored(
            "2/2", walked: ["a"], missed: [], found: [found("z", "100"), found("y", "150"), found("x", "151")])
        for reports in [[("1.json", one), ("2.json", two)], [("2.json", two), ("1.json", one)]] {
            let merged = try MergedReport.merge(reports)
            #expect(merged["findings"] == [found("x", "9"), found("y", "90"), found("z", "100")])
        }
        let swept: JSONValue = [
            "scenarios": 1, "faults": 2, "edges": [], "edgesMissing": [],
            "findings": [found("x", "1"), found("x", "1")],
        ]
        #expect(try MergedReport.merge([("1.json", swept)])["findings"]?.array?.count == 2)
    }

    /// Every shard reads every file, so each tells the same mistakes.
    @Test func mistakesOfFilesAreKept() throws {
        let source = Source(name: "a.yaml", text: "scenario: s\nspec: [T2]\nsteps:\n  - awz: x\n    as: alise\n")
        let told = Library.load(sources: [source], root: Corpus.root).1.map(FileMistake.init)
        #expect(!told.isEmpty)
        let shards = ["1/2", "2/2"].map { shard -> (name: String, json: JSONValue) in
            (shard, JSONReport.render([], mistakes: told, run: ["shard": .string(shard)]))
        }
        let merged = try MergedReport.merge(shards)
        #expect(FileMistake.all(of: merged) == told)
        #expect(merged["summary"]?["mistakes"] == .int(Int64(told.count)))
        #expect(merged["run"]?["merged"] == ["1/2", "2/2"])
        let rows = MergedRow.rows(of: merged)
        let none: [ScenarioResult] = []
        let again = FileMistake.all(of: merged)
        #expect(JUnitReport.render(rows, mistakes: again) == JUnitReport.render(none, mistakes: told))
        #expect(HTMLReport.render(rows, mistakes: again, run: [:]) == HTMLReport.render(none, mistakes: told, run: [:]))
    }

    /// What one shard cannot know of a line of the baseline, all of them together do.
    @Test func aLineOfTheBaselineIsStaleWhereNoShardNeedsIt() throws {
        func report(_ shard: String, held: [String] = [], open: [String] = [], stale: [String] = [])
            -> (name: String, json: JSONValue)
        {
            var (finding, run): (BaselineFinding, JSONObject) = (BaselineFinding(), ["shard": .string(shard)])
            (finding.held, finding.open, finding.stale) = (held, open, stale)
            finding.add(to: &run)
            return (shard, JSONReport.render([], run: run))
        }
        let merged = try MergedReport.merge([
            report("1/3", held: ["a", "b"], stale: ["gone"]), report("2/3", held: ["a"], open: ["b"], stale: ["gone"]),
            report("3/3", open: ["c"], stale: ["gone", "d"]),
        ])
        #expect(merged["run"]?["stale"] == ["gone", "d", "a"])
        #expect(merged["run"]?["baseline"] == nil && merged["summary"]?["stale"] == 3)
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
        // A run that no report could show must not vanish from all of them.
        let strange = #expect(throws: MergedReport.Mismatch.self) {
            try MergedReport.merge([("run.json", ["scenarios": [["path": "a", "verdict": "perhaps"]], "run": [:]])])
        }
        #expect(strange?.description == "run.json has a run that ended with \"perhaps\"")
    }

    /// A page is made of what a report carries, byte for byte as beside the run.
    @Test func aPageNeedsNothingButTheReport() async throws {
        let sources = [
            ("a", "matrix: {who: [alice, bob]}\nabout: A & B\nsteps:\n  - sign-in: ${who}\n  - aws: ListGateways"),
            ("b", "steps:\n  - http: GET ${lab.github}/<nowhere>\n    as: mallory\n    expect: {status: 200}"),
            ("c", "given: [github-provider, gateway, target-method-1]\nsteps:\n  - clock: {advance: 11m}"),
            ("d", "skip: waits for something\nsteps:\n  - aws: ListGateways"),
        ].map { Source(name: "\($0.0).yaml", text: "scenario: \($0.0) <\($0.0)>\nspec: [T2]\n\($0.1)\n") }
        let (files, mistakes) = Library.load(sources: sources, root: Corpus.root)
        try #require(mistakes.map(\.rendered) == [])
        let definition = try LabDefinition.load(named: "default", root: Corpus.root)
        let runner = Runner(definition: definition)
        var results: [ScenarioResult] = []
        for file in files { results.append(await runner.run(file, seed: 3)) }
        #expect(Set(results.map(\.verdict)) == [.held, .failed, .skipped])

        let run: JSONObject = ["seconds": 1]
        let carried = JSONReport.render(results, run: run, pages: true).pretty
        let rows = MergedRow.rows(of: try JSONValue(parsing: Array(carried.utf8)))
        #expect(rows.count == results.count)
        for (row, result) in zip(rows, results) {
            #expect(row.page == result.page && row.story == result.story, "\(row.name)")
        }
        let page = HTMLReport.render(results, run: run)
        #expect(HTMLReport.render(rows, run: run) == page)
        #expect(page.contains("<svg") && page.contains("token_use") && page.contains("CREATE_PENDING_AUTH"))
        #expect(GitHubReport.annotations(rows) == GitHubReport.annotations(results))
        #expect(GitHubReport.summary(rows) == GitHubReport.summary(results))
        #expect(GitHubReport.summary(rows).contains("1 failed"))
        #expect(rows.map { SVGReport.render($0.story) } == results.map { SVGReport.render($0.story) })
        // Who asks for no page has a report without.
        let lean = JSONReport.render(results, run: run)
        #expect(MergedRow.rows(of: lean).allSatisfy { $0.page == nil })
    }

    /// A report may come from anywhere: what it carries is text, and nonsense is no page.
    @Test func whatAReportCarriesIsNoMarkup() throws {
        func row(_ events: String) throws -> MergedRow? {
            let text = """
                {"path": "a.yaml", "scenario": "s", "seed": "1", "command": "c", "verdict": "held", "page": {"about":
                "<script>", "steps": [{"title": "<script>", "place": "<script>", "at": "<script>",
                "entries": "<script>"}], "story": {"actors": ["<script>"], "events": [\(events)]}, "tokens":
                [{"cells": ["<script>"], "decoded": "<script>"}], "trace": "<script>"}}
                """
            return MergedRow(try JSONValue(parsing: Array(text.utf8)))
        }
        let fine = try #require(try row(#"{"n": 1, "note": "<script>", "actor": 0}, {"n": 2, "step": "<script>"}"#))
        #expect(fine.page != nil)
        let page = HTMLReport.render([fine], run: [:])
        #expect(!page.contains("<script") && page.contains("&lt;script&gt;"))
        for odd in [
            #"{"n": 1, "request": "GET /", "from": 0, "to": 1}"#, #"{"n": 9000000000000000000, "step": "s"}"#,
            #"{"n": -1, "step": "s"}"#, #"{"n": 1}"#, "7",
        ] {
            #expect(try row(odd)?.page == nil, "\(odd)")
        }
    }

    /// A report may come from anywhere: a number in it may be any.
    @Test func countsThatCannotBeAreRefused() {
        let huge: JSONValue = ["edges": [], "edgesMissing": [], "schedules": .int(.max)]
        let refusal = #expect(throws: MergedReport.Mismatch.self) {
            try MergedReport.merge([("a.json", huge), ("b.json", huge)])
        }
        #expect(refusal?.description == "b.json counts more schedules than there are")
        let part: JSONValue = ["scenarios": [], "run": ["shard": "1/9000000000000000000"]]
        #expect(throws: MergedReport.Mismatch.self) { try MergedReport.merge([("a.json", part)]) }
    }

    @Test func whatATAPReaderTakesForAMarkIsEscaped() throws {
        let json: JSONValue = [
            "path": "a.yaml", "scenario": "a \\ and a #", "seed": "1", "command": "c", "verdict": "held",
        ]
        let text = TAPReport.render([try #require(MergedRow(json))])
        #expect(text.contains("ok 1 - a.yaml: a \\\\ and a \\#\n"))
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

    /// Shards that have nothing to do with each other would make a whole of two halves.
    @Test func shardsOfDifferentRunsAreRefused() throws {
        func report(_ path: String, _ shard: String, _ whole: String) -> JSONValue {
            [
                "scenarios": [["path": .string(path), "seed": "1", "verdict": "held"]],
                "run": ["shard": .string(shard), "whole": .string(whole)],
            ]
        }
        _ = try MergedReport.merge([("1", report("a", "1/2", "x")), ("2", report("b", "2/2", "x"))])
        let other = #expect(throws: MergedReport.Mismatch.self) {
            try MergedReport.merge([("1", report("a", "1/2", "x")), ("2", report("b", "2/2", "y"))])
        }
        #expect(other?.description == "2 and 1 are of different runs: other scenarios, seeds or flags")
        let cut = #expect(throws: MergedReport.Mismatch.self) {
            try MergedReport.merge([("1", report("a", "1/2", "x")), ("2", report("b", "2/3", "x"))])
        }
        #expect(cut?.description == "2 is of shard 2/3, and 1 is of one of 2")
    }
}
