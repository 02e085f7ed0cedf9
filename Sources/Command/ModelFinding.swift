import AWSCore
import Foundation
import Kernel

/// The service models of a botocore on this machine, beside the contract of this program.
struct ModelFinding {
    /// Holds `bedrock-agentcore-control/<version>/service-2.json`, packed or not.
    private let folder: String
    private let name: String
    private static let services: [(Contract.Service, String)] = [
        (.control, "bedrock-agentcore-control"), (.data, "bedrock-agentcore"),
    ]

    /// - Parameter folder: botocore's `data`, or botocore itself; nil for that of the first `python3` on PATH.
    /// - Throws: `CommandFailure` when there is none to read.
    init(folder: String?) throws {
        if let folder {
            let inner = folder + "/data"
            self.folder = FileManager.default.fileExists(atPath: inner) ? inner : folder
            name = self.folder
        } else {
            let script = "import botocore; print(botocore.__version__); print(botocore.__file__)"
            let answer = try? ProgramOutput.bytes(of: "python3", ["-c", script])
            let lines = (answer ?? []).split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) }
            guard lines.count == 2 else {
                throw CommandFailure(
                    .stuck, "the first python3 on PATH has no botocore: name a folder with --model-dir DIR")
            }
            self.folder = URL(fileURLWithPath: lines[1]).deletingLastPathComponent().path + "/data"
            name = "botocore \(lines[0])"
        }
    }

    /// What is to be printed, the sum last, and how many differences that were.
    func report(contract path: String) throws -> (lines: [String], count: Int) {
        guard let data = FileManager.default.contents(atPath: path), let contract = try? JSONValue(parsing: Array(data))
        else { throw CommandFailure(.stuck, "\(path) cannot be read") }
        let models = try Self.services.map { service, name in
            ModelDrift.Model(service, json: try model(name))
        }
        let lines = ModelDrift.lines(contract: contract, models: models)
        let ours = contract["botocore"]?.string ?? ""
        return (lines + ["\(name), contract of \(ours): \(lines.count) differences"], lines.count)
    }

    /// The newest version of a service's model.
    private func model(_ service: String) throws -> JSONValue {
        let base = "\(folder)/\(service)"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []).sorted().reversed()
        for version in versions {
            let path = "\(base)/\(version)/service-2.json"
            var bytes = FileManager.default.contents(atPath: path).map { Array($0) }
            if bytes == nil, FileManager.default.fileExists(atPath: path + ".gz") {
                bytes = try? ProgramOutput.bytes(of: "gzip", ["-dc", path + ".gz"])
            }
            if let bytes, let json = try? JSONValue(parsing: bytes) { return json }
        }
        throw CommandFailure(.stuck, "there is no model of \(service) in \(folder)")
    }
}
