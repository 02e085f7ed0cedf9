import Harness
package import Kernel
package import Scenario

/// A mistake of a file of which nothing was run, as every report tells it: read here, or on a machine that left a JSON
/// report.
package struct FileMistake: Sendable, Hashable {
    let file: String
    let line: Int
    let column: Int
    let message: String
    let hint: String?
    /// The same as the terminal shows it, with the line itself: whoever joins reports may not have the file.
    package let rendered: String
    var place: String { "\(file):\(line):\(column)" }

    package init(_ mistake: Diagnostic) {
        file = mistake.place.source.name
        (line, column) = (mistake.place.line, mistake.place.column)
        (message, hint, rendered) = (mistake.message, mistake.hint, mistake.rendered)
    }

    /// nil for what no report says of a mistake.
    init?(_ json: JSONValue) {
        guard let file = json["file"]?.string, let line = json["line"]?.int, let column = json["column"]?.int,
            let message = json["message"]?.string, let rendered = json["rendered"]?.string
        else { return nil }
        (self.file, self.line, self.column) = (file, Int(clamping: line), Int(clamping: column))
        (self.message, hint, self.rendered) = (message, json["hint"]?.string, rendered)
    }

    /// The mistakes that a JSON report tells.
    package static func all(of report: JSONValue) -> [FileMistake] {
        (report["mistakes"]?.array ?? []).compactMap(FileMistake.init)
    }

    /// `2 mistakes`.
    package static func counted(_ count: Int) -> String { TextReport.counted(count, "mistake") }

    package var json: JSONValue {
        var object: JSONObject = [
            "file": .string(file), "line": .int(Int64(line)), "column": .int(Int64(column)),
            "message": .string(message),
        ]
        if let hint { object.append("hint", .string(hint)) }
        object.append("rendered", .string(rendered))
        return .object(object)
    }
}

extension [FileMistake] {
    /// A whole report in a line.
    func title(with results: [some ReportRow], stale: Int = 0) -> String {
        let counted = FileMistake.counted(count)
        guard isEmpty || !results.isEmpty else { return "\(counted), nothing was run" }
        var parts = [TextReport.summary(results)]
        if !isEmpty { parts.append(counted) }
        if stale > 0 { parts.append(BaselineFinding.counted(stale)) }
        return parts.joined(separator: ", ")
    }
}
