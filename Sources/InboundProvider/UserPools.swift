import AWSCore
import HTTPTypes
package import Kernel
import OAuthCore

enum PoolTag {}
enum PoolItemTag {}

/// A user pool that somebody created. Its users are the lab's.
struct PoolRecord: Record {
    static let collection = "user-pool"
    let id: Identifier<PoolTag>
    let name: String
    /// The prefix of its domain at Amazon.
    var domain: String?
    /// A domain of its owner's.
    var customDomain: String?
    /// Scopes of its resource servers: `identifier/scope`.
    var scopes: [String]
    /// Identifiers of its resource servers; nil in a data file that knew only their scopes.
    var servers: [String]?
    /// Who has it; nil in an older data file, whose pools are everybody's.
    var account: String?

    func owns(_ domain: String) -> Bool { self.domain == domain || customDomain == domain }

    /// Takes a resource server away with its scopes; false where there is none.
    mutating func removeServer(_ identifier: String) -> Bool {
        // The name of a scope has no slash, an identifier may.
        func isItsScope(_ scope: String) -> Bool {
            scope.hasPrefix("\(identifier)/") && !scope.dropFirst(identifier.count + 1).contains("/")
        }
        guard servers?.contains(identifier) == true || scopes.contains(where: isItsScope) else { return false }
        servers?.removeAll { $0 == identifier }
        scopes.removeAll(where: isItsScope)
        return true
    }
}

/// A client of a pool: known to this provider like those of its file.
struct PoolClientRecord: Record {
    static let collection = "user-pool-client"
    let id: Identifier<PoolItemTag>
    let pool: String
    let name: String
    let secret: Secret?
    let redirectURIs: [String]
    let grantTypes: [String]
    let scopes: [String]
    /// `AllowedOAuthFlows` as they came; nil in an older data file.
    var flows: [String]?
}

// The operations of Amazon Cognito user pools that stacks use (Amazon Cognito user pools API reference). A pool shares
// issuer, keys and users with this provider; its clients and scopes are its own.
extension InboundProvider {
    private static let target = fieldName("X-Amz-Target")
    private static let prefix = "AWSCognitoIdentityProviderService."

    /// Whether a request is one of the API, wherever it came in.
    package static func isOfUserPools(_ request: Request) -> Bool {
        request.method == .post && request.header(target)?.hasPrefix(prefix) == true
    }

    /// nil for a request that is no operation of the API.
    func userPoolAnswer(to request: Request) -> Response? {
        guard Self.isOfUserPools(request), let target = request.header(Self.target) else { return nil }
        guard let input = try? request.json(), input.object != nil else {
            return Self.refused("SerializationException", "The body is no JSON object")
        }
        do {
            let account = AWSNames.account(of: request)
            return try perform(String(target.dropFirst(Self.prefix.count)), input, account)
        } catch let refusal as PoolRefusal {
            return Self.refused(refusal.code, refusal.message)
        } catch {
            return Self.refused("InternalErrorException", "The provider failed", status: 500)
        }
    }

    /// The provider's file, then what was created.
    package func client(id: String) -> InboundProfile.Client? {
        if let client = profile.client(id) { return client }
        let found = try? world.store.write { $0.find(PoolClientRecord.self, Identifier(id)) }
        guard let record = found else { return nil }
        return InboundProfile.Client(
            id: id, secret: record.secret, redirectURIs: record.redirectURIs, grantTypes: record.grantTypes,
            scopes: ScopeSet(record.scopes))
    }

    /// `/us-east-1_AbCdEfGhI/.well-known/…`: a pool's discovery document is the provider's.
    func withoutPool(_ request: Request) -> Request {
        let path = request.path
        guard !path.hasPrefix("/.well-known/") else { return request }
        let segments = path.pieces(by: "/")
        guard segments.count > 1, segments[1] == ".well-known", segments[0].place(of: "_") != nil else {
            return request
        }
        let id = Identifier<PoolTag>(String(segments[0]))
        let known = try? world.store.write { transaction -> Bool in transaction.find(PoolRecord.self, id) != nil }
        guard known == true else { return request }
        var request = request
        request.head.path = request.head.path.map { String($0.dropFirst(segments[0].count + 1)) }
        return request
    }

    private func perform(_ operation: String, _ input: JSONValue, _ account: String) throws -> Response {
        let poolID = input["UserPoolId"]?.string ?? ""
        // A pool of somebody else is none, whatever is asked of it.
        let pool = try world.store.write { $0.find(PoolRecord.self, Identifier(poolID)) }
        if let owner = pool?.account, owner != account { throw PoolRefusal.noSuch("User pool \(poolID)") }
        switch operation {
        case "CreateUserPool": return try createPool(input, account)
        case "DescribeUserPool":
            let pool = try world.store.write { try self.pool(poolID, &$0) }
            return .json(200, ["UserPool": .object(render(pool, account))])
        case "CreateUserPoolClient": return try createClient(input, poolID)
        case "DescribeUserPoolClient":
            let client = try world.store.write { try findClient(input, of: poolID, &$0) }
            return .json(200, ["UserPoolClient": .object(render(client))])
        case "CreateResourceServer":
            let identifier = input["Identifier"]?.string ?? ""
            let names = (input["Scopes"]?.array ?? []).compactMap { $0["ScopeName"]?.string }
            try change(poolID) { pool in
                guard pool.servers?.contains(identifier) != true else {
                    throw PoolRefusal.invalid("\(identifier) already exists in user pool \(poolID).")
                }
                pool.servers = (pool.servers ?? []) + [identifier]
                pool.scopes += names.map { "\(identifier)/\($0)" }
            }
            return .json(200, ["ResourceServer": input])
        case "CreateUserPoolDomain":
            try world.store.write { try createDomain(input, poolID, &$0) }
        case "DeleteUserPool", "DeleteUserPoolClient", "DeleteUserPoolDomain", "DeleteResourceServer":
            try world.store.write { try delete(operation, input, poolID, &$0) }
        default: throw PoolRefusal(code: "UnknownOperationException", message: "There is no \(operation) here")
        }
        return .json(200, [:])
    }

    /// Ledger `cognito-domain-taken`, `cognito-one-domain`.
    private func createDomain(_ input: JSONValue, _ poolID: String, _ transaction: inout Transaction) throws {
        guard let domain = input["Domain"]?.string, !domain.isEmpty else {
            throw PoolRefusal.invalid("Domain is missing")
        }
        var pool = try pool(poolID, &transaction)
        let place: WritableKeyPath<PoolRecord, String?> =
            input["CustomDomainConfig"]?.object == nil ? \.domain : \.customDomain
        guard pool[keyPath: place] == nil else {
            throw PoolRefusal.invalid("User pool already has a domain configured.")
        }
        guard !transaction.all(PoolRecord.self).contains(where: { $0.owns(domain) }) else {
            throw PoolRefusal.invalid("Domain already associated with another user pool.")
        }
        pool[keyPath: place] = domain
        transaction.save(pool)
    }

    /// Each is deleted once (ledger `cognito-not-found`, `cognito-no-such-domain`).
    private func delete(
        _ operation: String, _ input: JSONValue, _ poolID: String, _ transaction: inout Transaction
    ) throws {
        if operation == "DeleteUserPoolDomain" {
            let known = transaction.find(PoolRecord.self, Identifier(poolID))
            guard var pool = known, let domain = input["Domain"]?.string, pool.owns(domain) else {
                throw PoolRefusal.invalid("No such domain or user pool exists.")
            }
            if pool.domain == domain { pool.domain = nil } else { pool.customDomain = nil }
            return transaction.save(pool)
        }
        var pool = try pool(poolID, &transaction)
        switch operation {
        case "DeleteUserPool":
            guard pool.domain == nil, pool.customDomain == nil else {
                let words = "It has a domain configured that should be deleted first."
                throw PoolRefusal.invalid("User pool cannot be deleted. \(words)")
            }
            for client in transaction.all(PoolClientRecord.self) where client.pool == poolID {
                transaction.remove(PoolClientRecord.self, client.id)
            }
            transaction.remove(PoolRecord.self, pool.id)
        case "DeleteUserPoolClient":
            transaction.remove(PoolClientRecord.self, try findClient(input, of: poolID, &transaction).id)
        default:
            let identifier = input["Identifier"]?.string ?? ""
            guard pool.removeServer(identifier) else { throw PoolRefusal.noSuch("Resource server \(identifier)") }
            transaction.save(pool)
        }
    }

    private func createPool(_ input: JSONValue, _ account: String) throws -> Response {
        guard let name = input["PoolName"]?.string, !name.isEmpty else {
            throw PoolRefusal.invalid("PoolName is missing")
        }
        let id = "\(region)_\(world.entropy.text(9, from: .base62, for: "user pool"))"
        let pool = PoolRecord(id: Identifier(id), name: name, domain: nil, scopes: [], account: account)
        try world.store.write { $0.save(pool) }
        return .json(200, ["UserPool": .object(render(pool, account))])
    }

    private func render(_ pool: PoolRecord, _ account: String) -> JSONObject {
        let arn = "arn:aws:cognito-idp:\(region):\(pool.account ?? account):userpool/\(pool.id)"
        var result: JSONObject = [
            "Id": .string(pool.id.rawValue), "Name": .string(pool.name), "Arn": .string(arn),
        ]
        if let domain = pool.domain { result.append("Domain", .string(domain)) }
        if let domain = pool.customDomain { result.append("CustomDomain", .string(domain)) }
        return result
    }

    private func createClient(_ input: JSONValue, _ poolID: String) throws -> Response {
        let flows = input["AllowedOAuthFlows"]?.strings ?? []
        let isSecret = input["GenerateSecret"]?.bool ?? (input["GenerateSecret"]?.string == "true")
        guard !flows.contains("client_credentials") || isSecret else {
            throw PoolRefusal(
                code: "InvalidOAuthFlowException",
                message: "client_credentials flow can not be selected if client does not have a client secret.")
        }
        let wanted = input["AllowedOAuthScopes"]?.strings ?? []
        let grants =
            (flows.contains("code") ? ["authorization_code", "refresh_token"] : [])
            + (flows.contains("client_credentials") ? ["client_credentials"] : [])
        let record = PoolClientRecord(
            id: Identifier(world.entropy.text(26, from: .lowerAlphanumeric, for: "user pool client")), pool: poolID,
            name: input["ClientName"]?.string ?? "",
            secret: isSecret ? Secret(world.entropy.text(51, from: .lowerAlphanumeric, for: "client secret")) : nil,
            redirectURIs: input["CallbackURLs"]?.strings ?? [], grantTypes: grants, scopes: wanted, flows: flows)
        try world.store.write { transaction in
            let pool = try pool(poolID, &transaction)
            for scope in wanted where scope.place(of: "/") != nil && !pool.scopes.contains(scope) {
                throw PoolRefusal(code: "ScopeDoesNotExistException", message: "Invalid scope requested: \(scope)")
            }
            transaction.save(record)
        }
        return .json(200, ["UserPoolClient": .object(render(record))])
    }

    /// With its secret, as Cognito shows it (ledger `cognito-client-secret`).
    private func render(_ client: PoolClientRecord) -> JSONObject {
        var result: JSONObject = [
            "UserPoolId": .string(client.pool), "ClientName": .string(client.name),
            "ClientId": .string(client.id.rawValue), "AllowedOAuthFlows": .strings(client.flows ?? []),
            "AllowedOAuthScopes": .strings(client.scopes),
        ]
        if let secret = client.secret { result.append("ClientSecret", .string(secret.exposed)) }
        if !client.redirectURIs.isEmpty { result.append("CallbackURLs", .strings(client.redirectURIs)) }
        return result
    }

    private func findClient(
        _ input: JSONValue, of poolID: String, _ transaction: inout Transaction
    ) throws -> PoolClientRecord {
        _ = try pool(poolID, &transaction)
        let id = Identifier<PoolItemTag>(input["ClientId"]?.string ?? "")
        guard let client = transaction.find(PoolClientRecord.self, id), client.pool == poolID else {
            throw PoolRefusal.noSuch("User pool client \(id)")
        }
        return client
    }

    private func change(_ poolID: String, _ edit: (inout PoolRecord) throws -> Void) throws {
        try world.store.write { transaction in
            var pool = try pool(poolID, &transaction)
            try edit(&pool)
            transaction.save(pool)
        }
    }

    private func pool(_ id: String, _ transaction: inout Transaction) throws -> PoolRecord {
        guard let pool = transaction.find(PoolRecord.self, Identifier(id)) else {
            throw PoolRefusal.noSuch("User pool \(id)")
        }
        return pool
    }

    private static func refused(_ code: String, _ message: String, status: Int = 400) -> Response {
        .json(
            status, ["__type": .string(code), "message": .string(message)],
            headers: [fieldName("x-amzn-ErrorType"): code])
    }
}

private struct PoolRefusal: Error {
    let code: String
    let message: String

    static func invalid(_ message: String) -> PoolRefusal {
        PoolRefusal(code: "InvalidParameterException", message: message)
    }

    /// Ledger `cognito-not-found`.
    static func noSuch(_ what: String) -> PoolRefusal {
        PoolRefusal(code: "ResourceNotFoundException", message: "\(what) does not exist.")
    }
}
