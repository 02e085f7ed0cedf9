import Foundation
import Kernel
import NIOCore

/// Why nothing is served, in words that say what to do.
package struct ServeFailure: Error, CustomStringConvertible {
    package let description: String

    /// - Parameter reason: whole and in plain words.
    init(_ reason: String) { description = reason }

    init(_ error: IOError, party: Party, port: Int, address: String) {
        switch error.errnoCode {
        case EADDRINUSE:
            description = """
                port \(port) of \(address), wanted for \(party), is in use by \
                \(PortHolder.describe(port: port) ?? "another program"): \
                choose others with --port-base N, or free ones with --port-base 0
                """
        case EACCES:
            description =
                "port \(port), wanted for \(party), is not for ordinary users: choose others with --port-base N"
        case EADDRNOTAVAIL:
            description = "\(address) is no address of this machine: check --bind"
        default:
            description = "port \(port) of \(address), wanted for \(party), cannot be opened: \(error)"
        }
    }
}
