import Foundation
import TestSupport

/// The files of this checkout, as the tidy test reads them: as text, without a parser.
enum Repository {
    static let root = URL(fileURLWithPath: Checkout.root)

    struct File: CustomStringConvertible {
        /// Relative to the root: `Sources/Kernel/World.swift`.
        let path: String
        let lines: [String]
        var description: String { path }
        /// `Kernel` of `Sources/Kernel/World.swift`.
        var module: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
        /// Lines with their numbers, comments left out.
        var code: [(number: Int, text: String)] {
            lines.enumerated().map { ($0.offset + 1, $0.element) }.filter { !$0.1.trimmed.hasPrefix("//") }
        }
    }

    /// Files below `folder` whose names end in `suffix`, in order of their paths.
    static func files(_ folder: String, _ suffix: String) -> [File] {
        let base = root.appendingPathComponent(folder)
        let walk = FileManager.default.enumerator(atPath: base.path)
        let names = (walk?.compactMap { $0 as? String } ?? []).filter { name in
            name.hasSuffix(suffix) && !name.split(separator: "/").contains { $0.hasPrefix(".") }
        }
        return names.sorted().compactMap { name in
            guard let text = try? String(contentsOf: base.appendingPathComponent(name), encoding: .utf8) else {
                return nil
            }
            return File(path: "\(folder)/\(name)", lines: text.components(separatedBy: "\n"))
        }
    }

    /// A file by its path; empty if it is missing.
    static func text(_ path: String) -> String {
        (try? String(contentsOf: root.appending(path: path), encoding: .utf8)) ?? ""
    }

    static let sources = files("Sources", ".swift")
    static let tests = files("Tests", ".swift")
}

extension String {
    var trimmed: String { trimmingCharacters(in: .whitespaces) }
}
