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
    private var table: RouteTable
    private var handlers: [Handler] = []
    /// The path of each route, holes in braces.
    package private(set) var templates: [String] = []

    /// - Parameter holesMayBeEmpty: whether `//` is a segment without letters, as a client writes that puts an empty
    ///   name into a template; otherwise several slashes are one. Such a segment fits a hole and nothing else.
    package init(holesMayBeEmpty: Bool = false) { table = RouteTable(holesMayBeEmpty: holesMayBeEmpty) }

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

    /// Whether a path has a handler of this kind, by whatever method.
    package func leads(_ path: String, to isOfKind: (Handler) -> Bool) -> Bool {
        table.places(at: path).contains { isOfKind(handlers[$0]) }
    }
}

/// The templates of a router, without its handlers: what is not generic is compiled once and well.
private struct RouteTable: Sendable {
    private struct Route: Sendable {
        let method: HTTPRequest.Method
        /// Whether HEAD is answered as GET is.
        let isDocument: Bool
        let segments: [Segment]
        let endsInSlash: Bool
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
    private let holesMayBeEmpty: Bool
    /// By the number of their segments.
    private var routes: [[Route]] = []
    private var count = 0

    init(holesMayBeEmpty: Bool) { self.holesMayBeEmpty = holesMayBeEmpty }

    mutating func add(_ method: HTTPRequest.Method, _ template: String, isDocument: Bool = false) {
        let segments = template.pieces(by: "/").map { piece -> Segment in
            piece.hasPrefix("{") && piece.hasSuffix("}")
                ? .hole(String(piece.dropFirst().dropLast())) : .literal(Array(piece.utf8))
        }
        while routes.count <= segments.count { routes.append([]) }
        routes[segments.count].append(
            Route(
                method: method, isDocument: isDocument, segments: segments, endsInSlash: template.hasSuffix("/"),
                place: count))
        count += 1
    }

    func match(_ request: Request) -> Match {
        var target = request.head.path ?? "/"
        return target.withUTF8 { match(request.method, $0) }
    }

    private func match(_ method: HTTPRequest.Method, _ target: UnsafeBufferPointer<UInt8>) -> Match {
        var segments = segments(of: target)
        guard holesMayBeEmpty, segments.last?.isEmpty == true else { return match(method, segments, target) }
        // To the letter `/tags/` is `/tags/{name}` of an empty name; only then is its last slash one too many.
        let exact = match(method, segments, target, fillsLastHole: true)
        if case .found = exact { return exact }
        segments.removeLast()
        let rest = match(method, segments, target)
        if case .nothing = rest { return exact }
        return rest
    }

    private func match(
        _ method: HTTPRequest.Method, _ segments: [Range<Int>], _ target: UnsafeBufferPointer<UInt8>,
        fillsLastHole: Bool = false
    ) -> Match {
        guard segments.count < routes.count else { return .nothing }
        var others: [HTTPRequest.Method] = []
        for route in routes[segments.count] where !(fillsLastHole && route.endsInSlash) {
            guard Self.fits(route.segments, segments, target) else { continue }
            if route.method == method || route.isDocument && method == .head {
                return .found(route.place, Self.values(of: route.segments, segments, target))
            }
            others.append(route.method)
        }
        return others.isEmpty ? .nothing : .otherMethods(others)
    }

    /// Of the routes that a path leads to, by any method.
    func places(at path: String) -> [Int] {
        var path = path
        return path.withUTF8 { target in
            var segments = segments(of: target)
            var places: [Int] = []
            if holesMayBeEmpty, segments.last?.isEmpty == true {
                places = self.places(segments, target) { !$0.endsInSlash }
                segments.removeLast()
            }
            return places + self.places(segments, target) { _ in true }
        }
    }

    private func places(
        _ segments: [Range<Int>], _ target: UnsafeBufferPointer<UInt8>, of kind: (Route) -> Bool
    ) -> [Int] {
        guard segments.count < routes.count else { return [] }
        return routes[segments.count].filter { kind($0) && Self.fits($0.segments, segments, target) }.map(\.place)
    }

    /// Cut before decoding, so that %2F stays inside its segment; the query is none of it. What stands before the first
    /// slash is no segment.
    private func segments(of target: UnsafeBufferPointer<UInt8>) -> [Range<Int>] {
        var segments: [Range<Int>] = []
        // No path of any party has more.
        segments.reserveCapacity(8)
        var start = 0
        var place = 0
        while place <= target.count {
            let isEnd = place == target.count || target[place] == UInt8(ascii: "?")
            if isEnd || target[place] == UInt8(ascii: "/") {
                if place > start || holesMayBeEmpty && place > 0 { segments.append(start..<place) }
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
