/// What a URL's host is, in every way of writing one.
package enum HostName {
    /// Whether it is an address and no name: the last label of a name is never a number.
    package static func isAddress(_ host: String) -> Bool {
        if host.hasPrefix("[") { return true }
        let last = host.pieces(by: ".").last ?? ""
        return last.utf8.first.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } == true
    }

    /// Loopback, private, link-local and special addresses (RFC 6890), and names that no public server has.
    package static func isInside(_ host: String) -> Bool {
        if host.hasPrefix("[") || host.hasSuffix(".") { return true }
        let labels = host.pieces(by: ".", keepingEmpty: true)
        let last = labels.last.map { String($0) } ?? ""
        if ["localhost", "internal", "local", "localdomain"].contains(last) || labels.count < 2 { return true }
        guard isAddress(host) else { return false }
        let numbers = labels.compactMap { UInt8($0) }
        guard numbers.count == 4, labels.count == 4, !labels.contains(where: { $0.count > 1 && $0.hasPrefix("0") })
        else { return true }
        switch (numbers[0], numbers[1]) {
        case (0, _), (10, _), (127, _), (169, 254), (172, 16...31), (192, 168), (192, 0), (100, 64...127),
            (198, 18...19), (224..., _):
            return true
        default: return false
        }
    }
}
