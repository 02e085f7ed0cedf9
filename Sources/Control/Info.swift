import HTTPTypes
import Harness
import Kernel

extension CallContext {
    /// What a program needs to know of a lab to use it.
    func info() -> Response {
        let definition = lab.definition
        let origins = Party.served.map { party in
            JSONObject.Member(party.rawValue, .string(lab.addresses.origin(of: party)))
        }
        let hosts = definition.realHosts.map { JSONObject.Member($0.party.rawValue, .strings($0.hosts)) }
        return .json(
            200,
            [
                "version": .string(version), "lab": .string(definition.name), "about": .string(definition.about),
                "seed": .string(String(lab.options.seed)), "now": .string(lab.clock.now.iso8601),
                "region": .string(definition.region), "accountId": "000000000000",
                "origins": .object(JSONObject(origins)),
                "gatewayBase": .string(lab.addresses.gatewayBase("{gatewayId}")), "hosts": .object(JSONObject(hosts)),
                "mcpRevisions": .strings(lab.definition.mcpRevisions), "users": .array(definition.userSummaries),
                "clients": .array(definition.clientSummaries),
                "applications": .strings(lab.applicationIDs),
                "rules": ["off": .strings(lab.rulesOff), "known": .strings(lab.ruleNames)],
                "unknowns": .object(JSONObject(lab.unknownChoices.map { .init($0.name, .string($0.choice)) })),
            ])
    }
}
