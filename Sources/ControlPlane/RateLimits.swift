import AWSCore
import Kernel

// What tells one rate limit of a gateway from another: its dimension keys, in their order.

/// What the rate limits of a batch must be beyond their shape.
enum RateLimitInput {
    /// All that is wrong with a batch, whatever the gateway has.
    static func faults(ofBatch limits: [JSONObject]) -> [AWSError.Field] {
        var seen: Set<[String]> = []
        var names: Set<String> = []
        return limits.enumerated().compactMap { index, limit in
            let path = "rateLimits.\(index + 1).member."
            guard seen.insert(limit["dimensionKeys"]?.strings ?? []).inserted else {
                return .init("\(path)dimensionKeys", "Member must not be the dimension keys of another rate limit")
            }
            if let name = limit["rateLimitId"]?.string, !names.insert(name).inserted {
                return .init("\(path)rateLimitId", "Member must not be the id of another rate limit")
            }
            return DependentMembers.rateLimitFault(limit, at: path)
        }
    }
}

extension ControlPlane {
    /// All of them or none; one that is there is replaced (ledger `rate-limit-batch`).
    func putRateLimits(_ call: Call) async throws -> JSONValue {
        let limits = (call.input["rateLimits"]?.array ?? []).map { $0.object ?? [:] }
        let faults = RateLimitInput.faults(ofBatch: limits)
        guard faults.isEmpty else { throw AWSError.invalid(faults) }
        let fresh = world.entropy.uuid(for: "gateway-part")
        return try world.store.write { transaction in
            if let earlier = try earlierAnswer(to: call, &transaction, { _, _ in true }) { return earlier }
            let gateway = try findGateway(call, in: &transaction)
            try checkNotDeleting(gateway)
            let known = transaction.find(Part.self, where: "gateway", is: Part.owner(.rateLimit, gateway.id))
            if world.switches.choice(.rateLimitBatch) == "replace" {
                for part in known where !limits.contains(where: { part.isMeant(by: $0) }) {
                    transaction.remove(Part.self, part.id)
                }
            }
            var shown: [JSONValue] = []
            for (index, limit) in limits.enumerated() {
                let old = known.first { $0.isMeant(by: limit) }
                let part = try replaced(old, by: limit, of: gateway.id, call, number: index, fresh)
                try checkKeys(of: part, in: &transaction)
                transaction.save(part)
                shown.append(render(part, of: gateway, old == nil ? "CREATING" : "UPDATING"))
            }
            let answer: JSONValue = ["rateLimits": .array(shown)]
            keep(answer, of: call, in: &transaction)
            return answer
        }
    }

    /// What an item of a batch makes of the limit that it means, or of none.
    private func replaced(
        _ old: Part?, by limit: JSONObject, of gateway: GatewayID, _ call: Call, number: Int, _ fresh: String
    ) throws(AWSError) -> Part {
        let name = limit["rateLimitId"]?.string ?? "\(fresh)-\(number)"
        let new = Part(.rateLimit, gateway, name, input: limit, at: call.now)
        guard var part = old else { return new }
        // Ledger `rate-limit-keys`.
        guard part.dimensionKeys == new.dimensionKeys else {
            throw AWSError.invalid([
                .init(
                    "rateLimits.\(number + 1).member.dimensionKeys",
                    "Member must be the dimension keys the rate limit was created with")
            ])
        }
        part.request = new.request
        part.updatedAt = call.now
        return part
    }

    /// No two limits of a gateway have the same keys (ledger `rate-limit-keys`).
    func checkKeys(of part: Part, in transaction: inout Transaction) throws(AWSError) {
        guard part.kind == .rateLimit else { return }
        let limits = transaction.find(Part.self, where: "gateway", is: Part.owner(.rateLimit, part.gateway))
        guard limits.allSatisfy({ $0.id == part.id || $0.dimensionKeys != part.dimensionKeys }) else {
            throw AWSError(.conflict, "A gateway rate limit with these dimension keys already exists")
        }
    }
}

extension GatewayPartRecord {
    fileprivate var dimensionKeys: [String] { request["dimensionKeys"]?.strings ?? [] }

    /// Whether an item of a batch is about this limit: by the id it has, else by its dimension keys.
    fileprivate func isMeant(by limit: JSONObject) -> Bool {
        limit["rateLimitId"]?.string.map { $0 == name } ?? (limit["dimensionKeys"]?.strings == dimensionKeys)
    }
}
