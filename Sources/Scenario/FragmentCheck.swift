extension Source {
    /// Whether this is a fragment rather than a scenario: its first member says so.
    package var isFragment: Bool {
        let first = text.utf8.split(whereSeparator: { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") })
            .first { line in
                let bare = line.drop { $0 == UInt8(ascii: " ") }
                return !bare.isEmpty && bare.first != UInt8(ascii: "#") && !line.starts(with: "---".utf8)
            }
        return first?.starts(with: "fragment:".utf8) == true
    }
}

extension FragmentShelf {
    /// Everything that is wrong with a fragment, whether a scenario uses it or not.
    package func mistakes(in source: Source, _ vocabulary: Vocabulary) -> [Diagnostic] {
        var reading = Reading(vocabulary, fragments: self, file: source.name)
        reading.path = [source.name]
        _ = Fragment.read(source, &reading)
        return reading.diagnostics.sorted { $0.place < $1.place }
    }
}
