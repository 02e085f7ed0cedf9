import AWSCore
import Kernel

/// Signs requests as the gateway's role, AWS Signature Version 4.
///
/// As everywhere in the lab the access key id is the account; the secret is derived from it, so that traces repeat.
struct RoleSigner: Sendable {
    let world: World

    func signed(_ request: Request, service: String, region: String, account: String) -> Request {
        let secret = SigV4.hexDigest(Array("gateway role of \(account)".utf8))
        return SigV4.sign(
            request, .init(keyID: account, secret: Secret(secret)), region: region, service: service,
            at: world.clock.now)
    }
}
