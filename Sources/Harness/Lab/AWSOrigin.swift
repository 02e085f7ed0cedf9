import AWSCore
import AccountServices
import ControlPlane
import HTTPTypes
import IdentityService
import InboundProvider
import Kernel

/// The AWS services behind their one origin: by path, as on AWS by host name and signing name. Nothing reaches one of
/// them but through the gate.
struct AWSOrigin: AlarmHandling {
    let contract: Contract
    let gate: AccessGate
    let accounts: AccountServices
    let controlPlane: ControlPlane
    let identityService: IdentityService
    /// Answers for user pools, which a client may ask for here as it does for IAM.
    let inbound: InboundProvider

    /// Whether a path is one of the services', by whatever method: to any other they say 400 as to a wrong input.
    func claims(_ path: String) -> Bool {
        contract.claims(path, for: .control) || identityService.claims(path) || accounts.claims(Request(.post, path))
    }

    func respond(to request: Request) async -> Response {
        guard !gate.isOpen else { return await answer(request) }
        switch gate.admit(request) {
        case .answered(let response): return response
        case .passed(let request):
            let response = await answer(request)
            gate.remember(response, to: request)
            return response
        }
    }

    private func answer(_ request: Request) async -> Response {
        if InboundProvider.isOfUserPools(request) { return await inbound.respond(to: request) }
        if accounts.claims(request) { return await accounts.respond(to: request) }
        return identityService.claims(request.path)
            ? await identityService.respond(to: request) : await controlPlane.respond(to: request)
    }

    func alarmFired(_ alarm: Alarm) async {
        alarm.label.hasPrefix("identity ")
            ? await identityService.alarmFired(alarm) : await controlPlane.alarmFired(alarm)
    }
}
