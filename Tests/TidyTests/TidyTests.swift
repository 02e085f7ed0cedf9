import Foundation
import Testing

/// Something no file may say, where it may, and what to say instead.
private struct Ban {
    let text: String
    var except: Set<String> = []
    let instead: String
}

private let bans: [Ban] = [
    Ban(text: "Date()", except: ["Serve", "bench"], instead: "world.clock.now"),
    Ban(text: "Date.now", except: ["Serve", "bench"], instead: "world.clock.now"),
    Ban(text: "ContinuousClock", except: ["Serve", "bench"], instead: "world.clock.now"),
    Ban(text: "SuspendingClock", except: ["Serve", "bench"], instead: "world.clock.now"),
    Ban(text: "clock_gettime", except: ["Serve", "bench"], instead: "world.clock.now"),
    Ban(text: "UUID()", instead: "world.entropy.uuid(for:)"),
    Ban(text: ".random(", instead: "world.entropy.bytes(_:for:)"),
    Ban(text: "SystemRandomNumberGenerator", instead: "world.entropy.bytes(_:for:)"),
    Ban(text: "shuffled()", instead: "an order drawn from world.entropy"),
    Ban(text: "Task {", except: ["Serve"], instead: "world.scheduler.schedule"),
    Ban(text: "Task.detached", except: ["Serve"], instead: "world.scheduler.schedule"),
    Ban(text: "Task.sleep", except: ["Serve"], instead: "world.scheduler.schedule"),
    // What waits until all is done, as concurrentPerform does, is no second clock.
    Ban(text: "DispatchQueue(", except: ["Serve", "Outbound"], instead: "world.scheduler.schedule"),
    Ban(text: "DispatchQueue.global", except: ["Serve", "Outbound"], instead: "world.scheduler.schedule"),
    Ban(text: "DispatchQueue.main", except: ["Serve", "Outbound"], instead: "world.scheduler.schedule"),
    // A lane is a thread by what it is, and whoever watches for a stuck run is none of those it watches.
    Ban(text: "Thread", except: ["Harness", "Command", "Outbound"], instead: "world.scheduler.schedule"),
    Ban(text: ".write(to: URL", except: ["bench"], instead: "OutputFile"),
    Ban(text: "atomically:", except: ["bench"], instead: "OutputFile"),
    Ban(text: "createFile(", except: ["SQLiteStore"], instead: "OutputFile"),
    Ban(text: "URLSession", instead: "world.network.send"),
    Ban(text: "print(", except: ["Command", "bench"], instead: "a report"),
    Ban(text: "@unchecked Sendable", instead: "a Mutex"),
    Ban(text: "nonisolated(unsafe)", instead: "a Mutex"),
    Ban(text: "@preconcurrency", instead: "a Sendable type"),
    Ban(text: "try!", instead: "a typed error"),
    Ban(text: "as!", instead: "as? and an error"),
    Ban(text: "public ", instead: "package"),
    Ban(text: "@testable", instead: "package access, which already reaches"),
    Ban(text: "TODO", instead: "an issue, or the work itself"),
]

/// What every module may import.
private let everywhere: Set = ["HTTPTypes", "Synchronization"]

/// Modules of others, and the only places that may import them.
private let imports: [String: Set<String>] = [
    "GRDB": ["SQLiteStore"],
    "GRDBSQLite": ["SQLiteStore"],
    "HeapModule": ["Kernel"],
    "Yams": ["Scenario", "bench"],
    "JWTKit": ["OAuthCore"],
    "Crypto": ["OAuthCore", "AWSCore"],
    "HummingbirdCore": ["Serve", "bench"],
    "AsyncHTTPClient": ["Outbound"],
    "NIOCore": ["Serve", "Outbound", "bench"],
    "NIOHTTP1": ["Serve", "Outbound"],
    "NIOHTTPTypes": ["Serve"],
    "NIOHTTPTypesHTTP1": ["Serve"],
    "NIOPosix": ["Serve", "bench"],
    "Logging": ["Serve", "bench"],
    "CryptoExtras": ["OAuthCore"],
    "SwiftASN1": ["OAuthCore"],
    "CHeap": ["bench"],
    "Dispatch": ["Harness", "Serve", "Outbound"],
    "Glibc": ["Kernel"],
    "Darwin": ["Kernel"],
    "Musl": ["Kernel"],
    "ArgumentParser": ["Command"],
    "Foundation": [
        "Outbound", "SQLiteStore", "Scenario", "Harness", "Serve", "Control", "Command", "bench", "OAuthCore",
        "fuzz",
    ],
]

struct TidyTests {
    @Test func noFileSaysWhatIsBanned() {
        for file in Repository.sources {
            for (number, line) in file.code {
                for ban in bans where !ban.except.contains(file.module) && says(line, ban.text) {
                    Issue.record("\(file.path):\(number): \(ban.text) is banned here; say \(ban.instead)")
                }
            }
        }
    }

    /// A word is not said by a longer one: `Sprint(` does not print.
    private func says(_ line: String, _ text: String) -> Bool {
        var rest = line[...]
        while let hit = rest.range(of: text) {
            let before = hit.lowerBound > line.startIndex ? line[line.index(before: hit.lowerBound)] : " "
            let isWord = text.first.map { $0.isLetter || $0.isNumber } ?? false
            let isWhole = !isWord || !(before.isLetter || before.isNumber || before == "_")
            if isWhole, !isQuoted(line, hit.lowerBound) { return true }
            rest = rest[hit.upperBound...]
        }
        return false
    }

    private func isQuoted(_ line: String, _ place: String.Index) -> Bool {
        line[..<place].count { $0 == "\"" } % 2 == 1
    }

    @Test func everyImportIsInTheTable() {
        let modules = everywhere.union(Repository.sources.map(\.module))
        for file in Repository.sources {
            for (number, line) in file.code where line.hasPrefix("import ") || line.hasPrefix("package import ") {
                // Those of this package are Package.swift's own business.
                guard let name = line.split(separator: " ").last.map(String.init), !modules.contains(name) else {
                    continue
                }
                if imports[name]?.contains(file.module) != true {
                    Issue.record("\(file.path):\(number): \(file.module) may not import \(name)")
                }
            }
        }
    }

    /// Foundation would bring its clock, its coders and its random keys into the rules.
    @Test func onlyTheKeysOfOAuthCoreUseFoundation() {
        for file in Repository.sources where file.module == "OAuthCore" {
            let usesFoundation = file.lines.contains { $0.hasSuffix("import Foundation") }
            if usesFoundation, !file.path.hasSuffix("Keys.swift") {
                Issue.record("\(file.path): may not import Foundation")
            }
        }
    }

    @Test func onlySignaturesOfAWSCoreUseCrypto() {
        for file in Repository.sources where file.module == "AWSCore" {
            if file.lines.contains("import Crypto"), !file.path.hasSuffix("/SigV4.swift") {
                Issue.record("\(file.path): may not import Crypto")
            }
        }
    }

    @Test func jsonHasAFixedOrder() {
        for file in Repository.sources {
            let text = file.lines.joined(separator: "\n")
            if text.contains("JSONEncoder()"), !text.contains(".sortedKeys") {
                Issue.record("\(file.path): a JSONEncoder without .sortedKeys writes another order in each process")
            }
        }
    }

    @Test func filesFunctionsAndLinesStayReadable() {
        for file in Repository.sources + Repository.tests {
            if file.lines.count > 401 { Issue.record("\(file.path): \(file.lines.count) lines; 400 at most") }
            for (number, line) in file.lines.enumerated() where line.count > 120 {
                Issue.record("\(file.path):\(number + 1): \(line.count) columns; 120 at most")
            }
            for (start, length) in functions(of: file) where length > 70 {
                Issue.record("\(file.path):\(start): a function of \(length) lines; 70 at most")
            }
        }
    }

    private func begins(_ line: String) -> Bool {
        let words = line.trimmed.split { $0 == " " || $0 == "(" || $0 == "?" || $0 == "<" }
        let modifiers: Set<Substring> = ["package", "private", "fileprivate", "mutating", "convenience"]
        return line.contains("func ") || words.first { !modifiers.contains($0) } == "init"
    }

    /// swift-format puts a function's closing brace under its first word, so no parser is needed.
    private func functions(of file: Repository.File) -> [(start: Int, length: Int)] {
        var result: [(Int, Int)] = []
        for (start, line) in file.lines.enumerated() where begins(line) && !line.trimmed.hasPrefix("//") {
            let indent = line.prefix { $0 == " " }
            guard let end = file.lines[start...].firstIndex(where: { $0 == "\(indent)}" }) else { continue }
            result.append((start + 1, end - start + 1))
        }
        return result
    }

    @Test func theTopLevelHasItsEntriesAndNoOthers() throws {
        let allowed: Set = [
            "Package.swift", "Sources", "Tests", "scenarios", "mocks", "Makefile", "README.md", "LICENSE",
        ]
        let entries = try FileManager.default.contentsOfDirectory(atPath: Repository.root.path)
        let strays = entries.filter { !$0.hasPrefix(".") && !allowed.contains($0) && $0 != "Package.resolved" }
        #expect(strays.isEmpty, "top-level entries that do not belong: \(strays.sorted())")
    }

    @Test func everyModuleSaysWhatItIsForInItsFirstComment() {
        for module in Set(Repository.sources.map(\.module)).sorted() {
            let files = Repository.sources.filter { $0.module == module }
            let says = files.contains { file in
                file.lines.prefix(8).contains { $0.hasPrefix("// ") && $0.count > 40 }
            }
            if !says { Issue.record("Sources/\(module): no file begins with a sentence of purpose (// …)") }
        }
    }
}
