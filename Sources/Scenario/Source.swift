import Kernel

// The scenario language: what a file may say, and where it says something wrong. It knows no fake and runs nothing.

/// A text with a name, as a person wrote it.
package final class Source: Sendable {
    /// As it is shown: `scenarios/flow/method-1.yaml`.
    package let name: String
    package let text: String

    package init(name: String, text: String) {
        self.name = name
        self.text = text
    }

    /// A line by its number from 1; empty beyond the end.
    package func line(_ number: Int) -> String {
        var rest = text.unicodeScalars[...]
        for _ in 1..<max(1, number) {
            guard let end = rest.firstIndex(of: "\n") else { return "" }
            rest = rest[rest.index(after: end)...]
        }
        let end = rest.firstIndex(of: "\n") ?? rest.endIndex
        return String(rest[..<end]).replacing("\r", by: "")
    }
}

/// Where something stands in a source. Lines and columns count from 1, columns in Unicode scalars.
package struct Place: Sendable, Hashable, Comparable, CustomStringConvertible {
    package let source: Source
    package let line: Int
    package let column: Int
    /// How many characters are meant; at least one.
    package let length: Int

    package init(_ source: Source, line: Int, column: Int, length: Int = 1) {
        self.source = source
        self.line = max(1, line)
        self.column = max(1, column)
        self.length = max(1, length)
    }

    package var description: String { "\(source.name):\(line):\(column)" }

    /// The line with a caret under the place, and `remark` behind the caret.
    package func excerpt(_ remark: String?) -> String {
        let text = source.line(line)
        let number = String(line)
        let gutter = String(repeating: " ", count: number.count)
        let indent = text.unicodeScalars.prefix(column - 1).map { $0 == "\t" ? "\t" : " " }.joined()
        let room = max(1, text.unicodeScalars.count - column + 1)
        let caret = String(repeating: "^", count: min(length, room))
        let tail = remark.map { " \($0)" } ?? ""
        return "\(gutter) |\n\(number) | \(text)\n\(gutter) | \(indent)\(caret)\(tail)"
    }

    package static func == (left: Place, right: Place) -> Bool {
        left.source.name == right.source.name && left.line == right.line && left.column == right.column
    }
    package func hash(into hasher: inout Hasher) {
        hasher.combine(source.name)
        hasher.combine(line)
        hasher.combine(column)
    }
    package static func < (left: Place, right: Place) -> Bool {
        (left.source.name, left.line, left.column) < (right.source.name, right.line, right.column)
    }
}
