import HTTPTypes
package import Harness
package import Kernel
package import Scenario

/// An error that somebody met in a scenario, as the parties said it.
package struct KnownError: Sendable {
    /// What the receiver read, without values that change from run to run.
    package let message: String
    /// Who said it, and how: `gateway`, `HTTP 400` or `JSON-RPC -32042`.
    package let party: Party
    package let form: String
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
        let wanted = Self.words(of: text)
        guard !wanted.isEmpty else { return [] }
        let names = Self.names(in: text)
        let found = causes { said in
            // A code says more than the words around it, which differ between versions and SDKs.
            let sharesCode = wanted.contains { (Self.isCode($0) || names.contains($0)) && said.contains($0) }
            let likeness = Self.likeness(wanted, said)
            let score = sharesCode ? 0.6 + 0.4 * likeness : likeness
            return score >= 0.6 ? score : nil
        }
        let sorted = found.sorted { left, right in
            if left.score != right.score { return left.score > right.score }
            return Self.isBetter(left.error, than: right.error)
        }
        return Array(sorted.prefix(most))
    }

    /// Every error of the library, one per cause, by party and words.
    package var all: [KnownError] {
        causes { _ in 1 }.map(\.error).sorted { left, right in
            (left.party.rawValue, left.form, left.message, left.rule ?? "")
                < (right.party.rawValue, right.form, right.message, right.rule ?? "")
        }
    }

    /// One error for each cause that counts, and for how much.
    private func causes(_ score: ([String]) -> Double?) -> [(error: KnownError, score: Double)] {
        var best: [String: (error: KnownError, score: Double)] = [:]
        for error in errors {
            let said = Self.words(of: error.message)
            guard let score = score(said) else { continue }
            let cause = "\(error.party) \(error.form) \(error.rule ?? "") \(said)"
            if let known = best[cause], !Self.isBetter(error, than: known.error) { continue }
            best[cause] = (error, score)
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

    /// Share of the asked words that stand in the message in their order.
    static func likeness(_ wanted: [String], _ message: [String]) -> Double {
        var row = [Int](repeating: 0, count: message.count + 1)
        for word in wanted {
            var diagonal = 0
            for place in message.indices {
                let above = row[place + 1]
                row[place + 1] = word == message[place] ? diagonal + 1 : max(above, row[place])
                diagonal = above
            }
        }
        return Double(row[message.count]) / Double(wanted.count)
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

// Reading errors off a journal.
extension ErrorSearch {
    private static func errors(of result: ScenarioResult) -> [KnownError] {
        var found: [KnownError] = []
        var exchanges = 0
        var rule: (party: Party, name: String)?
        let mask = SecretMask(result.journal)
        for entry in result.journal {
            switch entry.event {
            case .note(let note):
                if let name = note.rule { rule = (note.party, name) }
            case .exchange(let exchange):
                exchanges += 1
                // What a party said on the way to an answer is about that answer and no later one.
                defer { if rule?.party == exchange.to { rule = nil } }
                guard case .answered(let response) = exchange.outcome,
                    let (form, message) = refusal(in: response)
                else { continue }
                found.append(
                    KnownError(
                        message: mask.text(message), party: exchange.to, form: form,
                        rule: rule.flatMap { $0.party == exchange.to ? $0.name : nil }, file: result.file,
                        distance: exchanges))
            default: break
            }
        }
        return found
    }

    /// What an answer says when it refuses, in any of the parties' dialects.
    private static func refusal(in response: Response) -> (form: String, message: String)? {
        let json = response.json
        if let error = json?["error"]?.object {
            let code = error["code"]?.int.map { " \($0)" } ?? ""
            return ("JSON-RPC\(code)", "\(code) \(error["message"]?.string ?? "")")
        }
        let status = response.status
        // GitHub answers 200 where others answer 400.
        if let code = json?["error"]?.string {
            return ("HTTP \(status)", "\(code) \(json?["error_description"]?.string ?? "")")
        }
        if json?["result"]?["isError"] == true {
            let texts = json?["result"]?["content"]?.array?.compactMap { $0["text"]?.string } ?? []
            return ("tool error", texts.joined(separator: " "))
        }
        guard status >= 400 else { return nil }
        if let message = json?["message"]?.string {
            let type = response.header(fieldName("x-amzn-ErrorType")) ?? ""
            return ("HTTP \(status)", "\(type) \(message)")
        }
        let challenge = response.header(.wwwAuthenticate) ?? ""
        let body =
            response.header(.contentType)?.hasPrefix("text/html") == true ? text(of: response) : response.bodyText
        return ("HTTP \(status)", "\(challenge) \(Substring(body.prefix(400)))")
    }

    /// The words of a page.
    private static func text(of response: Response) -> String {
        let shown = SecretMask([]).body(response.body, mediaType: "text/html")
        return [("&#39;", "'"), ("&quot;", "\""), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")].reduce(shown) {
            $0.replacing($1.0, by: $1.1)
        }
    }
}
