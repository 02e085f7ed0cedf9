/// Names of headers and query parameters that a gateway may pass on between its caller and a target
/// (ledger `propagation-limits`).
package enum PropagatedName {
    /// `[a-zA-Z0-9_-]+`.
    package static func isLegal(_ name: String) -> Bool {
        !name.isEmpty
            && name.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    private static let names: Set<String> = ["authorization", "cookie", "host", "user-agent"]
    private static let beginnings = ["content-", "accept", "x-forwarded-", "x-amzn-"]
    private static let exception = "x-amzn-bedrock-agentcore-runtime-custom-"

    /// Headers that belong to the connection, the credential or the service itself.
    package static func isForbidden(_ header: String) -> Bool {
        let name = header.lowercased()
        if name.hasPrefix(exception) { return false }
        return names.contains(name) || beginnings.contains { name.hasPrefix($0) }
    }

    /// Up to 4 KB of printable ASCII.
    package static func isLegalValue(_ value: String) -> Bool {
        value.utf8.count <= 4096 && value.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    }
}
