package import Kernel

extension Contract {
    /// What a request carries, by the model's member names.
    package struct Input: Sendable, Hashable {
        package var members: JSONObject
        /// Paths of members that the model does not know: ignored, as AWS does, but worth a line in the journal.
        package let unknown: [String]
    }

    /// How strict inputs are read.
    package struct Manner: Sendable {
        let acceptsPlainHTTP: Bool
        /// Of the lab; nil for none.
        let addresses: AddressBook?
        let refusesAsSerialization: Bool

        /// Exactly the model.
        package static let strict = Manner(acceptsPlainHTTP: false, addresses: nil, refusesAsSerialization: false)

        private init(acceptsPlainHTTP: Bool, addresses: AddressBook?, refusesAsSerialization: Bool) {
            self.acceptsPlainHTTP = acceptsPlainHTTP
            self.addresses = addresses
            self.refusesAsSerialization = refusesAsSerialization
        }

        /// As a lab decided.
        package init(_ world: World) { self.init(world.switches, world.addresses) }

        package init(_ switches: Switches, _ addresses: AddressBook) {
            self.init(
                acceptsPlainHTTP: switches.isOn(.loopbackHTTP),
                addresses: addresses,
                refusesAsSerialization: switches.choice(.unparsableBody) == "SerializationException")
        }

        /// Whether plain http to this address may stand where https is demanded.
        func accepts(_ url: String) -> Bool {
            guard acceptsPlainHTTP, let parts = URLParts(url), parts.scheme == "http" else { return false }
            return parts.isLoopback || addresses?.isOfLab(url) == true
        }
    }

    /// All members of the input by name (in the body by their wire name, to be echoed), from path, query and body.
    ///
    /// - Throws: `ValidationException` that lists every broken constraint.
    package func validate(
        _ operation: Operation, request: Request, path: PathParameters, manner: Manner = .strict
    ) throws(AWSError) -> JSONObject {
        try read(operation, request: request, path: path, manner: manner).members
    }

    /// As `validate`, and what was ignored.
    package func read(
        _ operation: Operation, request: Request, path: PathParameters, manner: Manner = .strict
    ) throws(AWSError) -> Input {
        guard !request.content.isLonger(than: Request.longestBody) else {
            throw AWSError(
                .validation, "Request body must be at most \(Request.longestBody) bytes", reason: .cannotParse)
        }
        guard let input = operation.input, case .structure(let members, _) = shapes[input].kind else {
            return Input(members: [:], unknown: [])
        }
        let readsBody = members.contains { $0.place == .body }
        var wire = readsBody ? try Self.body(of: request, manner) : [:]
        // What a body says about a member that lives in the path or query does not count.
        for member in members where member.place != .body { wire[member.wireName] = nil }
        let query = request.parameters
        for member in members {
            switch member.place {
            case .body, .header: break
            case .uri: wire[member.wireName] = .string(path[member.wireName])
            case .query: wire[member.wireName] = fromQuery(query.all(member.wireName), shapes[member.shape])
            }
        }
        return try check(.object(wire), as: input, manner)
    }

    /// The same of input that came by another way than HTTP.
    package func check(_ value: JSONValue, as operation: Operation, manner: Manner = .strict) throws(AWSError) -> Input
    {
        guard let input = operation.input else { return Input(members: [:], unknown: []) }
        return try check(value, as: input, manner)
    }

    /// Why an answer does not fit the model; empty if it does.
    package func faults(inOutput value: JSONValue, of operation: Operation) -> [AWSError.Field] {
        guard let output = operation.output else { return [] }
        var validator = Validator(shapes: shapes, manner: .strict)
        _ = validator.check(value, shapes[output])
        return validator.faults + validator.unknown.map { AWSError.Field($0, "Member is not in the model") }
    }

    private func check(_ value: JSONValue, as input: Shape.Reference, _ manner: Manner) throws(AWSError) -> Input {
        var validator = Validator(shapes: shapes, manner: manner)
        let checked = validator.check(value, shapes[input])
        guard validator.faults.isEmpty, let members = checked?.object else {
            throw AWSError.invalid(validator.faults)
        }
        return Input(members: members, unknown: validator.unknown)
    }

    private static func body(of request: Request, _ manner: Manner) throws(AWSError) -> JSONObject {
        guard !request.content.isEmpty else { return [:] }
        let code: AWSError.Code = manner.refusesAsSerialization ? .serialization : .validation
        let reason: AWSError.Reason? = manner.refusesAsSerialization ? nil : .cannotParse
        let value: JSONValue
        do throws(JSONFailure) {
            value = try request.json()
        } catch {
            // Reason and place only: the text around it could be a secret.
            throw AWSError(code, "Request body is not valid JSON: \(error.description)", reason: reason)
        }
        guard let object = value.object else {
            throw AWSError(code, "Request body must be a JSON object", reason: reason)
        }
        return object
    }

    private func fromQuery(_ values: [String], _ shape: Shape) -> JSONValue? {
        guard let first = values.first else { return nil }
        switch shape.kind {
        case .integer: return Int64(first).map { .int($0) } ?? .string(first)
        case .boolean: return first == "true" ? true : first == "false" ? false : .string(first)
        case .list: return .strings(values)
        default: return .string(first)
        }
    }
}
