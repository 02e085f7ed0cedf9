import HTTPTypes
import Kernel
import NIOHTTP1
import NIOHTTPTypesHTTP1

/// Reads the heads of the requests of one connection.
///
/// Most of what a client says in a head it says again in its next one, word for word. Only a line that differs from
/// the one in its place before is read letter by letter.
struct HeadReader {
    private struct Line {
        let name: String
        let value: String
        /// nil for a name that no field may have.
        let field: HTTPField?
        /// Where the request is sent to, if it is the first to say so: it is no field of the request then.
        let isHost: Bool

        init(_ name: String, _ value: String) {
            (self.name, self.value) = (name, value)
            field = HTTPField.Name(name).map { HTTPField(name: $0, value: value) }
            isHost = field?.name.canonicalName == "host"
        }
    }

    private var lines: [Line] = []
    private var request: HTTPRequest?
    private var target = ""
    /// In bytes: a head that takes more to keep is read anew, so that idle connections hold no more than this.
    private static let mostKept = 8_192
    /// In bytes, besides its letters.
    private static let lineCost = 100

    /// - Throws: for a method that is none; every other head can be read.
    mutating func read(_ head: HTTPRequestHead) throws -> HTTPRequest {
        let method = try HTTPRequest.Method(head.method)
        if takesNothingNew(head.headers), let request, request.method == method, areSame(head.uri, target) {
            return request
        }
        let host = lines.firstIndex { $0.isHost }
        var fields = HTTPFields()
        fields.reserveCapacity(lines.count)
        for (place, line) in lines.enumerated() where place != host {
            if let field = line.field { fields.append(field) }
        }
        let read = HTTPRequest(
            method: method, scheme: "http", authority: host.map { lines[$0].value }, path: head.uri,
            headerFields: fields)
        keep(read, head.uri)
        return read
    }

    /// Whether all lines are those of the head before; they are those of this one in any case.
    private mutating func takesNothingNew(_ headers: HTTPHeaders) -> Bool {
        var isSame = lines.count == headers.count
        for (place, (name, value)) in headers.enumerated() {
            if place >= lines.count {
                lines.append(Line(name, value))
            } else if !areSame(lines[place].value, value) || !areSame(lines[place].name, name) {
                lines[place] = Line(name, value)
                isSame = false
            }
        }
        lines.removeLast(lines.count - headers.count)
        return isSame
    }

    private mutating func keep(_ read: HTTPRequest, _ uri: String) {
        let length = lines.reduce(uri.utf8.count) { $0 + $1.name.utf8.count + $1.value.utf8.count + Self.lineCost }
        if length > Self.mostKept {
            self = HeadReader()
        } else {
            (request, target) = (read, uri)
        }
    }
}
