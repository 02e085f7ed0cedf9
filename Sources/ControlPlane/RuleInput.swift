import AWSCore
import Kernel

/// What the actions of a gateway's rule want of its targets.
enum RuleInput {
    /// Names of the targets from which a rule wants what only an inference target gives: a model, or a way out.
    static func inferenceTargets(_ actions: JSONValue?) -> [String] {
        let all = (actions?.array ?? []).flatMap { DependentMembers.routes(of: $0).map(\.route) }
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
