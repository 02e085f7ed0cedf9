import ControlPlane
import IdentityService
import Kernel

/// The two AWS services behind their one origin: by path, as on AWS by host name and signing name.
struct AWSOrigin: AlarmHandling {
    let controlPlane: ControlPlane
    let identityService: IdentityService

    func respond(to request: Request) async -> Response {
        identityService.claims(request.path)
            ? await identityService.respond(to: request) : await controlPlane.respond(to: request)
    }

    func alarmFired(_ alarm: Alarm) async {
        alarm.label.hasPrefix("identity ")
            ? await identityService.alarmFired(alarm) : await controlPlane.alarmFired(alarm)
    }
}
