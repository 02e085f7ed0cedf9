import ArgumentParser
import Foundation
import Kernel
import Serve

/// Returns when a served lab is ready, for scripts that start one in the background.
struct WaitCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wait", abstract: "Wait until a served lab answers on every port.")

    @OptionGroup var place: LabPlace

    @Option(help: "How many seconds to wait.")
    var timeout = 30

    func validate() throws {
        guard (0...86_400).contains(timeout) else { throw ValidationError("--timeout must be 0 to 86400.") }
    }

    func run() throws {
        let deadline = Host.now + .seconds(Int64(timeout))
        var missing = "nothing answered"
        repeat {
            // The file may not be there yet: that is what we wait for.
            if let endpoints = try? place.endpoints() {
                guard let silent = Self.firstSilent(endpoints) else { return }
                missing = "\(silent) does not answer"
            } else if let file = place.endpointsFile {
                missing = "\(file) is not there"
            }
            usleep(Self.pause)
        } while Host.now < deadline
        throw CommandFailure(.stuck, "no lab after \(timeout) s: \(missing)")
    }

    private static let pause: UInt32 = 20_000

    private static func firstSilent(_ endpoints: JSONValue) -> String? {
        for party in Party.served {
            guard let origin = endpoints[party.rawValue]?.string, let parts = URLParts(origin),
                let port = parts.effectivePort
            else { return "\(party) has no origin; it" }
            if Probe.status(of: "/_local/ready", host: parts.host, port: port) != 200 { return origin }
        }
        return nil
    }
}
