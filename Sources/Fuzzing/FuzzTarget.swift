// Fuzzing gives every parser and every party inputs that a seed made of good ones, and says what is wrong with what
// they make of them. It must not know why an input is bad: refusing it is as good as reading it.

/// Something that takes input, with good examples of it.
package struct FuzzTarget: Sendable {
    package let name: String
    /// Of a hundred or so inputs this many.
    package let share: Int
    let corpus: [[UInt8]]
    /// Makes something of an input; the answer says what is wrong with that, nil for nothing. It must come to an end.
    let check: @Sendable ([UInt8]) async -> String?

    package init(
        _ name: String, share: Int, _ corpus: [[UInt8]], _ check: @escaping @Sendable ([UInt8]) async -> String?
    ) {
        self.name = name
        self.share = share
        self.corpus = corpus
        self.check = check
    }

    init(_ name: String, share: Int, texts: [String], _ check: @escaping @Sendable (String) async -> String?) {
        self.init(name, share: share, texts.map { Array($0.utf8) }) { await check(String(decoding: $0, as: UTF8.self)) }
    }

    /// What is wrong with some of `count` inputs; the same seed makes the same ones. It stops at the tenth.
    package func complaints(inputs count: Int, seed: UInt64) async -> [String] {
        var mutator = Mutator(seed: seed)
        var found: [String] = []
        for round in 0..<count where found.count < 10 {
            let input = mutator.changed(mutator.pick(corpus), corpus)
            guard let wrong = await check(input) else { continue }
            let shown = String(decoding: input.prefix(400), as: UTF8.self)
            found.append("\(name), seed \(seed), input \(round): \(wrong): \(shown)")
        }
        return found
    }
}
