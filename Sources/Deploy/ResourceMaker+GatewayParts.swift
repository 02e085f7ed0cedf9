import AWSCore
import Kernel

// Gateway rules and rate limits, consent portals and resource policies. What a Ref gives is the primary identifier of
// the resource's schema (ledger `cfn-parts`).
extension ResourceMaker {
    /// A rule or a rate limit of a gateway; together with the gateway's its id is the resource's.
    mutating func part(
        _ noun: String, _ idName: String, _ properties: JSONObject
    ) async throws(ResourceFailure) -> Evaluator.Created {
        let answer = try await client.agentCore("Create\(noun)", try input("Create\(noun)", properties))
        let gateway = properties["GatewayIdentifier"]?.string ?? ""
        let id = answer[idName]?.string ?? ""
        physicalID = "\(gateway)|\(id)"
        var address: JSONObject = ["gatewayIdentifier": .string(gateway)]
        address.append(idName, .string(id))
        let (deletion, place) = ("Delete\(noun)", address)
        undo = { (client) async throws(ResourceFailure) in _ = try await client.agentCore(deletion, place) }
        let found = try await stable("\(noun) \(physicalID)", "Get\(noun)", address)
        var attributes = Self.attributes(found)
        attributes["GatewayIdentifier"] = .string(gateway)
        return Evaluator.Created(ref: physicalID, attributes: attributes)
    }

    mutating func portal(_ properties: JSONObject) async throws(ResourceFailure) -> Evaluator.Created {
        let operation = "CreateConsentPortal"
        let answer = try await client.agentCore(operation, try input(operation, properties))
        let address: JSONObject = ["consentPortalIdentifier": answer["consentPortalId"] ?? ""]
        physicalID = answer["consentPortalArn"]?.string ?? ""
        undo = { (client) async throws(ResourceFailure) in
            _ = try await client.agentCore("DeleteConsentPortal", address)
        }
        let found = try await stable("ConsentPortal \(physicalID)", "GetConsentPortal", address)
        return Evaluator.Created(ref: physicalID, attributes: Self.attributes(found))
    }

    mutating func resourcePolicy(_ properties: JSONObject) async throws(ResourceFailure) -> Evaluator.Created {
        var properties = properties
        // A text in the API, an object in many templates.
        if let policy = properties["Policy"], policy.object != nil { properties["Policy"] = .string(policy.text) }
        let arn = properties["ResourceArn"]?.string ?? ""
        let operation = "PutResourcePolicy"
        _ = try await client.agentCore(operation, try input(operation, properties))
        physicalID = arn
        undo = { (client) async throws(ResourceFailure) in
            _ = try await client.agentCore("DeleteResourcePolicy", ["resourceArn": .string(arn)])
        }
        return Evaluator.Created(ref: arn)
    }
}
