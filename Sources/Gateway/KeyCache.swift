import AWSCore
import Kernel
import OAuthCore
import Synchronization

enum KeySetTag {}

/// What a discovery URL leads to, as it was last fetched. In the store, so that a lab that is put back fetches again
/// what it fetched then.
struct KeySetRecord: Record {
    static let collection = "gateway-key-set"
    /// The discovery URL.
    let id: Identifier<KeySetTag>
    let issuer: String
    let keys: JSONValue
    /// Name of the keys' content: the same for the same keys.
    let fingerprint: String
    let fetched: Instant
    /// When a key was last missing among them.
    var lookedForUnknown: Instant?
}

/// Issuers and their keys, kept for ten minutes of world time, and the tokens that were verified by them: a signature
/// is only computed once, and no longer trusted than its key is.
final class KeyCache: Sendable {
    private struct Verified: Hashable {
        let token: CompactToken
        let fingerprint: String
    }

    private static let life = Span.minutes(10)
    private static let coolDown = Span.seconds(30)
    private static let mostVerified = 1024

    private let world: World
    /// Emptied when full, so that nobody can make it grow. What it says follows from token and keys alone.
    private let verified = Mutex<[Verified: JSONObject]>([:])

    init(world: World) { self.world = world }

    /// The keys, fetched if they are not at hand; nil if the provider gives none.
    func keys(for discovery: String) async -> KeySetRecord? {
        let cached = find(discovery)
        if let cached, isWithin(Self.life, since: cached.fetched) { return cached }
        return await fetch(discovery, lookedForUnknown: cached?.lookedForUnknown)
    }

    /// The keys again, because a token names one that is not among them; nil while that was tried a moment ago.
    func keysAfterUnknown(for discovery: String) async -> KeySetRecord? {
        let now = world.clock.now
        let mayLook =
            try? world.store.write { transaction in
                guard var cached = transaction.find(KeySetRecord.self, Identifier(discovery)) else { return true }
                if let last = cached.lookedForUnknown, isWithin(Self.coolDown, since: last), isCoolingDown() {
                    return false
                }
                cached.lookedForUnknown = now
                transaction.save(cached)
                return true
            }
        return mayLook == true ? await fetch(discovery, lookedForUnknown: now) : nil
    }

    /// A flood of made-up key ids must not become a flood at the issuer (ledger `A20`).
    private func isCoolingDown() -> Bool { world.switches.holds(.keyLookupCoolDown) }

    /// The claims of a token that these keys verified before.
    func claims(of token: String, by keys: KeySetRecord) -> JSONObject? {
        verified.withLock { $0[Verified(token: CompactToken(token), fingerprint: keys.fingerprint)] }
    }

    func remember(_ claims: JSONObject, of token: String, by keys: KeySetRecord) {
        verified.withLock { verified in
            if verified.count >= Self.mostVerified { verified.removeAll() }
            verified[Verified(token: CompactToken(token), fingerprint: keys.fingerprint)] = claims
        }
    }

    private func isWithin(_ span: Span, since moment: Instant) -> Bool {
        let now = world.clock.now
        // A clock that was put back makes what lies ahead of it worthless.
        return moment <= now && now < moment + span
    }

    private func find(_ discovery: String) -> KeySetRecord? {
        try? world.store.write { $0.find(KeySetRecord.self, Identifier(discovery)) }
    }

    private func fetch(_ discovery: String, lookedForUnknown: Instant?) async -> KeySetRecord? {
        guard let document = await json(discovery), let issuer = document["issuer"]?.string,
            let location = document["jwks_uri"]?.string, let keys = await json(location), keys["keys"]?.array != nil
        else { return nil }
        let record = KeySetRecord(
            id: Identifier(discovery), issuer: issuer, keys: keys,
            fingerprint: String(hash64("\(issuer) \(keys.text)"), radix: 16), fetched: world.clock.now,
            lookedForUnknown: lookedForUnknown)
        return (try? world.store.write { $0.save(record) }).map { record }
    }

    private func json(_ url: String) async -> JSONValue? { await PublicDocument(world: world).json(url) }
}
