package import Harness
package import Kernel
package import Scenario

/// An error that somebody met in a scenario, as the parties said it.
package struct KnownError: Sendable {
    /// What the receiver read, without values that change from run to run.
    package let message: String
    /// The same without code, type and challenge: the sentence alone.
    let sentence: String
    /// Who said it, and how: `gateway`, `HTTP 400` or `JSON-RPC -32042`.
    package let party: Party
    package let form: String
    /// Whom a redirect told, if it is a party.
    package let receiver: Party?
    let isRedirect: Bool
    /// Whether a gateway was called before: a consent to a call has another cure than an administrator's to a target.
    let followsCall: Bool
    /// The rule that refused, if a party named one.
    package let rule: String?
    package let file: ScenarioFile
    /// Exchanges before it: the fewer, the smaller the reproduction.
    let distance: Int
}

/// Finds scenarios by the error texts that they make parties say.
///
/// The library is played and its answers are read, so that what is found is what happens, not what somebody wrote down.
package struct ErrorSearch: Sendable {
    package let errors: [KnownError]

    package init(_ results: [ScenarioResult]) {
        errors = results.flatMap { Self.errors(of: $0) }
    }

    /// The best fitting errors, one per cause, the smallest reproduction of each; best first.
    package func find(_ text: String, most: Int = 5) -> [(error: KnownError, score: Double)] {
        let asked = AskedError.all(in: text)
        let names = Self.names(in: text)
        let found = causes { error in
            let (said, sentence) = (Self.words(of: error.message), Self.words(of: error.sentence))
            return asked.compactMap { asked in
                var fit = Self.fit(asked, names, said, sentence)
                fit?.isAlike = asked.isQuery == error.isRedirect
                return fit
            }.max()
        }
        let sorted = found.sorted { left, right in
            if left.fit != right.fit { return right.fit < left.fit }
            return Self.isBetter(left.error, than: right.error)
        }
        return sorted.prefix(most).map { ($0.error, $0.fit.score) }
    }

    /// How many letters of a page are read: the others are the same on each.
    static let mostOfABody = 400

    /// How well an error fits: the greater, the better.
    private struct Fit: Comparable {
        let score: Double
        /// Whether both or neither came with a redirect.
        var isAlike = true
        /// Words that both have.
        let common: Int
        /// Words that only the error has.
        let more: Int

        static func < (one: Fit, other: Fit) -> Bool {
            (one.score, one.isAlike ? 1 : 0, one.common, -one.more)
                < (other.score, other.isAlike ? 1 : 0, other.common, -other.more)
        }
    }

    /// nil for one that does not fit.
    private static func fit(_ asked: AskedError, _ names: Set<String>, _ said: [String], _ sentence: [String]) -> Fit? {
        let wanted = asked.words
        guard !wanted.isEmpty else { return nil }
        let common = common(asked, said)
        let likeness = Double(common) / Double(wanted.count)
        if wanted == sentence || wanted == said { return Fit(score: 1, common: common, more: 0) }
        // A code says more than the words around it, which differ between versions and SDKs.
        let sharesCode = wanted.contains { word in
            (isCode(word) || names.contains(word)) && said.contains { asked.means(word, $0) }
        }
        var score = sharesCode ? 0.6 + 0.4 * likeness : likeness
        var counted = common
        // The whole sentence within others, such as a log's: one word alone may stand anywhere.
        if sentence.count > 1, isPart(sentence, of: wanted), score < 0.95 { (score, counted) = (0.95, sentence.count) }
        guard score >= 0.6 else { return nil }
        return Fit(score: score, common: counted, more: max(0, said.count - common))
    }

    private static func isPart(_ part: [String], of whole: [String]) -> Bool {
        guard part.count <= whole.count else { return false }
        return (0...(whole.count - part.count)).contains { whole[$0..<($0 + part.count)].elementsEqual(part) }
    }

    /// Every error of the library, one per cause, by party and words.
    package var all: [KnownError] {
        causes { _ in Fit(score: 1, common: 0, more: 0) }.map(\.error).sorted { left, right in
            (
                left.party.rawValue, left.form, left.message, left.rule ?? "", left.receiver?.rawValue ?? "",
                left.file.name
            )
                < (
                    right.party.rawValue, right.form, right.message, right.rule ?? "", right.receiver?.rawValue ?? "",
                    right.file.name
                )
        }
    }

    /// One error for each cause that counts, and how well it fits.
    private func causes(_ fit: (KnownError) -> Fit?) -> [(error: KnownError, fit: Fit)] {
        var best: [String: (error: KnownError, fit: Fit)] = [:]
        for error in errors {
            guard let fit = fit(error) else { continue }
            let told = error.receiver.map { " to \($0) \(error.followsCall)" } ?? ""
            let cause = "\(error.party)\(told) \(error.form) \(error.rule ?? "") \(Self.words(of: error.message))"
            if let known = best[cause], !Self.isBetter(error, than: known.error) { continue }
            best[cause] = (error, fit)
        }
        return Array(best.values)
    }

    /// A scenario of the problem library explains itself; otherwise the shorter way is the better one.
    private static func isBetter(_ one: KnownError, than other: KnownError) -> Bool {
        let problems = [one, other].map { $0.file.path.contains("/problems/") }
        if problems[0] != problems[1] { return problems[0] }
        return (one.distance, one.file.name, one.message, one.rule ?? "")
            < (other.distance, other.file.name, other.message, other.rule ?? "")
    }

    /// How many of the asked words stand in the message in their order.
    private static func common(_ asked: AskedError, _ message: [String]) -> Int {
        var row = [Int](repeating: 0, count: message.count + 1)
        for word in asked.words {
            var diagonal = 0
            for place in message.indices {
                let above = row[place + 1]
                row[place + 1] = asked.means(word, message[place]) ? diagonal + 1 : max(above, row[place])
                diagonal = above
            }
        }
        return row[message.count]
    }

    /// `-32042`, `invalid_grant`, `validationexception`: what a program compares.
    private static func isCode(_ word: String) -> Bool {
        word.utf8.first == UInt8(ascii: "-") || word.utf8.contains(UInt8(ascii: "_")) || word.hasSuffix("exception")
    }

    /// Words with a capital inside, such as `credentialLocation`: the name of a member is as good as a code.
    private static func names(in text: String) -> Set<String> {
        var names: Set<String> = []
        for word in text.split(whereSeparator: { !$0.isLetter && !$0.isNumber }) where word.utf8.count >= 8 {
            let letters = Array(word)
            if zip(letters, letters.dropFirst()).contains(where: { $0.isLowercase && $1.isUppercase }) {
                names.insert(word.lowercased())
            }
        }
        return names
    }

    /// Words in lower case; what has digits, a slash or an odd length is a value, and values differ.
    static func words(of text: String) -> [String] {
        text.lowercased().utf8.split { byte in
            !((97...122).contains(byte) || (48...57).contains(byte) || byte >= 128
                || "_-./:".utf8.contains(byte))
        }.map { String(Substring($0)) }.flatMap { word -> [String] in
            let marks = "-./:_".utf8
            var bare = word.utf8.drop { marks.contains($0) }
            // A sentence, or what comes after a colon, is none of the word's business.
            while let last = bare.last, marks.contains(last) { bare.removeLast() }
            guard !bare.isEmpty else { return [] }
            if word.utf8.first == UInt8(ascii: "-"), bare.allSatisfy({ (48...57).contains($0) }) {
                return ["-\(String(Substring(bare)))"]
            }
            // An address is a value; the path of a member is its members.
            guard !bare.contains(where: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: ":") }) else { return [] }
            return bare.split(separator: UInt8(ascii: ".")).map { String(Substring($0)) }.filter { part in
                !isValue(part) && part.utf8.count <= 40
            }
        }
    }

    /// Whether a word is an id or a number; `customoauth2providerconfig` and `utf8` are none.
    private static func isValue(_ word: String) -> Bool {
        let digits = word.utf8.count { (48...57).contains($0) }
        return digits > 1 || (digits == 1 && word.utf8.count < 4)
    }
}
