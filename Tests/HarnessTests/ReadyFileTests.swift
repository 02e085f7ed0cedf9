import Foundation
import Harness
import Kernel
import Scenario
import TestSupport
import Testing

/// The JSON beside the large data files is made of what they say now. `make ready` makes it anew.
struct ReadyFileTests {
    private static let mocks = "\(Checkout.root)/mocks"

    static let names: [String] = ["access", "directory", "functions", "rest", "tools", "vendors"].flatMap { folder in
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "\(mocks)/\(folder)")) ?? []
        return files.filter { $0.hasSuffix(".yaml") }.sorted().map { "\(folder)/\($0)" }
    }

    @Test(arguments: names)
    func readyFileIsOfToday(_ name: String) throws {
        let yaml = try String(contentsOfFile: "\(Self.mocks)/\(name)", encoding: .utf8)
        let path = "\(Self.mocks)/ready/\(name).json"
        let text = try ReadyFiles.text(for: yaml)
        if ProcessInfo.processInfo.environment["RECORD"] == "1" {
            let folder = URL(fileURLWithPath: path).deletingLastPathComponent()
            try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try text.write(toFile: path, atomically: true, encoding: .utf8)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == text, "make ready")
        let json = try JSONValue(parsing: text)
        #expect(json["is"] == (try DocumentNode.parse(Source(name: name, text: yaml)).json))
    }

    @Test func everyReadyFileHasItsYAML() {
        #expect(Self.names.count >= 10)
        let all = FileManager.default.enumerator(atPath: "\(Self.mocks)/ready")?.compactMap { $0 as? String } ?? []
        #expect(Set(all.filter { $0.hasSuffix(".json") }) == Set(Self.names.map { "\($0).json" }))
    }
}
