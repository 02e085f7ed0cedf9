import ArgumentParser
import Foundation

/// Where `scenarios/` and `mocks/` are.
struct RootOption: ParsableArguments {
    @Option(help: "Folder that holds mocks/ and scenarios/ (default: this one, else one above the program).")
    var root: String?

    /// The folder, as given or as found.
    ///
    /// - Throws: `CommandFailure` when there is none.
    func folder() throws -> String { try Self.folder(root) }

    /// The folder that is given; with nil this one, or else the nearest one above the program.
    ///
    /// - Throws: `CommandFailure` when there is none.
    static func folder(_ root: String?) throws -> String {
        guard let root else { return try found() }
        guard holdsMocks(root) else {
            throw CommandFailure(.usage, "--root \(root): there is no mocks/ in it")
        }
        return root
    }

    private static func found() throws -> String {
        if holdsMocks(".") { return "." }
        var folder = URL(fileURLWithPath: program).resolvingSymlinksInPath().deletingLastPathComponent()
        while folder.path != "/" {
            if holdsMocks(folder.path) { return folder.path }
            folder.deleteLastPathComponent()
        }
        throw CommandFailure(.usage, "there is no mocks/ in this folder: name the folder that has it with --root DIR")
    }

    /// The library below a folder that `folder()` gave.
    static func scenarios(in folder: String) -> String { folder == "." ? "scenarios" : "\(folder)/scenarios" }

    private static var program: String {
        let link = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
        return link ?? CommandLine.arguments[0]
    }

    private static func holdsMocks(_ folder: String) -> Bool {
        var isFolder: ObjCBool = false
        return FileManager.default.fileExists(atPath: "\(folder)/mocks/labs", isDirectory: &isFolder)
            && isFolder.boolValue
    }
}
