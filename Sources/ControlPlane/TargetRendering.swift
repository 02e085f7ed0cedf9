import AWSCore
import Kernel

// What answers show of a target.

extension ControlPlane {
    /// Answer of create, get and update, and item of a synchronization. There is no `gatewayId` in it: callers take it
    /// from the ARN.
    ///
    /// `status` stands in place of the target's own where the answer is about an earlier moment.
    func render(_ target: TargetRecord, account: String, status: TargetStatus? = nil) -> JSONValue {
        var result: JSONObject = [
            "gatewayArn": .string(names.gatewayARN(target.gateway, account: account)),
            "targetId": .string(target.id.rawValue),
            "createdAt": .string(target.createdAt.iso8601),
            "updatedAt": .string(target.updatedAt.iso8601),
            "status": .string((status ?? target.status).rawValue),
        ]
        if !target.statusReasons.isEmpty { result.append("statusReasons", .strings(target.statusReasons)) }
        result.append("name", .string(target.name))
        if let description = target.description { result.append("description", .string(description)) }
        result.append("targetConfiguration", .object(target.configuration))
        result.append("credentialProviderConfigurations", .array(target.credentials))
        if let synchronized = target.lastSynchronizedAt {
            result.append("lastSynchronizedAt", .string(synchronized.iso8601))
        }
        if let metadata = target.metadata { result.append("metadataConfiguration", metadata) }
        for member in target.connection?.members ?? [] { result.append(member.name, member.value) }
        if let authorization = renderAuthorization(target) { result.append("authorizationData", authorization) }
        // The union's member of the same name (ledger `target-protocol-type`).
        result.append("protocolType", target.configuration["http"] == nil ? "MCP" : "HTTP")
        return .object(result)
    }

    /// Item of a list: no reasons, no configuration.
    func renderSummary(_ target: TargetRecord) -> JSONValue {
        var result: JSONObject = [
            "targetId": .string(target.id.rawValue), "name": .string(target.name),
            "status": .string(target.status.rawValue),
        ]
        if let description = target.description { result.append("description", .string(description)) }
        result.append("createdAt", .string(target.createdAt.iso8601))
        result.append("updatedAt", .string(target.updatedAt.iso8601))
        if let priority = target.mcpServer?["resourcePriority"] { result.append("resourcePriority", priority) }
        if let synchronized = target.lastSynchronizedAt {
            result.append("lastSynchronizedAt", .string(synchronized.iso8601))
        }
        if let authorization = renderAuthorization(target) { result.append("authorizationData", authorization) }
        result.append("targetType", .string(targetType(target.configuration)))
        result.append("listingMode", target.mcpServer?["listingMode"] ?? "DEFAULT")
        return .object(result)
    }

    private func renderAuthorization(_ target: TargetRecord) -> JSONValue? {
        let former = world.switches.isOn(.keepAuthData) ? target.formerAuthorization : nil
        guard let authorization = target.authorization ?? former else { return nil }
        return [
            "oauth2": [
                "authorizationUrl": .string(authorization.url), "userId": .string(authorization.userID),
            ]
        ]
    }
}
