/// What somebody meant to write whose line is no YAML, by what the parser says and what stands there.
struct YAMLSlip {
    /// The parser's words.
    let problem: String
    let line: String
    /// Where it stopped, from 1.
    let column: Int

    /// `context` is what the parser was reading, and `opening` where that began.
    func hint(_ context: String, _ opening: Place?) -> String? {
        if problem.contains("'-' indicator") { return "each item of a list begins with a dash" }
        if let hint = variableHint { return hint }
        if problem.contains("mapping values are not allowed") {
            return "a text with a colon and a blank in it stands in quotes"
        }
        if problem.contains("unknown escape character") || problem.contains("did not find expected hexdecimal") {
            return #"inside "…" a backslash begins an escape: write two, or '…' around the text"#
        }
        if problem.contains("invalid Unicode character escape code") {
            return "YAML knows no half of a character: write the character itself, or its one number after \\U"
        }
        if problem.contains("cannot start any token"), let letter = line.unicodeScalars.dropFirst(column - 1).first {
            return "a text that begins with \(letter) stands in quotes"
        }
        if context.contains("quoted scalar"), let opening {
            return "the quote that opens at \(opening) is never closed"
        }
        if let letter = letterBehindQuote {
            return "a quote ends the text, and \(letter) stands behind it: write '' for a ' inside '…'"
        }
        guard context.contains("flow"), let opening else { return nil }
        let bracket = context.contains("sequence") ? "[" : "{"
        return "the \(bracket) that opens at \(opening) is not closed, or a comma is missing"
    }

    private var variableHint: String? {
        let bytes = Array(line.utf8)
        let open = bytes.indices.first { index in
            bytes[index] == UInt8(ascii: "{") && (index == 0 || bytes[index - 1] != UInt8(ascii: "$"))
        }
        guard let open else { return nil }
        if line.contains("${") { return "inside { } a ${…} must stand in quotes" }
        // A path goes on with a bracket where a list would begin.
        let isPath = bytes.indices.dropFirst(open + 1).contains { index in
            bytes[index] == UInt8(ascii: "[") && !" ,[{:".utf8.contains(bytes[index - 1])
        }
        return isPath ? "inside { } a path with [ ] must stand in quotes" : nil
    }

    /// Of `'it's here'` the s: what stands where something else was expected, right behind a quote.
    private var letterBehindQuote: Character? {
        guard problem.contains("did not find expected") else { return nil }
        let letters = Array(line)
        guard column >= 2, column <= letters.count, letters[column - 2] == "'", letters[column - 1].isLetter else {
            return nil
        }
        return letters[column - 1]
    }
}
