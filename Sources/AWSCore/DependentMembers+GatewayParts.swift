package import Kernel

// What the input of a gateway's rule or rate limit must be beyond its shape, as far as it shows without the targets.

extension DependentMembers {
    static let rule = [
        Rule("weight") { eachAction($0, weights) }, Rule("targetName", "model") { eachAction($0, chains) },
    ]
    static let rateLimit = [
        Rule("dimensionKeys", "dimensions") { rateLimitFault($0).map { [$0] } ?? [] }
    ]

    private static func eachAction(
        _ input: JSONObject, _ look: (JSONValue, String) -> [AWSError.Field]
    ) -> [AWSError.Field] {
        (input["actions"]?.array ?? []).enumerated().flatMap { look($1, "actions.\($0 + 1).member") }
    }

    /// Two variants share all of the traffic (ledger `rule-weights`, `rule-target-weights`).
    private static func weights(_ action: JSONValue, _ path: String) -> [AWSError.Field] {
        [("configurationBundle", "weightedOverride"), ("routeToTarget", "weightedRoute")].compactMap { kind, way in
            guard let entries = action[kind]?[way]?["trafficSplit"]?.array,
                entries.reduce(0, { $0 + ($1["weight"]?.int ?? 0) }) != 100
            else { return nil }
            return .init("\(path).\(kind).\(way).trafficSplit", "Member must have weights that sum to 100")
        }
    }

    /// A target is asked once for one model (ledger `rule-fallback-once`).
    private static func chains(_ action: JSONValue, _ path: String) -> [AWSError.Field] {
        routes(of: action).compactMap { place, route in
            let chain = [route] + (route["fallback"]?["targetFallback"]?.array ?? [])
            guard Set(chain.map { [$0["targetName"], $0["model"]] }).count < chain.count else { return nil }
            return .init(
                "\(path).routeToTarget.\(place).fallback.targetFallback",
                "Member must have each combination of target and model once, that of the route among them")
        }
    }

    /// The routes of an action, each with its place in `routeToTarget`.
    package static func routes(of action: JSONValue) -> [(place: String, route: JSONValue)] {
        let way = action["routeToTarget"]
        if let route = way?["staticRoute"] { return [("staticRoute", route)] }
        return (way?["weightedRoute"]?["trafficSplit"]?.array ?? []).enumerated().map {
            ("weightedRoute.trafficSplit.\($0 + 1).member", $1)
        }
    }

    /// The first entry that does not fit the limit's dimension keys (ledger `rate-limit-entries`).
    package static func rateLimitFault(_ input: JSONObject, at path: String = "") -> AWSError.Field? {
        let keys = input["dimensionKeys"]?.strings ?? []
        let sorted = keys.sorted()
        for (index, entry) in (input["entries"]?.array ?? []).enumerated() {
            let dimensions = entry["dimensions"]?.object ?? [:]
            let place = "\(path)entries.\(index + 1).member.dimensions"
            guard dimensions.names.sorted() == sorted else {
                return .init(place, "Member must have the keys of dimensionKeys: [\(keys.joined(separator: ", "))]")
            }
            let isWild = keys.map { dimensions[$0] == "*" }
            if zip(isWild, isWild.dropFirst()).contains(where: { $0 && !$1 }) {
                return .init(place, "Member must have * only behind every exact value, in the order of dimensionKeys")
            }
        }
        return nil
    }
}
