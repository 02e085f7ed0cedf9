import AWSCore
import Kernel

// What a gateway's input must be beyond its shape, and what of it is kept and shown.

extension ControlPlane {
    /// Members that are shown again, in the order of the model.
    private static let echoedMembers = [
        "description", "roleArn", "protocolType", "protocolConfiguration", "authorizerType", "authorizerConfiguration",
        "kmsKeyArn", "customTransformConfiguration", "interceptorConfigurations", "policyEngineConfiguration",
        "exceptionLevel", "wafConfiguration", "domainOverride",
    ]

    /// Revisions a gateway may offer (ledger `gateway-versions`).
    private static let revisions = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]

    func echoed(_ input: JSONObject) -> JSONObject {
        JSONObject(input.members.filter { Self.echoedMembers.contains($0.name) })
    }

    func checkGateway(_ input: JSONObject) throws(AWSError) {
        if input["authorizerType"] == "CUSTOM_JWT", input["authorizerConfiguration"] == nil {
            throw AWSError.invalid([
                .init("authorizerConfiguration", "Member must not be null when authorizerType is CUSTOM_JWT")
            ])
        }
        let versions = input["protocolConfiguration"]?["mcp"]?["supportedVersions"]?.strings ?? []
        guard versions.allSatisfy(Self.revisions.contains) else {
            throw AWSError.invalid([
                .init(
                    "protocolConfiguration.mcp.supportedVersions",
                    "Member must satisfy enum value set: [\(Self.revisions.joined(separator: ", "))]")
            ])
        }
    }

    /// What `UpdateGateway` must repeat or leave alone (ledger `gateway-fixed-members`).
    func checkUnchangeable(_ input: JSONObject, of gateway: GatewayRecord) throws(AWSError) {
        var faults: [AWSError.Field] = []
        if input["name"]?.string != gateway.name {
            faults.append(.init("name", "Member must be the name the gateway was created with"))
        }
        if input["authorizerType"]?.string != gateway.authorizerType {
            faults.append(.init("authorizerType", "Member must be the type the gateway was created with"))
        }
        let mcp = input["protocolConfiguration"]?["mcp"]
        if let versions = mcp?["supportedVersions"]?.strings, versions != gateway.supportedVersions,
            !world.switches.isOn(.versionUpdates)
        {
            faults.append(
                .init(
                    "protocolConfiguration.mcp.supportedVersions",
                    "Member must be what the gateway was created with"))
        }
        if let type = mcp?["searchType"], type != gateway.mcp["searchType"] {
            faults.append(
                .init("protocolConfiguration.mcp.searchType", "Member must be what the gateway was created with"))
        }
        guard faults.isEmpty else { throw AWSError.invalid(faults) }
    }

    /// Answer of create, get and update.
    func render(_ gateway: GatewayRecord) -> JSONValue {
        var result: JSONObject = [
            "gatewayArn": .string(names.gatewayARN(gateway.id, account: gateway.account)),
            "gatewayId": .string(gateway.id.rawValue),
            "gatewayUrl": .string(world.addresses.gatewayBase(gateway.id.rawValue) + "/mcp"),
            "createdAt": .string(gateway.createdAt.iso8601),
            "updatedAt": .string(gateway.updatedAt.iso8601),
            "status": .string(gateway.status.rawValue),
            "name": .string(gateway.name),
        ]
        if !gateway.statusReasons.isEmpty { result.append("statusReasons", .strings(gateway.statusReasons)) }
        for name in Self.echoedMembers {
            if let value = gateway.request[name] { result.append(name, value) }
        }
        let workload = names.workloadARN(gateway.workloadName, account: gateway.account)
        result.append("workloadIdentityDetails", ["workloadIdentityArn": .string(workload)])
        return .object(result)
    }

    func renderSummary(_ gateway: GatewayRecord) -> JSONValue {
        var result: JSONObject = [
            "gatewayId": .string(gateway.id.rawValue), "name": .string(gateway.name),
            "status": .string(gateway.status.rawValue), "createdAt": .string(gateway.createdAt.iso8601),
            "updatedAt": .string(gateway.updatedAt.iso8601), "authorizerType": .string(gateway.authorizerType),
        ]
        for name in ["description", "protocolType"] {
            if let value = gateway.request[name] { result.append(name, value) }
        }
        return .object(result)
    }
}
