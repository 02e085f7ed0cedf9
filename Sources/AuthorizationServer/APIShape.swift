import Kernel

/// What the API behind a vendor's tokens does and has.
struct APIShape: Sendable, Hashable {
    /// Whether a request without User-Agent is refused, as the real one does.
    let requiresUserAgent: Bool
    /// How many requests a user's tokens may make in an hour.
    let requestsPerHour: Int
    let hasGists: Bool
    /// Whether a token that somebody publishes is ended (`Q11`).
    let scansForSecrets: Bool
    /// How the tokens of an application's installation are written; nil where there are none.
    let installationTokens: InstallationTokens?

    enum InstallationTokens: String, Sendable, CaseIterable {
        /// Forty characters, as all the others.
        case classic
        /// About 520 characters with two dots in them (`Q8`).
        case stateless
    }

    init(_ reader: ProfileReader) throws(VendorProfileProblem) {
        try reader.allows([
            "requireUserAgent", "requestsPerHour", "gists", "secretScanning", "installationTokens",
        ])
        requiresUserAgent = try reader.flag("requireUserAgent")
        requestsPerHour = Int(try reader.number("requestsPerHour"))
        hasGists = try reader.flag("gists", or: false)
        scansForSecrets = try reader.flag("secretScanning", or: false)
        installationTokens = reader["installationTokens"] == nil ? nil : try reader.choice("installationTokens")
    }
}
