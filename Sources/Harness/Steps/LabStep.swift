import HTTPTypes
package import Kernel
package import Scenario

/// A step as the harness runs it: something is done, and what came of it is one JSON value that `expect` and `save`
/// read.
package protocol LabStep: Step {
    var expectations: Expectations { get }
    var saves: Saves { get }
    /// Does it.
    ///
    /// - Throws: `Diagnostic` for a mistake of the author that shows only now; anything else for what stopped the run.
    func perform(in run: ScenarioRun) async throws -> JSONValue
    /// What is wrong with an outcome that `expect` says nothing about; nil if it is a success.
    func unexpectedFailure(in outcome: JSONValue) -> String?
    /// Every expectation that an outcome does not meet.
    func misses(in outcome: JSONValue, _ variables: Variables) throws(Diagnostic) -> [Expectations.Miss]
}

extension LabStep {
    package var defines: [String] { saves.names }

    package func misses(in outcome: JSONValue, _ variables: Variables) throws(Diagnostic) -> [Expectations.Miss] {
        let misses = try expectations.misses(in: outcome, variables)
        guard let failure = outcome["failure"]?.string, !misses.isEmpty, !speaks(of: "failure") else { return misses }
        // Where no answer came there is nothing to look for in it.
        return misses.map { miss in
            Expectations.Miss(
                path: miss.path, place: miss.place, expected: miss.expected, actual: miss.actual,
                hint: Self.noAnswer(failure))
        }
    }

    /// Whether `expect` speaks of one of these.
    func speaks(of roots: String...) -> Bool {
        expectations.lines.contains { roots.contains($0.path.root) }
    }

    /// A step that expects nothing of the status expects a success.
    package func unexpectedFailure(in outcome: JSONValue) -> String? { failure(in: outcome) }

    func failure(in outcome: JSONValue) -> String? {
        guard !speaks(of: "status", "failure") else { return nil }
        if let failure = outcome["failure"]?.string { return Self.noAnswer(failure) }
        guard let status = outcome["status"]?.int, !(200..<400).contains(status) else { return nil }
        return "the answer was \(status)"
    }

    static func noAnswer(_ reason: String) -> String {
        let isUnknown = reason == NetworkFailure.Reason.unknownHost.rawValue
        return "no answer came: \(reason)\(isUnknown ? ", no party of the lab has that host" : "")"
    }
}

extension JSONValue {
    /// An HTTP answer as `expect` and `save` see it.
    static func outcome(of response: Response) -> JSONValue {
        var outcome: JSONObject = [
            "status": .int(Int64(response.status)), "headers": .fields(response.head.headerFields),
        ]
        if !response.content.isEmpty { outcome.append("body", response.json ?? .string(response.bodyText)) }
        return .object(outcome)
    }

    /// Fields by their names in small letters; those of one name are one list (RFC 9110 section 5.3).
    static func fields(_ fields: HTTPFields) -> JSONValue {
        var values = JSONObject()
        for field in fields {
            let name = field.name.canonicalName
            let earlier = values[name]?.string.map { "\($0), " } ?? ""
            values[name] = .string("\(earlier)\(field.value)")
        }
        return .object(values)
    }

    /// No answer came.
    static func outcome(of failure: NetworkFailure) -> JSONValue {
        ["failure": .string(failure.reason.rawValue)]
    }
}

/// What `expect` and `save` of an HTTP answer may begin with.
let answerRoots = ["status", "headers", "body", "failure"]
