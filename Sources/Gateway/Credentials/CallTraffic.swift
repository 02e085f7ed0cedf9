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

    /// The same for a call that is made later; headers and query may hold secrets.
    struct Kept: Hashable, Sendable, Codable {
        struct Field: Hashable, Sendable, Codable {
            let name: String
            let value: Secret
        }
        let headers: [Field]
        let query: Secret
        let intercepted: [Field]
    }

    var kept: Kept {
        func fields(_ fields: HTTPFields) -> [Kept.Field] {
            fields.map { Kept.Field(name: $0.name.rawName, value: Secret($0.value)) }
        }
        return Kept(headers: fields(headers), query: Secret(query.encoded), intercepted: fields(intercepted))
    }

    convenience init(_ kept: Kept) {
        func fields(_ fields: [Kept.Field]) -> HTTPFields {
            HTTPFields(
                fields.compactMap { field in
                    HTTPField.Name(field.name).map { HTTPField(name: $0, value: field.value.exposed) }
                })
        }
        self.init(
            headers: fields(kept.headers), query: Form(parsing: kept.query.exposed),
            intercepted: fields(kept.intercepted))
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
