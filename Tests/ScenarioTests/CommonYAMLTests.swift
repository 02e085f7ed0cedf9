import Foundation
import Scenario
import Testing

/// The short way to read a file and the whole parser say the same of it, node by node and place by place, or the short
/// way says nothing. `YAML_ROUNDS=1000000` for a long run, `YAML_SEED` for another one.
struct CommonYAMLTests {
    /// Every YAML file of the project, and what those do not have.
    private static let corpus: [String] = {
        let root = TestLanguage.folder.deletingLastPathComponent().deletingLastPathComponent()
        let folders = ["mocks", "scenarios", "Tests/ScenarioTests/Rejected", "Tests/ScenarioFileTests/Rejected"]
        let files = folders.flatMap { folder in
            let all = FileManager.default.enumerator(atPath: root.appendingPathComponent(folder).path)
            return (all?.compactMap { $0 as? String } ?? []).map { root.appendingPathComponent("\(folder)/\($0)") }
        }
        let texts = files.filter { $0.pathExtension == "yaml" }.sorted { $0.path < $1.path }
            .compactMap { try? String(contentsOf: $0, encoding: .utf8) }
        return snippets + texts
    }()

    private static let snippets = [
        "a: b", "a:\n- b\n-\n- c: d\n  e:\n  - f\n-  - g\n   - h\n",
        "a: |\n  x\n   y\n\n  z\n\nb: >-\n   p\n   q\n\n   r\n",
        "a: >+\n  p\n    q\n    r\n\n  s\n\n\nb: |-\n  t",
        "a: one\n  two\n\n  three # four\nb: 'it''s\n  so'\nc: \"x \\\"y\\\"\\n\n  z\"",
        "a: &x {b: [c, d e, 'f', \"g\"], h: {i: j}}\nk: *x\nl:\n  <<: *x\n  b: m\n",
        "- &a\n  b: c\n- *a\n- &d e\n- &f [g]\n",
        "[a,\n b\n  c, {d: e,\n f: g}]  # h\n", "é: ü # ö\nñ: {ß: [ø, å]}\n- x", "\"a\" : b\n'c': d\ne-f: -g\nh: - i\n",
        "a: b: c", "a:\n  b\n c", "k: x#y\nl: x #y\nm: #z\nn: 'a' #b\n", "- - a\n  - b\n- c: d\n  e: f\n", "a: [b: c]",
        "a: {b}",
    ]

    private static func both(_ text: String) -> (short: String?, whole: String?) {
        let source = Source(name: "a.yaml", text: text)
        let short = DocumentNode.parseCommon(source).map(drawn)
        guard short != nil else { return (nil, nil) }
        return (short, (try? DocumentNode.parseWhole(source)).map(drawn))
    }

    /// Every scalar and every place.
    private static func drawn(_ node: DocumentNode) -> String {
        let place = "@\(node.place.line):\(node.place.column)+\(node.place.length)"
        switch node.content {
        case .scalar(let text, let plain): return "\(plain ? "" : "!")\(text.debugDescription)\(place)"
        case .sequence(let items): return "[\(items.map(drawn).joined(separator: ","))]\(place)"
        case .mapping(let members):
            let parts = members.map { "\(drawn($0.key))=\($0.name.debugDescription)=\(drawn($0.value))" }
            return "{\(parts.joined(separator: ","))}\(place)"
        }
    }

    @Test func everyFileIsReadAlike() {
        var short = 0
        for text in Self.corpus {
            let (one, other) = Self.both(text)
            #expect(one == nil || one == other, "\(text.prefix(300))")
            if one != nil { short += 1 }
        }
        // Nearly all of them by the short way: that is what it is for.
        #expect(short * 100 >= Self.corpus.count * 97, "\(short) of \(Self.corpus.count)")
    }

    @Test func changedFilesAreReadAlike() {
        let environment = ProcessInfo.processInfo.environment
        let rounds = environment["YAML_ROUNDS"].flatMap { Int($0) } ?? 4000
        var chance = Chance(state: environment["YAML_SEED"].flatMap { UInt64($0) } ?? 1)
        let corpus = Self.corpus.map { Array($0.utf8) }
        var (short, told) = (0, 0)
        for _ in 0..<rounds {
            let text = String(decoding: chance.changed(corpus), as: UTF8.self)
            let (one, other) = Self.both(text)
            guard let one else { continue }
            short += 1
            guard one != other, told < 5 else { continue }
            told += 1
            Issue.record("\(text)\n\nshort: \(one)\nwhole: \(other ?? "a mistake")")
        }
        #expect(short > rounds / 10)
    }
}

/// Makes unlike files of good ones, by a seed.
private struct Chance {
    var state: UInt64
    private static let words: [String] = [
        "\n", "\n\n", "\n ", "\n  ", "\n    ", " ", "  ", ": ", ":", "- ", "-", "\n- ", "#", " # x", "'", "\"", "\\",
        "\\n",
        "[", "]", "{", "}", ", ", "&a ", "*a", "<<: *a", "|", ">", "|-\n  x\n", ">+\n  x\n\n", "? ", "! ", "é", "🦆",
        "x: y", "a", "~", "0", "...", "---", "%", "@", "\t", "\r\n", "\u{85}", "\u{2028}",
    ]

    mutating func number(below limit: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(1, limit)
    }

    /// A few lines of a file, changed in one to four places.
    mutating func changed(_ corpus: [[UInt8]]) -> [UInt8] {
        let file = corpus[number(below: corpus.count)]
        var bytes = file
        if file.count > 600, number(below: 4) > 0 {
            let start = file[number(below: file.count - 400)...].firstIndex(of: 10).map { $0 + 1 } ?? 0
            bytes = Array(file[start..<min(file.count, start + 40 + number(below: 400))])
        }
        for _ in 0...number(below: 4) {
            let place = number(below: bytes.count + 1)
            let end = min(bytes.count, place + 1 + number(below: 6))
            switch number(below: 4) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
            default: bytes.insert(contentsOf: Self.words[number(below: Self.words.count)].utf8, at: place)
            }
        }
        return bytes
    }
}
