import AWSCore
import HTTPTypes
import Kernel

/// A call of an HTTP API, made of a tool's arguments.
struct APIRequest {
    let operation: APIOperation
    let arguments: JSONObject

    struct Failure: Error {
        let reason: String
    }

    func request() throws(Failure) -> Request {
        var path = operation.path
        var query = Form(operation.fixedQuery.sorted { $0.key < $1.key }.map { Form.Pair($0.key, $0.value) })
        var headers: HTTPFields = [.accept: "application/json"]
        var members = JSONObject()
        var body: JSONValue?
        for parameter in operation.parameters {
            guard let value = arguments[parameter.name], !value.isNull else {
                guard !parameter.isRequired else { throw Failure(reason: "Argument \(parameter.name) is missing") }
                continue
            }
            switch parameter.place {
            case .path: path = try filled(path, parameter.wireName, value)
            case .query: for item in value.array ?? [value] { query.append(parameter.wireName, Self.plain(item)) }
            case .header: try set(&headers, parameter.wireName, Self.plain(value))
            case .member: members[parameter.wireName] = value
            case .body: body = value
            }
        }
        // What is left of a template would reach the API as it stands.
        guard !path.utf8.contains(UInt8(ascii: "{")) else { throw Failure(reason: "The path \(path) has open holes") }
        if body == nil, !members.isEmpty { body = .object(members) }
        if body != nil { headers[.contentType] = "application/json" }
        guard let method = HTTPRequest.Method(rawValue: operation.method) else {
            throw Failure(reason: "\(operation.method) is no method")
        }
        return Request(
            method, query.added(to: operation.server + path), headers: headers, body: body.map(\.bytes) ?? [])
    }

    /// One segment stays one segment: a slash in an argument is no way to another path, nor are dots.
    private func filled(_ path: String, _ name: String, _ value: JSONValue) throws(Failure) -> String {
        let text = Self.plain(value)
        let isGreedy = path.range(of: "{\(name)+}") != nil
        let segments = isGreedy ? text.split(separator: "/", omittingEmptySubsequences: false).map(String.init) : [text]
        guard !text.isEmpty, segments.allSatisfy({ $0 != "." && $0 != ".." }) else {
            throw Failure(reason: "Argument \(name) is no path segment")
        }
        let encoded = segments.map { percentEncoded($0) }.joined(separator: "/")
        return path.replacing(isGreedy ? "{\(name)+}" : "{\(name)}", by: encoded)
    }

    /// A header of the connection or the credential is none of the caller's business.
    private func set(_ headers: inout HTTPFields, _ name: String, _ value: String) throws(Failure) {
        guard !PropagatedName.isForbidden(name), let field = HTTPField.Name(name), PropagatedName.isLegalValue(value)
        else { throw Failure(reason: "Argument for header \(name) cannot be sent") }
        headers[field] = value
    }

    private static func plain(_ value: JSONValue) -> String { value.string ?? value.text }
}
