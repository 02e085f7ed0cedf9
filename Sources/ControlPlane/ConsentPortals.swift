import AWSCore
import Kernel

// Create, Get, Update, Delete ConsentPortal and ListConsentPortals. It is kept and shown; nobody serves its pages.

enum PortalTag {}
typealias PortalID = Identifier<PortalTag>

/// `ConsentPortalStatus` of the model, without what no portal of a lab ever becomes.
enum PortalStatus: String, Sendable, Codable {
    case creating = "CREATING"
    case active = "ACTIVE"
    case updating = "UPDATING"
    case deleting = "DELETING"
}

/// A page of AWS's where users see which services they connected.
struct ConsentPortalRecord: Record {
    static let collection = "consent-portal"
    let id: PortalID
    let account: String
    /// Members that are shown again.
    var request: JSONObject
    let createdAt: Instant
    var updatedAt: Instant
    /// nil in an older data file, whose portals were done at once.
    var status: PortalStatus?
    var keys: [RecordKey] { [RecordKey("account", account)] }
}

extension ControlPlane {
    func createPortal(_ call: Call) async throws -> JSONValue {
        let suffix = world.entropy.text(10, from: .base62, for: "consent-portal-id")
        return try world.store.write { transaction in
            let mine = transaction.find(ConsentPortalRecord.self, where: "account", is: call.account)
            guard !mine.contains(where: { $0.request["name"] == call.input["name"] }) else {
                throw taken("consent portal", call.text("name"))
            }
            try checkPortal(call, in: &transaction)
            let portal = ConsentPortalRecord(
                id: PortalID("\(call.text("name"))-\(suffix)"), account: call.account,
                request: JSONObject(call.input.members.filter { $0.name != "tags" }), createdAt: call.now,
                updatedAt: call.now, status: .creating)
            transaction.save(portal)
            keepTags(call, of: arn(of: portal), in: &transaction)
            schedule(.portalWorked(portal.id), at: call.now)
            return .object(render(portal))
        }
    }

    func getPortal(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in .object(render(try findPortal(call, in: &transaction))) }
    }

    /// What the caller leaves out stays (ledger `portal-update`).
    func updatePortal(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            var portal = try findFreePortal(call, in: &transaction)
            try checkPortal(call, in: &transaction)
            for member in call.input.members where member.name != "consentPortalIdentifier" {
                portal.request[member.name] = member.value
            }
            portal.updatedAt = call.now
            portal.status = .updating
            transaction.save(portal)
            schedule(.portalWorked(portal.id), at: call.now)
            return .object(render(portal))
        }
    }

    func deletePortal(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            var portal = try findFreePortal(call, in: &transaction)
            portal.status = .deleting
            transaction.save(portal)
            schedule(.portalWorked(portal.id), at: call.now)
            return [:]
        }
    }

    /// What a create, an update or a deletion began is done.
    func finishPortal(_ id: PortalID, in transaction: inout Transaction) {
        guard var portal = transaction.find(ConsentPortalRecord.self, id) else { return }
        guard portal.status == .deleting else {
            portal.status = .active
            return transaction.save(portal)
        }
        transaction.remove(ConsentPortalRecord.self, id)
        dropTags(of: arn(of: portal), in: &transaction)
    }

    func listPortals(_ call: Call) async throws -> JSONValue {
        try page(of: ConsentPortalRecord.self, call, as: "consentPortals", most: 100) { portal in
            let hidden = ["executionRoleArn", "idpConfig"]
            return .object(JSONObject(render(portal).members.filter { !hidden.contains($0.name) }))
        }
    }

    private func findPortal(
        _ call: Call, in transaction: inout Transaction
    ) throws(AWSError) -> ConsentPortalRecord {
        let id = PortalID(call.text("consentPortalIdentifier"))
        guard let portal = transaction.find(ConsentPortalRecord.self, id), portal.account == call.account
        else { throw AWSError(.resourceNotFound, "Consent portal \(id) not found") }
        return portal
    }

    /// One that nothing is being done to (ledger `portal-busy`).
    private func findFreePortal(
        _ call: Call, in transaction: inout Transaction
    ) throws(AWSError) -> ConsentPortalRecord {
        let portal = try findPortal(call, in: &transaction)
        let status = portal.status ?? .active
        guard status == .active else {
            throw AWSError(.conflict, "Consent portal \(portal.id) is not ready: its status is \(status.rawValue)")
        }
        return portal
    }

    /// Gateways and the provider that a portal names have to exist (ledger `portal-sources`).
    private func checkPortal(_ call: Call, in transaction: inout Transaction) throws(AWSError) {
        if let arn = call.input["idpConfig"]?["credentialProviderArn"], let text = arn.string {
            let name = ProviderName(text.split(separator: "/").last.map(String.init) ?? "")
            guard names.isARN(arn, of: name, account: call.account),
                transaction.find(CredentialProviderRecord.self, name.of(call.account)) != nil
            else {
                throw AWSError(.resourceNotFound, "Credential provider \(name) not found")
            }
        }
        for source in call.input["sources"]?.array ?? [] {
            let text = source["identifier"]?.string ?? ""
            // An id has no slash; an ARN counts letter by letter.
            let id = GatewayID(text.split(separator: "/").last.map(String.init) ?? text)
            guard text == id.rawValue || text == names.gatewayARN(id, account: call.account),
                transaction.find(GatewayRecord.self, id)?.account == call.account
            else { throw AWSError(.resourceNotFound, "Gateway \(text) not found") }
        }
    }

    private func arn(of portal: ConsentPortalRecord) -> String {
        names.consentPortalARN(portal.id.rawValue, account: portal.account)
    }

    private func url(of portal: ConsentPortalRecord) -> String {
        "\(world.addresses.origin(of: .aws))/consent-portals/\(portal.id)"
    }

    private func render(_ portal: ConsentPortalRecord) -> JSONObject {
        var result = portal.request
        result.append("consentPortalId", .string(portal.id.rawValue))
        result.append("consentPortalArn", .string(arn(of: portal)))
        result.append("status", .string((portal.status ?? .active).rawValue))
        // Ledger `portal-url`.
        if portal.status != .creating { result.append("portalUrl", .string(url(of: portal))) }
        result.append("createdAt", .double(portal.createdAt.epochSeconds))
        result.append("updatedAt", .double(portal.updatedAt.epochSeconds))
        return result
    }
}
