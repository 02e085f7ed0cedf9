package import AWSCore
import HTTPTypes
package import Kernel

/// Keys for an hour of a role's work.
struct SessionKeyRecord: PassingRecord {
    static let collection = "session-key"
    static let keptPast = PastRecords.kept
    /// How long after their end a caller hears for sure that they expired; later they may be unknown.
    private static let afterlife = Span.minutes(60)
    /// Access key id.
    let id: Identifier<SessionKeyTag>
    let secret: Secret
    let sessionToken: Secret
    let account: String
    /// ARN of the role.
    let role: String
    /// ARN of the session: who it is that acts.
    let session: String
    /// The role's own id and the session's name; nil in an older data file.
    let userID: String?
    let expiresAt: Instant
    var until: Instant? { expiresAt + Self.afterlife }

    var key: SigV4.KnownKey {
        let credentials = SigV4.Credentials(keyID: id.rawValue, secret: secret, sessionToken: sessionToken)
        return SigV4.KnownKey(credentials, account: account, principal: session, role: role, expiresAt: expiresAt)
    }
}

enum SessionKeyTag {}

/// For whoever signs in the place of a caller: a scenario's AWS step.
package enum SessionKeys {
    /// A key that AssumeRole gave, by its id.
    package static func key(_ id: String, in transaction: inout Transaction) -> SigV4.KnownKey? {
        transaction.find(SessionKeyRecord.self, Identifier(id))?.key
    }

    /// Who uses a key, as `UserId`: of a key that no role gave nobody knows more than the key's own id.
    static func userID(of id: String, in transaction: inout Transaction) -> String {
        transaction.find(SessionKeyRecord.self, Identifier(id))?.userID ?? id
    }
}

// AWS STS, as far as tests of permissions need it (AWS STS API reference, `AssumeRole`, `GetCallerIdentity`).
extension AccountServices {
    static let tokenActions = ["AssumeRole", "GetCallerIdentity"]

    /// STS answers XML, and JSON to whoever accepts that (ledger `sts-json`).
    static func tokens(_ action: String, _ result: JSONObject, to request: Request) -> Response {
        let answer: JSONValue = .object(["\(action)Response": .object(["\(action)Result": .object(result)])])
        guard request.header(.accept)?.contains("application/json") != true else { return .json(200, answer) }
        return xml(200, markup(answer))
    }

    private static func markup(_ value: JSONValue) -> String {
        guard let members = value.object?.members else { return escaped(value.string ?? value.text) }
        return members.map { "<\($0.name)>\(markup($0.value))</\($0.name)>" }.joined()
    }

    func callerIdentity(_ request: Request, _ account: String) -> JSONObject {
        let claim = try? SignatureClaim(request)
        let known = claim.flatMap { claim in try? world.store.write { SessionKeys.key(claim.keyID, in: &$0) } }
        guard let known else { return Self.identity(arn: "arn:aws:iam::\(account):root", userID: account, account) }
        return Self.identity(of: known, as: known.principal, in: world)
    }

    /// Of whoever has a key.
    static func identity(of key: SigV4.KnownKey, as arn: String, in world: World) -> JSONObject {
        let keyID = key.credentials.keyID
        let userID = try? world.store.write { SessionKeys.userID(of: keyID, in: &$0) }
        return identity(arn: arn, userID: userID ?? keyID, key.account)
    }

    private static func identity(arn: String, userID: String, _ account: String) -> JSONObject {
        ["Arn": .string(arn), "UserId": .string(userID), "Account": .string(account)]
    }

    /// Whom the trust policy of the role names gets keys for it.
    func assumeRole(_ form: Form, _ account: String) throws -> JSONObject {
        let arn = try required("RoleArn", form)
        let name = try required("RoleSessionName", form)
        let seconds = try duration(ofSession: name, form)
        let expiry = world.clock.now + .seconds(seconds)
        let text = { (length: Int, label: Purpose) in world.entropy.text(length, from: .base62, for: label) }
        let keyID = "ASIA\(world.entropy.text(16, from: .upperAlphanumeric, for: "session key id"))"
        let (secret, token) = (text(40, "session key secret"), text(120, "session token"))
        let assumed = try world.store.write { transaction -> (userID: String, session: String)? in
            let found = transaction.find(RoleRecord.self, Identifier(arn))
            let isTrusted = found.map { Self.trusts(account, $0.trust) } ?? false
            guard let found, isTrusted || !world.switches.holds(.roleTrusted) else {
                let words = "The trust policy of \(arn) does not let account \(account) assume it."
                world.note(words, rule: .roleTrusted, in: &transaction)
                return nil
            }
            let parts = arn.pieces(by: ":", keepingEmpty: true)
            let owner = parts.count > 4 ? String(parts[4]) : account
            let roleName = found.name.pieces(by: "/").last ?? ""
            let session = "arn:aws:sts::\(owner):assumed-role/\(roleName)/\(name)"
            let userID = "\(found.roleID):\(name)"
            transaction.save(
                passing: SessionKeyRecord(
                    id: Identifier(keyID), secret: Secret(secret), sessionToken: Secret(token), account: owner,
                    role: arn, session: session, userID: userID, expiresAt: expiry), at: world.clock.now)
            // Whoever has these is the role: no report shows them.
            for (kind, value) in [("secret_access_key", secret), ("session_token", token)] {
                let birth = TokenBirth(
                    kind: kind, issuer: world.party, user: nil, expires: expiry, value: Secret(value))
                transaction.append(.token(.issued(birth)), at: world.clock.now)
            }
            return (userID, session)
        }
        guard let assumed else {
            let caller = "User: arn:aws:iam::\(account):root"
            throw IAMRefusal(
                status: 403, code: "AccessDenied",
                message: "\(caller) is not authorized to perform: sts:AssumeRole on resource: \(arn)")
        }
        return [
            "AssumedRoleUser": [
                "AssumedRoleId": .string(assumed.userID), "Arn": .string(assumed.session),
            ],
            "Credentials": [
                "AccessKeyId": .string(keyID), "SecretAccessKey": .string(secret), "SessionToken": .string(token),
                "Expiration": .string(expiry.iso8601),
            ],
        ]
    }

    /// Seconds that the keys live: 900 to 43200, an hour unless asked otherwise. The session's name has 2 to 64
    /// characters of `[\w+=,.@-]` (AWS STS API reference, `AssumeRole`; the words as reported in
    /// https://github.com/aws-actions/configure-aws-credentials/issues/1306 for the pattern and in Hadoop's
    /// documentation, `assumed_roles`, for the range).
    private func duration(ofSession name: String, _ form: Form) throws -> Int64 {
        let given = form["DurationSeconds"]
        let seconds = given.map { Int64($0) ?? 0 } ?? 3600
        let limits: [(isBroken: Bool, name: String, value: String, words: String)] = [
            (
                !name.utf8.allSatisfy(Self.nameBytes.contains), "roleSessionName", name,
                "satisfy regular expression pattern: [\\w+=,.@-]*"
            ),
            (name.utf8.count > 64, "roleSessionName", name, "have length less than or equal to 64"),
            (name.utf8.count < 2, "roleSessionName", name, "have length greater than or equal to 2"),
            (seconds < 900, "durationSeconds", given ?? "", "have value greater than or equal to 900"),
            (seconds > 43_200, "durationSeconds", given ?? "", "have value less than or equal to 43200"),
        ]
        let broken = limits.filter(\.isBroken).map {
            "Value '\($0.value)' at '\($0.name)' failed to satisfy constraint: Member must \($0.words)"
        }
        guard broken.isEmpty else {
            let noun = broken.count == 1 ? "validation error" : "validation errors"
            throw invalid("\(broken.count) \(noun) detected: \(broken.joined(separator: "; "))")
        }
        return seconds
    }

    /// Whether an allowing statement for `sts:AssumeRole` names the account, one of its users or roles, or everybody.
    static func trusts(_ account: String, _ trust: JSONValue) -> Bool {
        guard let given = trust["Statement"] else { return false }
        return (given.array ?? [given]).contains { statement in
            let action = statement["Action"].map { $0.strings ?? [$0.string ?? ""] } ?? []
            guard statement["Effect"]?.string == "Allow",
                action.contains(where: { $0 == "sts:AssumeRole" || $0 == "*" })
            else { return false }
            let principal = statement["Principal"]
            let named = principal?["AWS"] ?? principal
            return (named?.strings ?? [named?.string ?? ""]).contains { text in
                text == "*" || text == account || text.range(of: "::\(account):") != nil
            }
        }
    }
}
