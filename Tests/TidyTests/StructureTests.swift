import Foundation
import Testing

/// What the README and the documentation say of modules and packages, held against `Package.swift`,
/// what a build took and the packages themselves.
struct StructureTests {
    /// Modules by name, with the modules that each may import.
    private static let modules: [String: Set<String>] = {
        let text = Repository.text("Package.swift")
        let pattern =
            #/
            (?:module\(\s*|executableTarget\(\s*name:\ )"(?<name>\w+)"
            (?:,\s*(?:uses|dependencies):\ \[(?<uses>[^\]]*))?
            /#
        var modules: [String: Set<String>] = [:]
        for match in text.matches(of: pattern) {
            let uses = (match.uses ?? "").split(separator: ",").map {
                $0.trimmingCharacters(in: .whitespacesAndNewlines)
            }
            modules[String(match.name)] = Set(
                uses.filter { $0.hasPrefix("\"") && $0.hasSuffix("\"") }.map { String($0.dropFirst().dropLast()) })
        }
        return modules
    }()

    /// Layer of each module, as the table in the README's section Structure has it.
    private static let layers: [String: Int] = {
        var layers: [String: Int] = [:]
        for row in rows(of: "README.md", below: "| layer | modules |") {
            guard let layer = Int(row[0]) else { continue }
            for match in row[1].matches(of: #/`(\w+)`/#) { layers[String(match.1)] = layer }
        }
        return layers
    }()

    @Test func theReadmeHasEveryModuleInItsLayer() {
        #expect(Self.modules.count > 20)
        let missing = Set(Self.modules.keys).symmetricDifference(Self.layers.keys)
        #expect(missing.isEmpty, "in Package.swift or in the README alone: \(missing.sorted())")
        for (name, uses) in Self.modules {
            for other in uses where Self.modules[other] != nil {
                guard let own = Self.layers[name], let below = Self.layers[other] else { continue }
                #expect(below <= own, "\(name) in layer \(own) uses \(other) in layer \(below)")
            }
        }
    }

    /// A party talks to the others by HTTP alone.
    @Test func noPartyKnowsAnother() {
        let parties = Set(Self.layers.filter { $0.value == 3 }.keys).subtracting(["Scenario", "Deploy", "Outbound"])
        #expect(parties.count >= 9)
        for party in parties {
            let others = (Self.modules[party] ?? []).intersection(parties)
            #expect(others.isEmpty, "\(party) uses \(others.sorted())")
        }
    }

    @Test func theListOfDependenciesIsThatOfTheLockFile() throws {
        struct Resolved: Decodable {
            struct Pin: Decodable {
                struct State: Decodable { let version: String? }
                let identity: String
                let state: State
            }
            let pins: [Pin]
        }
        let resolved = try JSONDecoder().decode(Resolved.self, from: Data(Repository.text("Package.resolved").utf8))
        let taken = Dictionary(uniqueKeysWithValues: resolved.pins.map { ($0.identity, $0.state.version ?? "") })
        let page = ".docs/dependencies.md"
        let direct = Self.rows(of: page, below: "| package | version | licence | for |")
        let listed = direct + Self.rows(of: page, below: "| package | version | licence | brought by |")
        // Somebody else's release must not break a build of today's sources; it may bring more packages along.
        if listed.allSatisfy({ taken[$0[0]] == $0[1] }) { #expect(listed.count == taken.count) }
        let manifest = Repository.text("Package.swift").lowercased()
        for row in listed {
            let order = taken[row[0]]?.compare(row[1], options: .numeric)
            #expect(order == .orderedSame || order == .orderedDescending, "\(row[0]) is \(taken[row[0]] ?? "gone")")
            let isDirect = direct.contains { $0[0] == row[0] }
            #expect(manifest.contains("/\(row[0])\"") == isDirect, "\(row[0]) stands in the wrong table")
            if let licence = Self.licence(of: row[0]) { #expect(row[2] == licence, "\(row[0])") }
        }
    }

    /// A data file that nothing names is dead. The folders of the ledger and of lessons are read whole.
    @Test func everyMockIsNamed() {
        let labs = Repository.files("mocks/labs", ".yaml")
        let folders = ["scenarios", "Tests"].flatMap { Repository.files($0, ".yaml") }
        let texts = folders + labs + Repository.sources + Repository.tests + Repository.files(".docs", ".md")
        let words = texts.flatMap(\.lines).joined(separator: "\n") + Repository.text("README.md")
        let mocks = [".yaml", ".json"].flatMap { Repository.files("mocks", $0) }.map { String($0.path.dropFirst(6)) }
        #expect(mocks.count > 30)
        for mock in mocks where !["ready/", "ledger/", "lessons/"].contains(where: mock.hasPrefix) {
            guard mock.hasPrefix("labs/") else {
                let isNamed = words.contains(mock)
                #expect(isNamed, "nothing names mocks/\(mock)")
                continue
            }
            let lab = String(mock.dropFirst(5).dropLast(5))
            let isNamed = ["`\(lab)`", "lab: \(lab)", "--lab \(lab)", "use: \(lab)"].contains { words.contains($0) }
            #expect(isNamed, "no scenario, lab or page uses mocks/\(mock)")
        }
    }

    /// What the licence file of a package says; nil where the packages are kept elsewhere.
    private static func licence(of identity: String) -> String? {
        let base = Repository.root.appending(path: ".build/checkouts")
        let folders = (try? FileManager.default.contentsOfDirectory(atPath: base.path)) ?? []
        guard let folder = folders.first(where: { $0.lowercased() == identity }) else { return nil }
        let files = (try? FileManager.default.contentsOfDirectory(atPath: base.appending(path: folder).path)) ?? []
        guard let name = files.first(where: { $0.uppercased().hasPrefix("LICEN") }),
            let text = try? String(contentsOf: base.appending(path: "\(folder)/\(name)"), encoding: .utf8)
        else { return "no licence file" }
        if text.contains("Apache License") {
            return text.contains("Runtime Library Exception") ? "Apache-2.0 WITH Swift-exception" : "Apache-2.0"
        }
        return text.contains("Permission is hereby granted, free of charge") ? "MIT" : "another licence"
    }

    /// Cells of the table below a head.
    private static func rows(of file: String, below head: String) -> [[String]] {
        let lines = Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false)
        guard let start = lines.firstIndex(where: { $0 == head }) else { return [] }
        return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
            line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
        }
    }
}
