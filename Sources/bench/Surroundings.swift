import Foundation
import Serve

/// A project root of bench's own: the mocks of the project and a lab named `bench` among them.
struct Surroundings {
    let root: String

    /// The file of the lab `bench`, made of the file of another.
    init(beside root: String, lab name: String, _ change: (String) -> String) throws {
        self.root = try PrivateFolder.make("bench")
        let source = URL(fileURLWithPath: root).standardizedFileURL.path + "/mocks"
        try FileManager.default.copyItem(atPath: source, toPath: "\(self.root)/mocks")
        let lab = try String(contentsOfFile: "\(source)/labs/\(name).yaml", encoding: .utf8)
        try write(change(lab), to: "labs/bench.yaml")
    }

    /// The default lab with room for many targets.
    static func withRoom(beside root: String) throws -> Surroundings {
        try Surroundings(beside: root, lab: "default") { $0 + "\nquotas: {targetsPerGateway: 200000}\n" }
    }

    /// A file below `mocks`.
    func write(_ text: String, to path: String) throws {
        try text.write(toFile: "\(root)/mocks/\(path)", atomically: true, encoding: .utf8)
    }

    func end() { PrivateFolder.remove(root) }
}
