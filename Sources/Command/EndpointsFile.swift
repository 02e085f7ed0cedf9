import ArgumentParser
import Foundation
import Harness
import Kernel
import Serve

/// The file by which other programs learn where a served lab answers.
enum EndpointsFile {
    /// Before the lab begins there is none: an older one would tell of a lab that is gone. A pipe stays.
    ///
    /// - Throws: `OutputFile.Failure` where another file stands, or none can be written.
    static func makeRoom(at path: String) throws {
        try OutputFile.endpoints.expectPlace(at: path)
        delete(path)
    }

    private static func delete(_ path: String) {
        var facts = stat()
        guard stat(path, &facts) != 0 || facts.st_mode & S_IFMT == S_IFREG, OutputFile.openDescriptor(path) == nil
        else { return }
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Whoever finds the file may count on the lab: when the lab ends it goes, unless it is another's by now.
    static func remove(_ endpoints: JSONValue, at path: String) {
        guard OutputFile.openDescriptor(path) == nil, (try? read(path)) == endpoints else { return }
        delete(path)
    }

    /// The origins in a file that `serve` wrote.
    ///
    /// - Throws: `CommandFailure` when it is missing or none.
    static func read(_ path: String) throws -> JSONValue {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw CommandFailure(.stuck, "\(path): there is no such file; is the lab served with --endpoints-file?")
        }
        guard let value = try? JSONValue(parsing: Array(data)), value["aws"]?.string != nil else {
            throw CommandFailure(.unparsed, "\(path): this is no endpoints file of agentcore-local")
        }
        return value
    }
}

/// Which served lab a client command means.
struct LabPlace: ParsableArguments {
    @Option(help: "File that serve wrote when it was ready.")
    var endpointsFile: String?

    @Option(help: "First of the seven ports, when there is no endpoints file.")
    var portBase = 4580

    /// Origins, region and account, as an endpoints file has them.
    ///
    /// - Throws: `CommandFailure` when the file is missing or none.
    func endpoints() throws -> JSONValue {
        if let endpointsFile { return try EndpointsFile.read(endpointsFile) }
        let plan = PortPlan(base: portBase)
        let ports = Dictionary(uniqueKeysWithValues: Party.served.map { ($0, plan.port(of: $0)) })
        return plan.origins(ports: ports).endpoints(region: "us-east-1", account: Self.standardAccount)
    }

    /// The account of every caller whose access key id is not twelve digits.
    static let standardAccount = "000000000000"

    func validate() throws {
        guard (1...65_529).contains(portBase) else { throw ValidationError("--port-base must be 1 to 65529.") }
    }
}
