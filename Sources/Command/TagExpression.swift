/// Which scenarios a `--tags` expression means: `consent and not (slow or method-1)`.
struct TagExpression {
    private indirect enum Term {
        case tag(String)
        case not(Term)
        case both(Term, Term)
        case either(Term, Term)
    }
    private let term: Term

    /// - Throws: `CommandFailure` that names the word it did not expect.
    init(_ text: String) throws(CommandFailure) {
        var reader = Reader(words: Self.words(text), text: text)
        term = try reader.either()
        if let word = reader.words.first { throw reader.failure("'\(word)' was not expected") }
    }

    func matches(_ tags: [String]) -> Bool { Self.holds(term, tags) }

    private static func holds(_ term: Term, _ tags: [String]) -> Bool {
        switch term {
        case .tag(let name): tags.contains(name)
        case .not(let inner): !holds(inner, tags)
        case .both(let left, let right): holds(left, tags) && holds(right, tags)
        case .either(let left, let right): holds(left, tags) || holds(right, tags)
        }
    }

    private static func words(_ text: String) -> ArraySlice<String> {
        let spaced = text.flatMap { letter in letter == "(" || letter == ")" ? [" ", letter, " "] : [letter] }
        return spaced.split(whereSeparator: \.isWhitespace).map { String($0) }[...]
    }

    private struct Reader {
        var words: ArraySlice<String>
        let text: String

        mutating func either() throws(CommandFailure) -> Term {
            var left = try both()
            while take("or") { left = .either(left, try both()) }
            return left
        }

        private mutating func both() throws(CommandFailure) -> Term {
            var left = try single()
            while take("and") { left = .both(left, try single()) }
            return left
        }

        private mutating func single() throws(CommandFailure) -> Term {
            if take("not") { return .not(try single()) }
            if take("(") {
                let inner = try either()
                guard take(")") else { throw failure("')' is missing") }
                return inner
            }
            guard let word = words.popFirst(), !["and", "or", ")"].contains(word) else {
                throw failure("a tag is missing")
            }
            return .tag(word)
        }

        private mutating func take(_ word: String) -> Bool {
            guard words.first == word else { return false }
            words.removeFirst()
            return true
        }

        func failure(_ reason: String) -> CommandFailure {
            CommandFailure(.usage, "--tags '\(text)': \(reason); it reads like 'consent and not (slow or method-1)'")
        }
    }
}
