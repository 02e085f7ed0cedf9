import Kernel

/// What a file is, told by its beginning: a report takes the place of nothing but a report of its own kind. Somebody
/// who names a scenario, a README or the database of a lab by mistake keeps it.
package struct ReportKind: Sendable {
    /// As an error calls it: `JSON report`.
    let name: String
    /// How such a file begins, without blanks and line ends.
    private let beginnings: [String]
    /// What stands near its beginning too; empty if the beginning says enough.
    private let mark: String

    private init(_ name: String, _ beginnings: [String], mark: String = "") {
        (self.name, self.beginnings, self.mark) = (name, beginnings, mark)
    }

    package static let junit = ReportKind("JUnit report", ["<?xmlversion=\"1.0\"encoding=\"UTF-8\"?><testsuites"])
    package static let tap = ReportKind("TAP report", ["TAPversion14"])
    /// Of `run` and `report merge`, of `explore`, of `mutate`.
    package static let json = ReportKind(
        "JSON report of agentcore-local",
        ["{\"summary\":{\"scenarios\":", "{\"schedules\":", "{\"scenarios\":", "{\"edges\":", "{\"rules\":["])
    package static let page = ReportKind(
        "page of agentcore-local", ["<!doctypehtml><htmllang=\"en\"><head>"], mark: "<title>agentcore-local:")
    package static let svg = ReportKind(
        "diagram of agentcore-local", ["<svgxmlns=\"http://www.w3.org/2000/svg\""],
        mark: "font-size=\"12\"role=\"img\">")
    package static let mermaid = ReportKind(
        "diagram of agentcore-local", ["sequenceDiagramparticipanta0as", "sequenceDiagramNoteovernobody"])
    package static let record = ReportKind(
        "record of agentcore-local", ["SQLiteformat3"], mark: "CREATETABLEscenario(")
    /// Of `demo` and `learn`, by what its style says first of the lines that it shows.
    package static let playedPage = ReportKind(
        "page of agentcore-local that plays a run", ["<!doctypehtml><htmllang=\"en\"><head>"],
        mark: "li.why{font-style:italic}li.move{font-weight:bold}")
    package static let cast = ReportKind("asciicast", ["{\"version\":2,\"width\":"])
    package static let finding = ReportKind("finding of agentcore-local explore", ["#foundbyagentcore-localexplore:"])
    package static let capsule = ReportKind("capsule of agentcore-local", ["agentcore-localcapsule"])
    static let endpoints = ReportKind("endpoints file of agentcore-local", ["{\"aws\":\"http"])
    /// A golden trace begins with the first entry of a journal.
    static let trace = ReportKind("golden trace", ["1+0ms"])

    /// How much of a file is looked at: the first page of a database.
    static let reach = 4096

    /// Whether the beginning of a file is one of this kind; an empty file may become any.
    func fits(_ bytes: some Sequence<UInt8>) -> Bool {
        let text = String(decoding: bytes.filter { $0 > UInt8(ascii: " ") }, as: UTF8.self)
        guard !text.isEmpty else { return true }
        return beginnings.contains { text.hasPrefix($0) } && (mark.isEmpty || text.range(of: mark) != nil)
    }
}
