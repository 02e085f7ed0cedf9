import HTTPTypes
import Kernel
import Synchronization

/// What travels with one call besides its message: headers and query of the caller, headers that a REQUEST interceptor
/// set, and headers of the target's answer on their way back.
final class CallTraffic: Sendable {
    /// Of the caller's request.
    let headers: HTTPFields
    let query: Form
    /// From a REQUEST interceptor; they outrank the caller's (ledger `propagation-interceptor`).
    let intercepted: HTTPFields
    private let returned = Mutex(HTTPFields())

    init(headers: HTTPFields = [:], query: Form = Form(), intercepted: HTTPFields = [:]) {
        self.headers = headers
        self.query = query
        self.intercepted = intercepted
    }

    /// Headers of a target's answer that its configuration lets through.
    func collect(_ fields: HTTPFields) {
        guard !fields.isEmpty else { return }
        returned.withLock { kept in for field in fields { kept[field.name] = field.value } }
    }

    /// The gateway's answer with what targets sent along.
    func marked(_ response: Response) -> Response {
        let fields = returned.withLock { $0 }
        guard !fields.isEmpty else { return response }
        var response = response
        for field in fields { response.head.headerFields[field.name] = field.value }
        return response
    }
}
