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

    func echoed(_ input: JSONObject) -> JSONObject {
        JSONObject(input.members.filter { Self.echoedMembers.contains($0.name) })
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
        for member in fixedMembers where mcp?[member] != gateway.mcp[member] {
            if mcp?[member] == nil, keepsFixedMembers { continue }
            faults.append(
                .init("protocolConfiguration.mcp.\(member)", "Member must be what the gateway was created with"))
        }
        guard faults.isEmpty else { throw AWSError.invalid(faults) }
    }

    /// Members of `protocolConfiguration.mcp` that no update changes (ledger `gateway-versions-fixed`).
    private var fixedMembers: [String] {
        world.switches.isOn(.versionUpdates) ? ["searchType"] : ["supportedVersions", "searchType"]
    }

    private var keepsFixedMembers: Bool { world.switches.choice(.fixedLeftOut) == "keep" }

    /// What an update makes of a gateway: its input, and fixed members that it leaves out where they stay
    /// (ledger `gateway-fixed-left-out`).
    func replaced(_ gateway: GatewayRecord, by input: JSONObject) -> JSONObject {
        var result = echoed(input)
        guard keepsFixedMembers else { return result }
        var mcp = result["protocolConfiguration"]?["mcp"]?.object ?? [:]
        for member in fixedMembers where mcp[member] == nil { mcp[member] = gateway.mcp[member] }
        if !mcp.members.isEmpty { result["protocolConfiguration"] = ["mcp": .object(mcp)] }
        return result
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
