import HTTPTypes
import Kernel
import OAuthCore

extension Response {
    /// RFC 6749 section 5.1: whatever holds a token, or says why there is none, is not kept.
    static func unkept(_ status: Int, _ value: JSONValue, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        headers[.cacheControl] = "no-store"
        headers[fieldName("Pragma")] = "no-cache"
        return .json(status, value, headers: headers)
    }

    /// RFC 6749 section 5.2.
    static func oauth(_ error: OAuthError, status: Int = 400, headers: HTTPFields = [:]) -> Response {
        unkept(status, error.json, headers: headers)
    }
}

extension Form {
    /// RFC 6749 section 3.1: a parameter without value is as if it were omitted.
    func present(_ name: String) -> String? { self[name].flatMap { $0.isEmpty ? nil : $0 } }
}
