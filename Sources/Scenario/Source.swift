import Kernel

// The scenario language: what a file may say, and where it says something wrong. It knows no fake and runs nothing.

/// A text with a name, as a person wrote it.
package final class Source: Sendable {
    /// As it is shown: `scenarios/flow/method-1.yaml`.
    package let name: String
    package let text: String

    package init(name: String, text: String) {
        self.name = name
        // A byte order mark, with which some editors begin a file, is no character of its text.
        self.text = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
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

    /// How wide a line with its number is shown: in a narrower terminal the caret would point nowhere.
    private static let width = 80

    /// The line with a caret under the place, and `remark` behind the caret. Of a long line there is what stands around
    /// the place; `mask` is given the whole of it before.
    package func excerpt(_ remark: String?, mask: (String) -> String = { $0 }) -> String {
        let number = String(line)
        let gutter = String(repeating: " ", count: number.count)
        let (text, column) = Self.window(
            Array(mask(source.line(line)).shown.unicodeScalars), column, width: Self.width - number.count - 3)
        let indent = text.prefix(column - 1).map { $0 == "\t" ? "\t" : " " }.joined()
        let room = max(1, text.count - column + 1)
        let caret = String(repeating: "^", count: min(length, room))
        let tail = remark.map { " \($0)" } ?? ""
        let shown = String(String.UnicodeScalarView(text))
        return "\(gutter) |\n\(number) | \(shown)\n\(gutter) | \(indent)\(caret)\(tail)"
    }

    /// So much of a line, with what stands at a column inside, and where that is then.
    private static func window(
        _ line: [Unicode.Scalar], _ column: Int, width: Int
    ) -> (text: [Unicode.Scalar], column: Int) {
        guard line.count > width else { return (line, column) }
        let place = min(column - 1, line.count - 1)
        // What begins near the end of the line is shown with what stands before it.
        let first = place < width * 2 / 3 ? 0 : min(place - width / 3, line.count - width)
        var part = Array(line[first..<min(line.count, first + width)])
        if first > 0 { part[0] = "…" }
        if first + width < line.count { part[part.count - 1] = "…" }
        return (part, min(place - first, part.count - 1) + 1)
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
