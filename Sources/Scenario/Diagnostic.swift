/// A mistake of the person who wrote a file: where it is, what is wrong, what to do about it.
package struct Diagnostic: Error, Sendable, Hashable, CustomStringConvertible {
    package let place: Place
    package let message: String
    package let hint: String?
    /// What no report may show of the line.
    private var secrets: [String] = []

    package init(_ place: Place, _ message: String, hint: String? = nil) {
        self.place = place
        self.message = message
        self.hint = hint
    }

    /// The same where these values cannot be read, wherever it is told.
    func concealing(_ secrets: [String]) -> Diagnostic {
        guard !secrets.isEmpty else { return self }
        var concealed = Diagnostic(
            place, Self.dotted(message, secrets), hint: hint.map { Self.dotted($0, secrets) })
        concealed.secrets = secrets
        return concealed
    }

    /// As many dots as there were letters: the caret stays below what it means.
    private static func dotted(_ text: String, _ secrets: [String]) -> String {
        secrets.reduce(text) { $0.replacing($1, with: String(repeating: "•", count: $1.unicodeScalars.count)) }
    }

    /// Whether it is about a file or a folder as a whole, of which there is no line to show.
    private var isOfAWhole: Bool { place.source.text.isEmpty }

    /// Four lines: message, place, the line itself, a caret with the hint.
    package var rendered: String {
        guard !isOfAWhole else {
            let text = "error: \(message)\n --> \(place.source.name)\n\(hint.map { "  = \($0)\n" } ?? "")"
            return text.shownWithoutOrders
        }
        let gutter = String(repeating: " ", count: String(place.line).count)
        return "error: \(message)\n\(gutter)--> \(place)\n\(excerpt)\n".shownWithoutOrders
    }

    private var excerpt: String { place.excerpt(hint) { Self.dotted($0, secrets) } }

    package var description: String {
        "\(isOfAWhole ? place.source.name : "\(place)"): \(message)\(hint.map { " (\($0))" } ?? "")"
    }
}

/// What is known while a file is read, and every mistake found so far: a file is read to its end whatever it says.
package struct Reading: Sendable {
    package let vocabulary: Vocabulary
    package private(set) var diagnostics: [Diagnostic] = []
    /// Fragments that several files share, and those of this file.
    let shelf: FragmentShelf?
    var own: [String: Fragment] = [:]
    var wrong = WrongFragments()
    /// Those of this file that something includes.
    var used: Set<String> = []
    /// Names under which steps send what they like.
    package private(set) var senders: Set<String> = []
    /// The values that the matrix has for each name.
    var matrix: [String: [DocumentNode]] = [:]
    /// The labs that the file's scenarios run in.
    package internal(set) var labs = ["default"]
    /// Fragments of this file in the order in which they stand there, whether they are read already or not.
    var declared: [String] = []
    /// The one of them that is being read.
    var reads: String?
    /// Whether a fragment could not be read: nobody knows what it would have saved.
    var lacksAFragment = false
    /// How many steps there are, with those that fragments bring each time they are named.
    var stepCount = 0
    /// Whether it has been told that they are too many.
    var isTooLong = false
    package mutating func note(sender name: String) { senders.insert(name) }
    /// The file that is read, and the fragments on the way to it.
    package let file: String
    var path: [String] = []
    /// Whether what is read is a fragment that several scenarios share.
    package var isShared: Bool { !path.isEmpty }

    package init(_ vocabulary: Vocabulary, fragments shelf: FragmentShelf? = nil, file: String = "") {
        self.vocabulary = vocabulary
        self.shelf = shelf
        self.file = file
    }

    package mutating func report(_ diagnostic: Diagnostic) {
        // An anchor's node is read wherever it is named; its mistake is told once.
        if !diagnostics.contains(diagnostic) { diagnostics.append(diagnostic) }
    }
    package mutating func report(_ place: Place, _ message: String, hint: String? = nil) {
        report(Diagnostic(place, message, hint: hint))
    }

    /// Reports a name that is not among the known ones. An empty list means that any name will do.
    package mutating func expectName(_ name: String, of what: String, among known: [String], at place: Place) {
        guard !known.isEmpty, !known.contains(name), !name.contains("${") else { return }
        report(place, "there is no \(what) \"\(name)\"", hint: Suggestion.hint(for: name, among: known))
    }
}

/// Did-you-mean by edit distance.
package enum Suggestion {
    /// `did you mean "browser"?`, or what there is to choose from if the list is short; that leaves out `others`.
    package static func hint(for word: String, among known: [String], or others: [String] = []) -> String? {
        if let nearest = nearest(to: word, among: known + others) { return "did you mean \"\(nearest)\"?" }
        guard !known.isEmpty, known.count <= 16 else { return nil }
        return "known: \(known.joined(separator: ", "))"
    }

    /// The known word that a typing mistake can have made into `word`, else one that begins with it.
    package static func nearest(to word: String, among known: [String]) -> String? {
        // Of one wrong letter nothing would be left.
        let limit = word.count == 1 ? 0 : min(4, word.count / 3 + 1)
        // A name that is there and cannot be used is no slip of the pen.
        guard !known.contains(word) else { return nil }
        let scored = known.map { (name: $0, distance: distance(word.lowercased(), $0.lowercased())) }
        if let best = scored.min(by: { $0.distance < $1.distance }), best.distance <= limit { return best.name }
        // Somebody who stopped in the middle of a name.
        return word.count < 3 ? nil : known.first { $0.hasPrefix(word) }
    }

    /// The known word from which this one differs by a letter or two of many.
    package static func slip(_ word: String, among known: [String]) -> String? {
        guard word.utf8.count >= 8 else { return nil }
        return known.first { abs($0.utf8.count - word.utf8.count) < 3 && distance(word, $0) < 3 }
    }

    /// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment).
    static func distance(_ left: String, _ right: String) -> Int {
        let (one, two) = (Array(left.unicodeScalars.prefix(64)), Array(right.unicodeScalars.prefix(64)))
        var rows = [Array(0...two.count)]
        for row in 1..<(one.count + 1) {
            var current = [row]
            for column in 1..<(two.count + 1) {
                let cost = one[row - 1] == two[column - 1] ? 0 : 1
                var best = min(rows[row - 1][column] + 1, current[column - 1] + 1, rows[row - 1][column - 1] + cost)
                if row > 1, column > 1, one[row - 1] == two[column - 2], one[row - 2] == two[column - 1] {
                    best = min(best, rows[row - 2][column - 2] + 1)
                }
                current.append(best)
            }
            rows.append(current)
        }
        return rows[one.count][two.count]
    }
}
