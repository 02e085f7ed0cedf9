extension ServeOrders {
    /// The forms of `serve` in which tests and scripts start it, without the argument parser: to learn what flags there
    /// are costs that a fifth of all instructions until the lab answers.
    ///
    /// What it reads, it reads as `ServeCommand` does (a test holds the two together); everything else, and everything
    /// that is wrong, is left to it: nil.
    /// - Parameter words: the command line without the program's name.
    init?(plain words: [String]) {
        guard words.first == "serve" else { return nil }
        self.init()
        var rest = words.dropFirst()
        while let word = rest.popFirst() {
            if word == "--quiet" {
                quiet = true
                continue
            }
            guard let value = rest.popFirst(), !value.hasPrefix("-"), take(word, value) else { return nil }
        }
        if mistake != nil { return nil }
    }

    /// False for a flag that is none of these, or a value that is none.
    private mutating func take(_ flag: String, _ value: String) -> Bool {
        switch flag {
        case "--lab": lab = value
        case "--root": root = value
        case "--data": data = value
        case "--endpoints-file": endpointsFile = value
        case "--port-base": return Self.set(&portBase, Int(value))
        case "--journal-keep": return Self.set(&journalKeep, Int(value))
        case "--seed": return Self.set(&seed, UInt64(value))
        default: return false
        }
        return true
    }

    private static func set<Number>(_ place: inout Number, _ value: Number?) -> Bool {
        guard let value else { return false }
        place = value
        return true
    }
}
