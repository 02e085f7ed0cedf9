import HTTPTypes
import Kernel
import OAuthCore

extension Response {
    /// RFC 6749 section 5.1: whatever holds a token, or says why there is none, is not kept.
    static func unkept(_ status: Int, _ value: JSONValue, headers: HTTPFields = [:]) -> Response {
        var headers = headers
        for field in HTTPFields.unkept { headers[field.name] = field.value }
        return .json(status, value, headers: headers)
    }

    /// RFC 6749 section 5.2.
    static func oauth(_ error: OAuthError, status: Int = 400, headers: HTTPFields = [:]) -> Response {
        unkept(status, error.json, headers: headers)
    }
}

extension Form {
    /// Scopes parted by blanks (RFC 6749 section 3.3); nil where there is no such parameter.
    func scopes(_ name: String) -> ScopeSet? {
        present(name).map { ScopeSet($0.pieces(by: " ").map(String.init)) }
    }
}
