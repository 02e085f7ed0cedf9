import AWSCore
import Kernel

/// What the actions of a gateway's rule must be beyond their shape.
enum RuleInput {
    /// All that can be told without knowing the targets.
    static func faults(_ actions: JSONValue?) -> [AWSError.Field] {
        (actions?.array ?? []).enumerated().flatMap { index, action in
            let path = "actions.\(index + 1).member"
            return weights(action, path) + chains(action, path)
        }
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
        routes(action).compactMap { place, route in
            let chain = [route] + (route["fallback"]?["targetFallback"]?.array ?? [])
            guard Set(chain.map { [$0["targetName"], $0["model"]] }).count < chain.count else { return nil }
            return .init(
                "\(path).routeToTarget.\(place).fallback.targetFallback",
                "Member must have each combination of target and model once, that of the route among them")
        }
    }

    /// The routes of an action, each with its place in `routeToTarget`.
    private static func routes(_ action: JSONValue) -> [(place: String, route: JSONValue)] {
        let way = action["routeToTarget"]
        if let route = way?["staticRoute"] { return [("staticRoute", route)] }
        return (way?["weightedRoute"]?["trafficSplit"]?.array ?? []).enumerated().map {
            ("weightedRoute.trafficSplit.\($0 + 1).member", $1)
        }
    }

    /// Names of the targets from which a rule wants what only an inference target gives: a model, or a way out.
    static func inferenceTargets(_ actions: JSONValue?) -> [String] {
        let all = (actions?.array ?? []).flatMap { routes($0).map(\.route) }
        let asked = all.filter { $0["model"] != nil || $0["fallback"] != nil }
        let fallbacks = all.flatMap { $0["fallback"]?["targetFallback"]?.array ?? [] }
        return (asked + fallbacks).compactMap { $0["targetName"]?.string }
    }
}

extension ControlPlane {
    /// Ledger `rule-inference-only`.
    func checkInference(_ target: TargetRecord, of part: Part) throws(AWSError) {
        guard !target.isForInference, RuleInput.inferenceTargets(part.request["actions"]).contains(target.name) else {
            return
        }
        throw AWSError(
            .validation,
            "Target \(target.name) is not an inference target: model and fallback are supported only for these")
    }
}

extension TargetRecord {
    fileprivate var isForInference: Bool {
        configuration["inference"] != nil || configuration["http"]?["passthrough"]?["protocolType"] == "INFERENCE"
    }
}
