import AWSCore
import AuthorizationServer
import Foundation
package import Kernel
import OAuthCore
package import Scenario

/// Scenario files on disk.
package enum Library {
    /// What is looked at besides the files themselves.
    package struct Look: OptionSet, Sendable {
        package let rawValue: Int
        package init(rawValue: Int) { self.rawValue = rawValue }

        /// Whether the ids under `spec:` are rows of the ledger.
        package static let ledger = Look(rawValue: 1)
        /// Whether the ledger itself has no mistake.
        package static let wholeLedger = Look(rawValue: 2)
        /// Whether golden traces are there.
        package static let goldenTraces = Look(rawValue: 4)
        /// Whether templates can be deployed.
        package static let templates = Look(rawValue: 8)
        /// Whether fragments that no scenario begins with can be read.
        package static let fragments = Look(rawValue: 16)

        /// What a run can know before it begins; the rest shows in it, and would take longer than many a run.
        package static let running: Look = [.ledger, .goldenTraces]
        package static let checking: Look = [.running, .wholeLedger, .templates, .fragments]
    }

    /// Reads files and folders, in the order of their paths, and every mistake in any of them.
    /// `paths` are files or folders, relative to the current folder or to `root`; a folder is read to its depths,
    /// without `given` and without the fragments that stand beside scenarios. `root` holds `mocks/` and `scenarios/`;
    /// `variables` are the names that `--var` sets. A scenario with a matrix is one file for each of its cells.
    package static func load(
        paths: [String], root: String, variables: [String] = [], looking look: Look = []
    ) -> ([ScenarioFile], [Diagnostic]) {
        var (sources, fragments): ([Source], [Source]) = ([], [])
        var names: Set<String> = []
        var missing: [Diagnostic] = []
        for path in paths {
            let place = place(of: path, root: root)
            let (found, strays) = scenarioPaths(place)
            for stray in strays { missing.append(mistake(in: shown(stray.path, root: root), stray.message)) }
            if found.isEmpty, strays.isEmpty { missing.append(mistake(in: path, "there is no scenario")) }
            for file in found {
                let name = shown(file, root: root)
                guard names.insert(name).inserted else { continue }
                if let source = source(file, shown: name) {
                    if !source.isFragment {
                        sources.append(source)
                    } else if look.contains(.fragments) {
                        fragments.append(source)
                    } else if file == place {
                        missing.append(
                            Diagnostic(
                                Place(source, line: 1, column: 1), "this is a fragment, which scenarios begin with",
                                hint: "run a scenario that names it under given, or includes it"))
                    }
                } else {
                    let isOpen = access(file, R_OK) == 0
                    missing.append(
                        mistake(in: name, isOpen ? "the file is no UTF-8 text" : "the file may not be read"))
                }
            }
        }
        let folders = paths.map { folder(of: place(of: $0, root: root)) }
        let (files, diagnostics) = load(
            sources: sources, fragments: fragments, root: root, folders: folders, variables: variables,
            looking: look)
        return (files, missing + diagnostics)
    }

    /// A path as it is, or below the root if there is none such in the current folder.
    package static func place(of path: String, root: String) -> String {
        guard !FileManager.default.fileExists(atPath: path), !path.hasPrefix("/") else { return path }
        return FileManager.default.fileExists(atPath: "\(root)/\(path)") ? "\(root)/\(path)" : path
    }

    /// Where the file is that reports show under a name: below the root, or else where one stands.
    static func file(named name: String, root: String) -> String {
        let below = "\(root)/\(name)"
        return !name.hasPrefix("/") && FileManager.default.fileExists(atPath: below) ? below : name
    }

    /// A folder itself, or the one that a file is in.
    private static func folder(of path: String) -> String {
        var isFolder: ObjCBool = false
        guard !FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) || !isFolder.boolValue else {
            return path
        }
        return URL(fileURLWithPath: path).deletingLastPathComponent().path
    }

    /// A path as reports show it: from the root, so that it is the same on every machine; as it is if it lies outside.
    private static func shown(_ path: String, root: String) -> String {
        // `standardized` alone would drop the dots that a relative path begins with.
        let (file, base) = (
            URL(fileURLWithPath: path).standardizedFileURL.path, URL(fileURLWithPath: root).standardizedFileURL.path
        )
        let folder = base.hasSuffix("/") ? base : "\(base)/"
        return file.hasPrefix(folder) ? String(file.dropFirst(folder.count)) : path
    }

    /// The same for texts that are at hand. Fragments are taken from below `root` and below `folders`; `fragments` are
    /// read whether a scenario uses them or not.
    package static func load(
        sources: [Source], fragments: [Source] = [], root: String, folders: [String] = [], variables: [String] = [],
        looking look: Look = []
    ) -> ([ScenarioFile], [Diagnostic]) {
        var diagnostics: [Diagnostic] = []
        var vocabulary = LabVocabulary.standard(root: root, &diagnostics)
        vocabulary.variables += variables
        vocabulary.surroundings = surroundings(root: root, look)
        if look.contains(.ledger) {
            let rows = LedgerRows(root: root)
            vocabulary.otherRows = { rows.others(than: $0) }
            if look.contains(.wholeLedger) { diagnostics += rows.mistakes }
        }
        let shelf = shelf(root: root, folders: folders)
        let reader = ScenarioReader(vocabulary, shelf: shelf)
        var files: [ScenarioFile] = []
        var known = Set(diagnostics)
        for source in sources {
            let (file, mistakes) = reader.read(source)
            if let file {
                let cells = file.expanded
                let found = file.mistakesOfRuns(cells)
                if found.isEmpty { files += cells } else { diagnostics += found }
            }
            // A fragment's mistake is found by every scenario that uses it, and told once.
            for mistake in mistakes where known.insert(mistake).inserted { diagnostics.append(mistake) }
        }
        for mistake in fragments.flatMap({ shelf.mistakes(in: $0, vocabulary) }) where known.insert(mistake).inserted {
            diagnostics.append(mistake)
        }
        return (files, diagnostics)
    }

    /// The fragments below a root: those of `scenarios/given` by their names, any other by its path beside a file.
    /// Nothing is read that is neither below the root nor below `folders`, wherever a path or a link may lead.
    package static func shelf(root: String, folders: [String] = []) -> FragmentShelf {
        let folder = "scenarios/given"
        let given = Enclosure("\(root)/\(folder)")
        let open = ([root] + folders).map { Enclosure($0) }
        return FragmentShelf(names: fragmentNames(in: "\(root)/\(folder)")) { name, from in
            guard isYAML(name) || name.utf8.contains(UInt8(ascii: "/")) else {
                guard !name.utf8.contains(UInt8(ascii: ".")) else { return nil }
                return given.existing("\(root)/\(folder)/\(name).yaml").flatMap {
                    source($0, shown: "\(folder)/\(name).yaml")
                }
            }
            guard !name.hasPrefix("/") else { return nil }
            var way = from.split(separator: "/").dropLast().map(String.init)
            for part in name.split(separator: "/") {
                switch part {
                case ".": break
                case "..":
                    guard way.popLast() != nil else { return nil }
                default: way.append(String(part))
                }
            }
            let shown = (from.hasPrefix("/") ? "/" : "") + way.joined(separator: "/")
            let path = file(named: shown, root: root)
            return open.lazy.compactMap { $0.existing(path) }.first.flatMap { source($0, shown: shown) }
        }
    }

    /// The JSON Schema of the files below a root, with the names that its labs and fragments have.
    package static func schema(root: String) -> (JSONValue, [Diagnostic]) {
        var diagnostics: [Diagnostic] = []
        let vocabulary = LabVocabulary.standard(root: root, &diagnostics)
        let fragments = fragmentNames(in: "\(root)/scenarios/given")
        return (SchemaWriter(vocabulary, fragments: fragments).schema, diagnostics)
    }

    private static func mistake(in path: String, _ message: String) -> Diagnostic {
        Diagnostic(Place(Source(name: path, text: ""), line: 1, column: 1), message)
    }

    /// Definitions of the labs that scenarios use.
    package static func definitions(
        for files: [ScenarioFile], root: String
    ) throws(Diagnostic) -> [String: LabDefinition] {
        var definitions: [String: LabDefinition] = [:]
        for name in Set(files.map(\.lab.name)).sorted() {
            definitions[name] = try LabDefinition.load(named: name, root: root)
        }
        return definitions
    }

    private static func source(_ path: String, shown: String) -> Source? {
        guard let data = FileManager.default.contents(atPath: path),
            let text = String(validating: data, as: UTF8.self)
        else { return nil }
        return Source(name: shown, text: text)
    }

    private static func fragmentNames(in folder: String) -> [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        return names.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// Whether a name is that of a YAML file: both endings are in use.
    private static func isYAML(_ name: String) -> Bool {
        let name = name.lowercased()
        return name.hasSuffix(".yaml") || name.hasSuffix(".yml")
    }

    /// Whether a file may be a scenario, by its name: a CloudFormation template may stand beside the scenario that
    /// deploys it.
    package static func isScenarioName(_ name: String) -> Bool {
        isYAML(name) && ![".template.yaml", ".template.yml"].contains { name.lowercased().hasSuffix($0) }
    }

    /// The scenarios that a path means, and what in a folder has the name of one and cannot be read, with the reason.
    private static func scenarioPaths(_ path: String) -> (files: [String], strays: [(path: String, message: String)]) {
        var isFolder: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else { return ([], []) }
        guard isFolder.boolValue else { return ([path], []) }
        let base = path.hasSuffix("/") ? String(path.dropLast()) : path
        // Of a link to a folder nothing would be listed.
        let real = URL(fileURLWithPath: base).resolvingSymlinksInPath().path
        let below = FileManager.default.enumerator(atPath: real)?.compactMap { $0 as? String } ?? []
        let folder = Enclosure(base)
        let paths = below.filter { name in
            isScenarioName(name)
                && !name.split(separator: "/").dropLast().contains("given")
        }.sorted().map { "\(base)/\($0)" }
        // An editor's lock is a hidden link that leads nowhere.
        let strays = paths.filter { path in
            folder.existing(path) == nil && path.split(separator: "/").last?.hasPrefix(".") != true
        }
        return (paths.filter { folder.existing($0) != nil }, strays.map { ($0, reason(ofStray: $0)) })
    }

    private static func reason(ofStray path: String) -> String {
        if FileManager.default.fileExists(atPath: path) {
            return "this link leads out of the folder: name the file itself"
        }
        // What stands for bytes that are no text.
        return path.contains("\u{FFFD}")
            ? "the name of this file is no UTF-8 text: no report could show it, so give it another"
            : "this link leads nowhere"
    }
}

/// The words a scenario may use: the harness's steps and checks, the parties' rules and unknowns, the lab's names.
package enum LabVocabulary {
    package static let steps: [any Step.Type] = [
        AWSStep.self, MCPStep.self, BrowserStep.self, SignInStep.self, AppStep.self, HTTPStep.self, ClockStep.self,
        WaitStep.self, FaultStep.self, SetStep.self, ApplicationStep.self, JWTStep.self, ForgeStep.self, SQLStep.self,
        IncludeStep.self, ForEachStep.self, ConcurrentlyStep.self, ForkStep.self, SnapshotStep.self,
        RestoreStep.self, DeployStep.self, VendorStep.self,
    ]
    package static let checks: [any Check.Type] = [
        TransitionsCheck.self, OrderCheck.self, NeverCheck.self, ExchangesCheck.self, TokensCheck.self,
        GoldenCheck.self,
    ]

    /// With the names of the default lab: users and operations are the same in all.
    static func standard(root: String, _ diagnostics: inout [Diagnostic]) -> Vocabulary {
        var vocabulary = bare
        let labs = (try? FileManager.default.contentsOfDirectory(atPath: "\(root)/mocks/labs")) ?? []
        vocabulary.labs = labs.filter { $0.hasSuffix(".yaml") }.map { String($0.dropLast(5)) }.sorted()
        do throws(Diagnostic) {
            let definition = try LabDefinition.load(named: "default", root: root)
            vocabulary.users = definition.directory.users.map(\.name)
            vocabulary.userAliases = Set(
                definition.directory.users.flatMap { [$0.subject, $0.login, $0.email, String($0.numericID)] })
            let contract = definition.contract
            vocabulary.operations = contract.operations.map(\.name)
            vocabulary.membersOfOperation = { contract.members(of: $0, at: $1) }
            vocabulary.vendors = Set(definition.vendors.names).sorted()
            vocabulary.vendorPaths = definition.vendor.paths
            vocabulary.mistakeInVendor = { definition.vendors.mistake(in: $0, $1) }
            vocabulary.mistakeInVendorFile = { MockFiles(root: root).mistake(inVendor: $0) }
        } catch {
            diagnostics.append(error)
        }
        return vocabulary
    }

    /// What is known without reading any file.
    package static var bare: Vocabulary {
        var vocabulary = Vocabulary()
        vocabulary.steps = steps
        vocabulary.checks = checks
        vocabulary.rules = SwitchCatalogue.all.rules.map(\.name)
        for unknown in SwitchCatalogue.all.unknowns {
            vocabulary.unknowns[unknown.name] = unknown.others.isEmpty ? [] : [unknown.standard] + unknown.others
        }
        vocabulary.parties = PartyName.all
        vocabulary.variables = ScenarioRun.standardVariables
        vocabulary.reserved = ScenarioRun.standardVariables + ["env"]
        vocabulary.membersOfVariable = ["lab": ScenarioRun.placeNames]
        return vocabulary
    }
}
