import AWSCore
import Kernel

// Where a browser may be sent after consent.
extension IdentityService {
    /// The return URL of a call, if the workload identity allows it. Polling needs it too (ledger `Q14`).
    func allowedReturnURL(
        of call: Call, _ workload: WorkloadIdentityRecord, in transaction: inout Transaction
    ) throws(Refusal) -> String {
        let url = call.input["resourceOauth2ReturnUrl"]?.string
        guard let refusal = refusal(of: url, call, workload, in: &transaction) else { return url ?? "" }
        guard let url, !world.switches.holds(.registeredReturnURL) else { throw refusal }
        return url
    }

    private func refusal(
        of url: String?, _ call: Call, _ workload: WorkloadIdentityRecord, in transaction: inout Transaction
    ) -> Refusal? {
        let list = workload.allowedReturnURLs ?? []
        let manner = world.switches.choice(.returnURLEnforce)
        let needsList = !workload.isServiceLinked || manner == "strict"
        if needsList, list.isEmpty {
            let text =
                "You must register and use at least one ResourceOauth2ReturnUrl on your workload identity "
                + "to use this flow"
            return Refusal(.validation, text, by: .registeredReturnURL)
        }
        guard let url else {
            return Refusal(.validation, "You must provide a ResourceOauth2ReturnUrl to proceed with this flow")
        }
        // On a gateway's identity nobody has to set a list (ledger `U6`).
        if !needsList, manner == "off" || list.isEmpty { return nil }
        // Letter by letter: neither prefix nor pattern (ledger `A9`).
        if list.hasSame(url) { return nil }
        if !needsList, isOfTarget(url, call, workload, in: &transaction) { return nil }
        return Refusal(
            .validation, "Callback URL \(url) is not registered for AgentIdentity \(workload.name)",
            by: .registeredReturnURL)
    }

    /// Whether a target of the gateway has it as its defaultReturnUrl, which needs no place on the list (ledger `U6`).
    /// What is asked in a target's own name is asked with that URL, before the target is kept.
    private func isOfTarget(
        _ url: String, _ call: Call, _ workload: WorkloadIdentityRecord, in transaction: inout Transaction
    ) -> Bool {
        call.notify != nil
            || transaction.find(TargetRecord.self, where: "gateway", is: workload.name.rawValue).contains { target in
                target.oauth?.defaultReturnURL.map { areSame($0, url) } ?? false
            }
    }
}
