import Foundation
package import Kernel

/// What `doctor` asks of this machine.
package enum Diagnosis {
    /// What keeps a port from being served; nil if nothing does.
    package static func obstacle(port: Int, address: String = "127.0.0.1") -> String? {
        let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard number >= 0 else { return "no socket can be opened" }
        defer { close(number) }
        var yes: Int32 = 1
        setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, socklen_t(MemoryLayout<Int32>.size))
        var place = sockaddr_in()
        place.sin_family = sa_family_t(AF_INET)
        place.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, address, &place.sin_addr)
        let failure = withUnsafePointer(to: &place) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                bind(number, address, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                    && listen(number, 1) == 0 ? 0 : errno
            }
        }
        guard failure != 0 else { return nil }
        if failure == EADDRINUSE { return "in use by \(PortHolder.describe(port: port) ?? "another program")" }
        return String(cString: strerror(failure))
    }

    /// Whether anybody takes a connection there.
    package static func reaches(_ origin: URLParts) -> Bool {
        guard let port = origin.effectivePort, let socket = Probe.connected(origin.host, port) else { return false }
        close(socket)
        return true
    }
}
