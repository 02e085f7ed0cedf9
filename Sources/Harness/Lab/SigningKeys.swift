import Kernel
import OAuthCore

/// The keys that a lab's inbound provider signs with, where they were made for it alone. They are kept with its state,
/// so that tokens are good after a restart.
struct SigningKeys: Record {
    static let collection = "signing-keys"
    enum Tag {}
    let id: Identifier<Tag>
    /// A private JWK set.
    let set: Secret
    private static let only = Identifier<Tag>("inbound")

    /// Those a data file brings, or new ones where `options` want them; nil for a lab that signs as its definition
    /// says.
    ///
    /// - Throws: `KeyFailure` for keys that cannot be made, `StoreFailure` for an archive.
    static func take(_ definition: LabDefinition, _ options: LabOptions, _ store: Store) throws -> SigningKeys? {
        if options.archive != nil, let kept = try store.write({ $0.find(SigningKeys.self, only) }) { return kept }
        guard options.freshKeys else { return nil }
        let keys = SigningKeys(id: only, set: Secret(try FreshKeys.set(like: definition.signer).text))
        try store.write { $0.save(keys) }
        return keys
    }

    var signer: TokenSigner {
        get throws { try TokenSigner(keys: JSONValue(parsing: set.exposed)) }
    }
}
