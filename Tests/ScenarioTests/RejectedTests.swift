import Foundation
import Scenario
import Testing

/// What a person reads who made a mistake: each `Rejected/*.yaml` has its words in the `.err` beside it.
struct RejectedTests {
    static let names: [String] = {
        let folder = TestLanguage.folder.appendingPathComponent("Rejected").path
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }()

    @Test(arguments: names)
    func mistakeIsToldInTheseWords(_ name: String) throws {
        let base = TestLanguage.folder.appendingPathComponent("Rejected/\(name)")
        let text = try String(contentsOf: base.appendingPathExtension("yaml"), encoding: .utf8)
        let (file, diagnostics) = TestLanguage.read(text, name: "\(name).yaml")
        #expect(file == nil)
        #expect(!diagnostics.isEmpty)
        let rendered = diagnostics.map(\.rendered).joined(separator: "\n")
        let expected = base.appendingPathExtension("err")
        if ProcessInfo.processInfo.environment["RECORD"] == "1" {
            try rendered.write(to: expected, atomically: true, encoding: .utf8)
        }
        #expect(try rendered == String(contentsOf: expected, encoding: .utf8))
    }

    @Test func thereAreManyKinds() { #expect(Self.names.count >= 20) }

    /// Whatever stands in a file, reading it ends with a diagnostic and not with a crash.
    @Test(arguments: [
        "\u{0}", "\u{FEFF}", "---", "...", "a: [", "a: {", "? ", "- - - -", "&a [*a]", "a: &x {b: *x}", "!!binary x",
        "%YAML 9.9\n---\na", "scenario: !!set {a}", "{{}: 1}", "[[]]: 1", "\"\\ud800\"", "steps: {a: b}",
        "scenario: [a]\nspec: {a: b}\nsteps: x\nthen: 1\nbreaks: {a: b}\nlab: [1]\ngiven: 5\ntags: {}\npace: []",
    ])
    func nonsenseIsRefused(_ text: String) {
        let (file, diagnostics) = TestLanguage.read(text)
        #expect(file == nil)
        #expect(!diagnostics.isEmpty)
    }

    /// Nine aliases of nine aliases of …: a small file must not become a large tree.
    @Test func aliasesDoNotMultiplyWithoutEnd() {
        var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        for level in 1...9 {
            let items = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
            text += "a\(level): &a\(level) [\(items)]\n"
        }
        let (file, diagnostics) = TestLanguage.read(text)
        #expect(file == nil)
        #expect(diagnostics.first?.message.contains("too many nodes") == true)
    }
}
