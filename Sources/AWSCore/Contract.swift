package import HTTPTypes
package import Kernel

// AWSCore is the vocabulary of the AWS side: contract, errors, names, nouns. It answers no request and keeps no state.

/// The operations of both AWS services and the constraints on their inputs, as the service model has them.
package struct Contract: Sendable {
    package enum Service: String, Sendable, Hashable {
        case control
        case data
    }

    package struct Operation: Sendable, Hashable {
        package let name: String
        package let service: Service
        package let method: HTTPRequest.Method
        /// `/gateways/{gatewayIdentifier}/targets/`
        package let uri: String
        /// Status of success.
        package let status: Int
        let input: Shape.Reference?
        let output: Shape.Reference?
    }

    /// Version of the model it was made from.
    package let version: String
    let shapes: [Shape]
    /// Those with a member, at whatever depth, that has another name on the wire.
    let renaming: Set<Shape.Reference>
    /// The model's `SecretArn`.
    private let secretARN: Shape.Reference?
    private let byName: [String: Operation]
    private let router: Router<Operation>
    /// Paths without holes, which are most, by method and path.
    private let plainRoutes: [String: (Operation, PathParameters)]
    /// Whose operations such a path has.
    private let plainServices: [String: Set<Service>]
    /// In the order of the file.
    package let operations: [Operation]

    /// Reads `mocks/contract/contract.json`.
    ///
    /// - Throws: `ContractFailure` for anything that is not such a file.
    package init(json: JSONValue) throws {
        version = json["botocore"]?.string ?? ""
        var places: [String: [String: Shape.Reference]] = [:]
        var sources: [(service: String, json: JSONValue)] = []
        for section in json["shapes"]?.object?.members ?? [] {
            var own: [String: Shape.Reference] = [:]
            for entry in section.value.object?.members ?? [] {
                own[entry.name] = sources.count
                sources.append((section.name, entry.value))
            }
            places[section.name] = own
        }
        let find = { (service: String, name: String) throws(ContractFailure) -> Shape.Reference in
            guard let place = places[service]?[name] else {
                throw ContractFailure("no shape \(service).\(name)")
            }
            return place
        }
        shapes = try sources.map { source in
            try Shape(source.json) { (name: String) throws(ContractFailure) in try find(source.service, name) }
        }
        renaming = Self.renaming(shapes)
        secretARN = places["control"]?["SecretArn"]
        operations = try (json["operations"]?.array ?? []).map { try Self.operation($0, find: find) }
        guard !operations.isEmpty else { throw ContractFailure("no operations") }
        // An empty name in a path is one that breaks its constraints (ledger `aws-empty-label`).
        var router = Router<Operation>(holesMayBeEmpty: true)
        for operation in operations { router.on(operation.method, operation.uri, operation) }
        self.router = router
        var plainRoutes: [String: (Operation, PathParameters)] = [:]
        for operation in operations where !operation.uri.contains("{") {
            let request = Request(
                head: RequestHead(method: operation.method, scheme: nil, authority: nil, path: operation.uri))
            guard case .found(let found, let parameters) = router.match(request) else { continue }
            plainRoutes["\(operation.method.rawValue) \(operation.uri)"] = (found, parameters)
        }
        self.plainRoutes = plainRoutes
        var plainServices: [String: Set<Service>] = [:]
        for (operation, _) in plainRoutes.values { plainServices[operation.uri, default: []].insert(operation.service) }
        self.plainServices = plainServices
        byName = Dictionary(operations.map { ($0.name, $0) }) { first, _ in first }
    }

    private static func operation(
        _ json: JSONValue, find: (String, String) throws(ContractFailure) -> Shape.Reference
    ) throws -> Operation {
        guard let name = json["name"]?.string, let uri = json["uri"]?.string, let status = json["status"]?.int,
            let method = json["method"]?.string.flatMap(HTTPRequest.Method.init(rawValue:)),
            let service = json["service"]?.string.flatMap(Service.init(rawValue:))
        else { throw ContractFailure("broken operation \(json["name"]?.string ?? "without a name")") }
        func shape(_ part: String) throws(ContractFailure) -> Shape.Reference? {
            guard let name = json[part]?.string else { return nil }
            return try find(service.rawValue, name)
        }
        return Operation(
            name: name, service: service, method: method, uri: uri, status: Int(status), input: try shape("input"),
            output: try shape("output"))
    }

    /// Whether an answer may show it as the ARN of a secret.
    package func isSecretARN(_ text: String) -> Bool {
        guard let secretARN, case .string(_, let pattern?) = shapes[secretARN].kind else { return false }
        return pattern.matches(text)
    }

    package func operation(named name: String) -> Operation? { byName[name] }

    /// The operation a request asks for, by method and path, with the values of the path's holes.
    ///
    /// - Throws: a `ValidationException` that names what was asked for and what there is. Never a 404 page: a client
    ///   would show its text instead of an error it knows.
    package func operation(
        for request: Request, supporting names: @autoclosure () -> [String]? = nil
    ) throws(AWSError) -> (Operation, PathParameters) {
        if let plain = plainRoutes["\(request.method.rawValue) \(request.path)"] { return plain }
        switch router.match(request) {
        case .found(let operation, let parameters): return (operation, parameters)
        case .otherMethods(let methods):
            let list = methods.map(\.rawValue).sorted().joined(separator: ", ")
            throw AWSError(
                .validation,
                "Operation \(request.method.rawValue) \(Self.shown(request.path)) is not supported; "
                    + "supported methods: \(list)",
                reason: .cannotParse)
        case .nothing:
            throw AWSError(
                .validation,
                """
                Operation \(request.method.rawValue) \(Self.shown(request.path)) is not supported; \
                supported: \((names() ?? operations.map(\.name)).joined(separator: ", "))
                """,
                reason: .cannotParse)
        }
    }

    /// Whether a path belongs to an operation of this service, by whatever method.
    package func claims(_ path: String, for service: Service) -> Bool {
        if let plain = plainServices[path] { return plain.contains(service) }
        return router.leads(path) { $0.service == service }
    }

    /// A path for a message: short, and nothing that could be a secret in a query.
    private static func shown(_ path: String) -> String { String(path.prefix(200)) }
}
