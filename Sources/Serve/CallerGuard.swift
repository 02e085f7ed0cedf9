package import HTTPTypes
package import Kernel

/// Who may call a served lab: programs on this machine, under a name that can only mean this machine.
///
/// A page on the internet can make a browser call 127.0.0.1. DNS rebinding shows in the `Host`, a cross-site call in
/// the `Origin`; both are checked on every port.
package struct CallerGuard: Sendable {
    /// Host names, without port, that are allowed besides the loopback ones.
    let names: Set<String>

    package init(names: Set<String>) { self.names = names }

    /// The answer for a caller who may not call a party; nil for one who may. A host that is `known` may be called.
    package func refusal(
        host authority: String?, headers: HTTPFields, to party: Party, knowing known: String? = nil
    ) -> Response? {
        // RFC 9112 section 3.2: exactly one; a second one would stay among the fields.
        guard let authority, headers[Self.hostField] == nil else {
            return .plain(400, "A request has one Host header.\n", headers: [.connection: "close"])
        }
        if !(known.map { areSame($0, authority) } ?? false), let refusal = refusal(of: authority) { return refusal }
        guard let origin = headers[.origin] else { return nil }
        if origin == "null" { return refusesNameless(headers[Self.fetchSite], to: party) ? Self.foreignPage : nil }
        guard let page = URLParts(origin), allows(page.host) else { return Self.foreignPage }
        return nil
    }

    private func refusal(of authority: String) -> Response? {
        // A name with a path or an @ behind it would be somebody else's in the eyes of whoever reads it otherwise.
        guard authority.utf8.allSatisfy(Self.isOfAName) else {
            return .plain(400, "The Host header is no host with or without a port.\n", headers: [.connection: "close"])
        }
        guard let host = URLParts("http://\(authority)")?.host, allows(host) else {
            return .plain(421, "No party of this lab has that name. Is the Host header right?\n")
        }
        return nil
    }

    /// Letters, digits, and what else a host and its port may have (RFC 3986 section 3.2.2, RFC 9112 section 3.2).
    private static func isOfAName(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"):
            true
        default: marks.contains(byte)
        }
    }
    private static let marks = Array("-._~%!$&'()*+,;=:[]".utf8)

    /// `null` is what a form sends from a page with `Referrer-Policy: no-referrer`, which sign-in pages have; and what
    /// a sandboxed frame of any site sends. A browser says which of the two it is only to a host it trusts, such as
    /// 127.0.0.1 (Fetch Metadata section 2), so the console, whose pages say who they are, takes neither without it.
    private func refusesNameless(_ site: String?, to party: Party) -> Bool {
        party == .console ? !["same-origin", "none"].contains(site) : site == "cross-site"
    }

    private func allows(_ host: String) -> Bool {
        if host.hasSuffix(".localhost") { return Party.served.contains { "\($0).localhost" == host } }
        return names.contains(host) || URLParts("http://\(host)")?.isLoopback == true
    }

    private static let foreignPage = Response.plain(403, "Pages of other sites may not call this lab.\n")
    private static let hostField = fieldName("Host")
    private static let fetchSite = fieldName("sec-fetch-site")
}
