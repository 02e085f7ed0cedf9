import AWSCore
import AuthorizationServer
import InboundProvider
import Kernel

extension Lab {
    /// The paths of one of some parties, holes in braces, of those that have a table of them.
    func paths(of parties: [Party]) -> [String] {
        (parties.contains(.github) ? authorizationServer.paths : []) + (parties.contains(.idp) ? inbound.paths : [])
            + (parties.contains(.aws) ? contract.operations.map(\.uri) : [])
    }
}
