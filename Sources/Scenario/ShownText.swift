import Kernel

extension String {
    /// As a terminal may show it: what would move its cursor or change its title, colours or the direction of the
    /// writing is a picture of itself. Line ends and tabs stay.
    package var shown: String {
        // Most lines are ASCII without controls, and bytes are sooner walked than scalars.
        guard !utf8.allSatisfy({ 0x20 <= $0 && $0 < 0x7F }), unicodeScalars.contains(where: { $0.picture != nil })
        else { return self }
        var text = UnicodeScalarView()
        for scalar in unicodeScalars { text.append(scalar.picture ?? scalar) }
        return String(text)
    }

    /// A text in JSON, or in quotes of YAML: what would be an order to a terminal, or what YAML would not read, is the
    /// escape of itself (YAML 1.2.2 section 5.1 and 5.7).
    package var escapingControls: String {
        guard unicodeScalars.contains(where: { $0.isEscaped }) else { return self }
        var text = ""
        for scalar in unicodeScalars {
            guard scalar.isEscaped else {
                text.unicodeScalars.append(scalar)
                continue
            }
            let digits = String(scalar.value, radix: 16)
            text += "\\u\(String(repeating: "0", count: max(0, 4 - digits.utf8.count)))\(digits)"
        }
        return text
    }

    /// A text in JSON, or in quotes of YAML, that is no order to GitHub Actions wherever it stands in a line: see
    /// `shownWithoutOrders`.
    package var escapingOrders: String { replacing("##[", with: "##\\u005b") }

    /// As `shown`, of a text in several lines, none of which is an order to GitHub Actions: that executes what follows
    /// `::` at the beginning of a line, after any blanks, and `##[` anywhere in one (runner, ActionCommand.cs).
    package var shownWithoutOrders: String {
        let text = shown
        guard text.range(of: "::") != nil || text.range(of: "##[") != nil else { return text }
        let lines = text.unicodeScalars.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let bare = line.drop { $0.properties.isWhitespace }
            let isOrder = bare.starts(with: "::".unicodeScalars)
            return isOrder ? "\(String(line.prefix(line.count - bare.count)))\\\(String(bare))" : String(line)
        }
        return lines.joined(separator: "\n").replacing("##[", with: "##\\[")
    }
}

extension Unicode.Scalar {
    /// Other controls are escaped in every JSON text.
    fileprivate var isEscaped: Bool {
        switch value {
        case 0x7F...0x9F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF, 0xFFFE...0xFFFF: true
        default: false
        }
    }

    /// What stands for a control character: the pictures of Unicode's block U+2400, and U+FFFD where there is none.
    fileprivate var picture: Unicode.Scalar? {
        switch value {
        case 0x09, 0x0A: nil
        case 0x00...0x1F: Unicode.Scalar(0x2400 + value)
        case 0x7F: "\u{2421}"
        // The second block of controls, and what turns the direction of the writing.
        case 0x80...0x9F, 0x202A...0x202E, 0x2066...0x2069: "\u{FFFD}"
        default: nil
        }
    }
}
