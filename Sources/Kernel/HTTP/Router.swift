package import HTTPTypes

/// Values of a route's holes: `{gatewayId}` in the template is `["gatewayId"]` here, percent-decoded.
package struct PathParameters: Sendable, Hashable {
    private let values: [String: String]
    init(_ values: [String: String]) { self.values = values }
    /// Empty for a name the template does not have.
    package subscript(_ name: String) -> String { values[name] ?? "" }
}

/// Method and path template to a handler. A final slash does not matter; a hole is one path segment.
package struct Router<Handler: Sendable>: Sendable {
    private struct Route: Sendable {
        let method: HTTPRequest.Method
        let segments: [Segment]
        let handler: Handler
    }
    private enum Segment: Sendable {
        case literal(String)
        case hole(String)
    }
    private var routes: [Int: [Route]] = [:]

    package init() {}

    package mutating func on(_ method: HTTPRequest.Method, _ template: String, _ handler: Handler) {
        let segments = template.utf8.split(separator: UInt8(ascii: "/")).map { part -> Segment in
            part.first == UInt8(ascii: "{") && part.last == UInt8(ascii: "}")
                ? .hole(String(Substring(part.dropFirst().dropLast()))) : .literal(String(Substring(part)))
        }
        routes[segments.count, default: []].append(Route(method: method, segments: segments, handler: handler))
    }

    package enum Match {
        case found(Handler, PathParameters)
        /// The path exists with other methods: 405 and this `Allow`.
        case otherMethods([HTTPRequest.Method])
        case nothing
    }

    package func match(_ request: Request) -> Match {
        // Split before decoding, so that %2F stays inside its segment.
        let path = request.path
        let segments = path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
        let method = request.method
        var others: [HTTPRequest.Method] = []
        for route in routes[segments.count] ?? [] where Self.fits(route.segments, segments) {
            if route.method == method {
                return .found(route.handler, PathParameters(Self.values(of: route.segments, in: segments)))
            }
            others.append(route.method)
        }
        return others.isEmpty ? .nothing : .otherMethods(others)
    }

    /// Both have as many segments.
    private static func fits(_ template: [Segment], _ path: [Substring]) -> Bool {
        for index in template.indices {
            if case .literal(let text) = template[index], text != path[index] { return false }
        }
        return true
    }

    private static func values(of template: [Segment], in path: [Substring]) -> [String: String] {
        var values: [String: String] = [:]
        for index in template.indices {
            if case .hole(let name) = template[index] { values[name] = percentDecoded(path[index]) }
        }
        return values
    }
}
