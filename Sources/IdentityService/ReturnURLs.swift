import AWSCore
import Kernel

// Where a browser may be sent after consent.
extension IdentityService {
    /// The return URL of a call, if the workload identity allows it. Polling needs it too (ledger `Q14`).
    func allowedReturnURL(
        _ url: String?, of workload: WorkloadIdentityRecord
    ) throws(Refusal) -> String {
        guard let refusal = refusal(of: url, workload) else { return url ?? "" }
        guard let url, !world.switches.holds(.registeredReturnURL) else { throw refusal }
        return url
    }

    private func refusal(of url: String?, _ workload: WorkloadIdentityRecord) -> Refusal? {
        let list = workload.allowedReturnURLs
        let manner = world.switches.choice(.returnURLEnforce)
        let needsList = !workload.isServiceLinked || manner == "strict"
        if needsList, list?.isEmpty ?? true {
            let text =
                "You must register and use at least one ResourceOauth2ReturnUrl on your workload identity "
                + "to use this flow"
            return Refusal(.validation, text, by: .registeredReturnURL)
        }
        guard let url else {
            return Refusal(.validation, "You must provide a ResourceOauth2ReturnUrl to proceed with this flow")
        }
        // On a gateway's identity nobody has to set a list: its targets bring their own URL (ledger `U6`).
        if !needsList, manner == "off" || list == nil { return nil }
        // Letter by letter: neither prefix nor pattern (ledger `A9`).
        if list?.hasSame(url) == true { return nil }
        return Refusal(
            .validation, "Callback URL \(url) is not registered for AgentIdentity \(workload.name)",
            by: .registeredReturnURL)
    }
}
