import HTTPTypes
import Kernel

/// Signs a request with the gateway's role.
struct RoleSigner: Sendable {
    let world: World

    func signed(_ request: Request, service: String, region: String) -> Request {
        var request = request
        let date = world.clock.now.iso8601.filter { $0 != "-" && $0 != ":" }
        request.head.headerFields[fieldName("X-Amz-Date")] = date
        request.head.headerFields[.authorization] =
            "AWS4-HMAC-SHA256 Credential=ASIA/\(date.prefix(8))/\(region)/\(service)/aws4_request"
        return request
    }
}
