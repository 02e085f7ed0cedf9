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
    private var table = RouteTable()
    private var handlers: [Handler] = []
    /// The path of each route, holes in braces.
    package private(set) var templates: [String] = []

    package init() {}

    package mutating func on(_ method: HTTPRequest.Method, _ template: String, _ handler: Handler) {
        table.add(method, template)
        templates.append(template)
        handlers.append(handler)
    }

    /// GET of what reading does not change, and therefore HEAD (RFC 9110 section 9.3.2): the server leaves the content
    /// out. A GET that has effects, as of a link that works once, is no document, and whoever looks at it ahead by HEAD
    /// does nothing to it.
    package mutating func document(_ template: String, _ handler: Handler) {
        table.add(.get, template, isDocument: true)
        templates.append(template)
        handlers.append(handler)
    }

    package enum Match {
        case found(Handler, PathParameters)
        /// The path exists with other methods: 405 and this `Allow`.
        case otherMethods([HTTPRequest.Method])
        case nothing
    }

    package func match(_ request: Request) -> Match {
        switch table.match(request) {
        case .found(let place, let parameters): .found(handlers[place], parameters)
        case .otherMethods(let methods): .otherMethods(methods)
        case .nothing: .nothing
        }
    }
}

/// The templates of a router, without its handlers: what is not generic is compiled once and well.
private struct RouteTable: Sendable {
    private struct Route: Sendable {
        let method: HTTPRequest.Method
        /// Whether HEAD is answered as GET is.
        let isDocument: Bool
        let segments: [Segment]
        let place: Int
    }
    private enum Segment: Sendable {
        case literal([UInt8])
        case hole(String)
    }
    enum Match {
        case found(Int, PathParameters)
        case otherMethods([HTTPRequest.Method])
        case nothing
    }
    /// By the number of their segments.
    private var routes: [[Route]] = []
    private var count = 0

    mutating func add(_ method: HTTPRequest.Method, _ template: String, isDocument: Bool = false) {
        var template = template
        let segments = template.withUTF8 { bytes in
            Self.segments(of: bytes).map { place -> Segment in
                bytes[place.lowerBound] == UInt8(ascii: "{") && bytes[place.upperBound - 1] == UInt8(ascii: "}")
                    ? .hole(String(decoding: bytes[place].dropFirst().dropLast(), as: UTF8.self))
                    : .literal(Array(bytes[place]))
            }
        }
        while routes.count <= segments.count { routes.append([]) }
        routes[segments.count].append(
            Route(method: method, isDocument: isDocument, segments: segments, place: count))
        count += 1
    }

    func match(_ request: Request) -> Match {
        var target = request.head.path ?? "/"
        return target.withUTF8 { match(request.method, $0) }
    }

    private func match(_ method: HTTPRequest.Method, _ target: UnsafeBufferPointer<UInt8>) -> Match {
        let segments = Self.segments(of: target)
        guard segments.count < routes.count else { return .nothing }
        var others: [HTTPRequest.Method] = []
        for route in routes[segments.count] where Self.fits(route.segments, segments, target) {
            if route.method == method || route.isDocument && method == .head {
                return .found(route.place, Self.values(of: route.segments, segments, target))
            }
            others.append(route.method)
        }
        return others.isEmpty ? .nothing : .otherMethods(others)
    }

    /// Cut before decoding, so that %2F stays inside its segment; the query is none of it.
    private static func segments(of target: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var segments: [Range<Int>] = []
        var start = 0
        var place = 0
        while place <= target.count {
            let isEnd = place == target.count || target[place] == UInt8(ascii: "?")
            if isEnd || target[place] == UInt8(ascii: "/") {
                if place > start { segments.append(start..<place) }
                if isEnd { break }
                start = place + 1
            }
            place += 1
        }
        return segments
    }

    /// Both have as many segments.
    private static func fits(
        _ template: [Segment], _ segments: [Range<Int>], _ target: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        for index in template.indices {
            guard case .literal(let text) = template[index] else { continue }
            let segment = segments[index]
            guard segment.count == text.count else { return false }
            for offset in text.indices where text[offset] != target[segment.lowerBound + offset] { return false }
        }
        return true
    }

    private static func values(
        of template: [Segment], _ segments: [Range<Int>], _ target: UnsafeBufferPointer<UInt8>
    ) -> PathParameters {
        var values: [String: String] = [:]
        for index in template.indices {
            guard case .hole(let name) = template[index] else { continue }
            values[name] = percentDecoded(String(decoding: target[segments[index]], as: UTF8.self))
        }
        return PathParameters(values)
    }
}
