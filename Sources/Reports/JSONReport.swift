// What runs leave behind, for people and for programs: terminal, files, diagrams, tables. It reads results and
// journals; it runs nothing and decides no verdict.

package import Harness
package import Kernel
import Scenario

/// The report for programs. All that depends on machine or moment is under `run`; the rest is a function of files and
/// seed.
package enum JSONReport {
    /// With `pages` it carries what an HTML page shows, so that `report merge` can make one. Where files have mistakes
    /// nothing was run.
    package static func render(
        _ results: [ScenarioResult], mistakes: [FileMistake] = [], run: JSONObject, pages: Bool = false
    ) -> JSONValue {
        whole(results.map { scenario($0, hasPage: pages) }, mistakes, run)
    }

    static func whole(_ scenarios: [JSONValue], _ mistakes: [FileMistake], _ run: JSONObject) -> JSONValue {
        var summary = summary(of: scenarios)
        if !mistakes.isEmpty { summary.append("mistakes", .int(Int64(mistakes.count))) }
        let stale = BaselineFinding.stale(in: run)
        if !stale.isEmpty { summary.append("stale", .int(Int64(stale.count))) }
        var report: JSONObject = ["summary": .object(summary), "scenarios": .array(scenarios)]
        if !mistakes.isEmpty { report.append("mistakes", .array(mistakes.map(\.json))) }
        report.append("run", .object(run))
        return .object(report)
    }

    /// Counts of verdicts. What was known to fail is counted apart.
    private static func summary(of scenarios: [JSONValue]) -> JSONObject {
        let expected = scenarios.count { $0["expectedFailure"] != nil }
        func count(_ verdict: ScenarioResult.Verdict) -> JSONValue {
            .int(Int64(scenarios.count { $0["verdict"]?.string == verdict.rawValue && $0["expectedFailure"] == nil }))
        }
        var summary: JSONObject = [
            "scenarios": .int(Int64(scenarios.count)), "held": count(.held), "failed": count(.failed),
            "errors": count(.error), "skipped": count(.skipped),
        ]
        if expected > 0 { summary.append("expectedFailures", .int(Int64(expected))) }
        return summary
    }

    private static func scenario(_ result: ScenarioResult, hasPage: Bool) -> JSONValue {
        var object: JSONObject = [
            "path": .string(result.file.path), "scenario": .string(result.file.scenario),
            "tags": .strings(result.file.tags), "spec": .strings(result.file.spec),
            "lab": .string(result.file.lab.name), "breaks": .strings(result.file.breaks.map(\.name)),
            // As text: a JSON number may lose the low bits of a seed.
            "seed": .string(String(result.seed)), "verdict": .string(result.verdict.rawValue),
            "exchanges": .int(Int64(result.exchangeCount)), "transitions": .int(Int64(result.transitionCount)),
            "tokens": .int(Int64(result.tokenCount)), "trace": .string(result.traceSeal),
            "failures": .array(result.failures.map { failure($0) }),
            "command": .string(result.command),
        ]
        if !result.file.cell.isEmpty {
            object["matrix"] = .object(JSONObject(result.file.cell.map { .init($0.name, $0.value) }))
        }
        if let skip = result.file.skip { object["skip"] = .string(skip) }
        if let reason = result.expectedFailure { object["expectedFailure"] = .string(reason) }
        if hasPage { object["page"] = RunPage(result).json }
        return .object(object)
    }

    private static func failure(_ failure: Failure) -> JSONValue {
        var object: JSONObject = [
            "what": .string(failure.what), "expected": .string(failure.expected), "actual": .string(failure.actual),
        ]
        if let place = failure.place {
            object.append("file", .string(place.source.name))
            object.append("line", .int(Int64(place.line)))
            object.append("column", .int(Int64(place.column)))
            // The line as it is shown: whoever joins reports may not have the file.
            if let excerpt = failure.excerpt { object.append("excerpt", .string(excerpt)) }
        }
        if let step = failure.step { object.append("step", .string(step)) }
        if let hint = failure.hint { object.append("hint", .string(hint)) }
        if let exchange = failure.exchange { object.append("exchange", .string(exchange)) }
        return .object(object)
    }
}
