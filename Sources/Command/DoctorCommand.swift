import ArgumentParser
import Foundation
import Harness
import Kernel
import SQLiteStore
import Serve

/// Looks at what a lab needs of this machine, and says what to do about what is missing.
struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Diagnose this machine and a lab: ports, clock, SQLite, Python, what it reaches.",
        discussion: """
            Exit code 0 when a lab can be served, 3 when something stands in its way. With --model it compares the AWS \
            contract with the service models of an installed botocore instead: exit code 5 where they differ, 3 where \
            there is none to read.
            """)

    @OptionGroup var root: RootOption

    @Option(help: ArgumentHelp("Lab to look at: a file in mocks/labs.", valueName: "name"))
    var lab = "default"

    @Option(help: ArgumentHelp("First of the seven ports.", valueName: "n"))
    var portBase = 4580

    @Flag(help: "Compare the AWS contract with the botocore of the first python3 on PATH.")
    var model = false

    @Option(
        help: ArgumentHelp("Compare it with the models in this folder: botocore's own, or its data.", valueName: "dir"))
    var modelDir: String?

    /// What was found of one thing.
    struct Finding {
        enum Verdict: String {
            case good = "ok  "
            /// Not needed to serve a lab.
            case remark = "note"
            case bad = "FAIL"
        }
        let verdict: Verdict
        let about: String
        let text: String
    }

    func validate() throws {
        guard (0...65_529).contains(portBase) else { throw ValidationError("--port-base must be 0 to 65529.") }
    }

    func run() async throws {
        guard !model, modelDir == nil else { return try compareModels() }
        var findings = [
            Finding(verdict: .good, about: "program", text: "\(Version.current), \(CommandLine.arguments[0])")
        ]
        let folder = try? root.folder()
        let definition = folder.map { folder in Result { try LabLoading.definition(lab, root: folder) } }
        findings.append(labFinding(folder, definition))
        findings.append(ports)
        findings.append(clock)
        findings.append(sqlite)
        findings.append(python)
        findings += ((try? definition?.get())?.outsideOrigins ?? []).map(Self.reach)
        for finding in findings {
            let name = finding.about.padding(toLength: 8, withPad: " ", startingAt: 0)
            Terminal.write("\(finding.verdict.rawValue)  \(name)  \(finding.text)")
        }
        let bad = findings.count { $0.verdict == .bad }
        Terminal.write(bad == 0 ? "A lab can be served here." : "\(bad) of \(findings.count) stand in the way.")
        try leave(bad == 0 ? .held : .stuck)
    }

    private func compareModels() throws {
        let finding = try ModelFinding(folder: modelDir)
        let report = try finding.report(contract: try root.folder() + "/mocks/contract/contract.json")
        for line in report.lines { Terminal.write(line) }
        try leave(report.count == 0 ? .held : .stale)
    }

    private func labFinding(_ folder: String?, _ definition: Result<LabDefinition, any Error>?) -> Finding {
        guard let folder, let definition else {
            return Finding(
                verdict: .bad, about: "lab", text: "there is no mocks/ here: name its folder with --root DIR")
        }
        if case .failure(let error) = definition {
            return Finding(verdict: .bad, about: "lab", text: "\(error)")
        }
        return Finding(verdict: .good, about: "lab", text: "\(lab) of \(folder)")
    }

    private var ports: Finding {
        guard portBase > 0 else { return Finding(verdict: .good, about: "ports", text: "free ones will be taken") }
        let range = "\(portBase) to \(portBase + 6)"
        let taken = (portBase..<portBase + 7).compactMap { port in
            Diagnosis.obstacle(port: port).map { (port, $0) }
        }
        guard !taken.isEmpty else {
            return Finding(verdict: .good, about: "ports", text: "\(range) are free")
        }
        if Probe.status(of: "/_local/ready", port: portBase + 6) == 200 {
            return Finding(
                verdict: .bad, about: "ports",
                text: "a lab is being served on \(range) already: use it, or choose others with --port-base N")
        }
        let told = taken.map { "\($0.0) is \($0.1)" }.joined(separator: ", ")
        return Finding(
            verdict: .bad, about: "ports",
            text: "\(told): choose others with --port-base N, or free ones with --port-base 0")
    }

    /// Tokens carry times; a machine that is years off makes what its own clients refuse.
    private var clock: Finding {
        let now = Host.now
        // 2026-01-01T00:00:00Z.
        let isSane = now > Instant(milliseconds: 1_767_225_600_000)
        return Finding(
            verdict: isSane ? .good : .bad, about: "clock",
            text: isSane ? now.iso8601 : "\(now.iso8601) is before this program was made: set the machine's time")
    }

    private var sqlite: Finding {
        do {
            let folder = try PrivateFolder.make("doctor")
            defer { PrivateFolder.remove(folder) }
            _ = try SQLiteArchive(path: "\(folder)/doctor.sqlite")
            return Finding(verdict: .good, about: "SQLite", text: "keeps a file in \(NSTemporaryDirectory())")
        } catch {
            return Finding(verdict: .bad, about: "SQLite", text: "\(error): --data will not work")
        }
    }

    /// Only clients and interceptors written in Python need one.
    private var python: Finding {
        let script = """
            import sys
            def version(name):
                try: return name + ' ' + __import__(name).__version__
                except Exception: return 'no ' + name
            print('Python ' + sys.version.split()[0] + ', ' + ', '.join(map(version, ('boto3', 'botocore'))))
            """
        guard let bytes = try? ProgramOutput.bytes(of: "python3", ["-c", script]) else {
            return Finding(verdict: .remark, about: "Python", text: "there is no python3 on PATH")
        }
        return Finding(verdict: .good, about: "Python", text: trimmed(String(decoding: bytes, as: UTF8.self)))
    }

    private static func reach(_ origin: String) -> Finding {
        guard let parts = URLParts(origin), Diagnosis.reaches(parts) else {
            return Finding(
                verdict: .bad, about: "reach", text: "nobody answers at \(origin), which the lab calls: start it first")
        }
        return Finding(verdict: .good, about: "reach", text: origin)
    }
}
