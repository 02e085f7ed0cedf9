import Foundation
import Kernel
import NIOCore

/// Why nothing is served, in words that say what to do.
package struct ServeFailure: Error, CustomStringConvertible {
    package let description: String

    /// - Parameter reason: whole and in plain words.
    init(_ reason: String) { description = reason }

    /// One line for all ports that cannot be had for the same reason.
    init(_ obstacles: [Obstacle], address: String) {
        var lines: [(reason: Obstacle.Reason, ports: [Obstacle])] = []
        for obstacle in obstacles {
            if let place = lines.firstIndex(where: { $0.reason == obstacle.reason }) {
                lines[place].ports.append(obstacle)
            } else {
                lines.append((obstacle.reason, [obstacle]))
            }
        }
        description = lines.map { Self.line($0.reason, $0.ports, address) }.joined(separator: "\n")
    }

    private static func line(_ reason: Obstacle.Reason, _ ports: [Obstacle], _ address: String) -> String {
        let one = ports.count == 1 ? ports.first : nil
        let these =
            one.map { "port \($0.port) of \(address), wanted for \($0.party), is" }
            ?? "ports \(ports.map { "\($0.port) (\($0.party))" }.joined(separator: ", ")) of \(address) are"
        return switch reason {
        case .inUse(let holder):
            "\(these) in use by \(holder): choose others with --port-base N, or free ones with --port-base 0"
        case .forbidden: "\(these) not for ordinary users: choose others with --port-base N"
        case .noAddress: "\(address) is no address of this machine: check --bind"
        case .other(let error): "\(these) not to be opened: \(error)"
        }
    }

    /// Why one port cannot be had.
    struct Obstacle {
        enum Reason: Hashable {
            /// By this program.
            case inUse(String)
            case forbidden
            case noAddress
            case other(String)
        }
        let party: Party
        let port: Int
        let reason: Reason

        init(_ error: IOError, party: Party, port: Int) {
            self.party = party
            self.port = port
            reason =
                switch error.errnoCode {
                case EADDRINUSE: .inUse(PortHolder.describe(port: port) ?? "another program")
                case EACCES: .forbidden
                case EADDRNOTAVAIL: .noAddress
                default: .other("\(error)")
                }
        }
    }
}
