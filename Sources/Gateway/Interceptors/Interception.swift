import AWSCore
import HTTPTypes
import Kernel
import MCPCore

/// What the functions around a gateway do to a request and its answer (ledger `interceptor-order`): the REQUEST
/// interceptor comes after the caller was let in, the RESPONSE interceptor last, also after a short-circuit.
struct Interception {
    private let gateway: Gateway
    private let record: GatewayRecord
    private let request: Interceptor?
    private let response: Interceptor?

    private struct Interceptor {
        let arn: String
        let passesHeaders: Bool

        init?(_ json: JSONValue, at point: String) {
            guard json["interceptionPoints"]?.strings?.contains(point) == true,
                let arn = json["interceptor"]?["lambda"]?["arn"]?.string
            else { return nil }
            self.arn = arn
            passesHeaders = json["inputConfiguration"]?["passRequestHeaders"]?.bool ?? false
        }
    }

    /// The interceptor's answer cannot be used (E40).
    private struct Unusable: Error {
        let note: String
        static let message = "InterceptorException - Received invalid response from interceptor"
    }

    init(gateway: Gateway, record: GatewayRecord) {
        self.gateway = gateway
        self.record = record
        let configurations = record.request["interceptorConfigurations"]?.array ?? []
        request = configurations.lazy.compactMap { Interceptor($0, at: "REQUEST") }.first
        response = configurations.lazy.compactMap { Interceptor($0, at: "RESPONSE") }.first
    }

    func around(_ original: Request, _ next: (Request, CallTraffic) async -> Response) async -> Response {
        let traffic = CallTraffic(headers: original.head.headerFields, query: original.parameters)
        // Only messages are intercepted; without a body there is none.
        guard request != nil || response != nil, original.method == .post,
            let body = try? JSONValue(parsing: original.body)
        else { return traffic.marked(await next(original, traffic)) }
        do throws(Unusable) {
            var answer: Response
            if let request {
                let changed = try await changed(original, body, by: request)
                switch changed {
                case .response(let response): answer = Self.answer(response, to: body)
                case .request(let message, let headers):
                    let traffic = CallTraffic(
                        headers: original.head.headerFields, query: original.parameters, intercepted: headers)
                    answer = traffic.marked(await next(message, traffic))
                }
            } else {
                answer = traffic.marked(await next(original, traffic))
            }
            if let response { answer = try await changed(answer, to: original, body, by: response) }
            return answer
        } catch {
            gateway.world.note(error.note)
            // What asks for nothing gets no JSON-RPC answer, only a status that refuses.
            if Self.asksForNothing(body) { return Response(500) }
            let id = body["id"].flatMap { RequestID($0) }
            return .json(200, JSONRPC.error(id, JSONRPCError(-32603, Unusable.message)))
        }
    }

    /// A notification, or an answer of the caller's (MCP 2025-11-25, transports, sending messages to the server).
    private static func asksForNothing(_ body: JSONValue) -> Bool {
        body.object != nil && (body["id"] == nil || body["method"] == nil)
    }

    /// What asks for nothing and is taken gets 202 without a body; a refusal stands as the interceptor wrote it.
    private static func answer(_ response: Response, to body: JSONValue) -> Response {
        guard response.isSuccess, asksForNothing(body) else { return response }
        var accepted = StreamableHTTP.accepted
        accepted.head.headerFields = response.head.headerFields
        accepted.head.headerFields[.contentType] = nil
        return accepted
    }

    private enum Changed {
        case request(Request, HTTPFields)
        /// The target is not asked.
        case response(Response)
    }

    private func changed(
        _ original: Request, _ body: JSONValue, by interceptor: Interceptor
    ) async throws(Unusable) -> Changed {
        let output = try await invoke(interceptor, ["gatewayRequest": shown(original, body, interceptor)], original)
        if let transformed = output["transformedGatewayResponse"] { return .response(try response(of: transformed)) }
        guard let transformed = output["transformedGatewayRequest"] else {
            throw Unusable(note: "the interceptor gave neither a request nor a response")
        }
        var message = original
        // `null` and a text are refused, a missing body leaves the message as it is.
        if let changed = transformed["body"] {
            guard changed.object != nil else { throw Unusable(note: "the interceptor's body is no object") }
            message.body = changed.bytes
        }
        return .request(message, Self.fields(transformed["headers"]))
    }

    private func changed(
        _ answer: Response, to original: Request, _ body: JSONValue, by interceptor: Interceptor
    ) async throws(Unusable) -> Response {
        // What is still to come of a stream nobody can change.
        guard answer.events == nil else {
            gateway.world.note("a stream that is still open passes the RESPONSE interceptor by")
            return answer
        }
        let isStream = answer.mediaType == "text/event-stream"
        let last = isStream ? ServerSentEvents.data(in: answer.body).last : answer.body
        let content = last.flatMap { try? JSONValue(parsing: $0) } ?? [:]
        let gatewayResponse: JSONValue = [
            "statusCode": .int(Int64(answer.status)), "headers": Self.shown(answer.head.headerFields),
            "body": content, "isStreamingResponse": .bool(isStream),
        ]
        let output = try await invoke(
            interceptor,
            ["gatewayRequest": shown(original, body, interceptor), "gatewayResponse": gatewayResponse], original)
        guard let transformed = output["transformedGatewayResponse"] else { return answer }
        // A notification has no body, whatever the interceptor says about it.
        guard !answer.content.isEmpty else { return answer }
        var changed = try response(of: transformed)
        for field in answer.head.headerFields where changed.head.headerFields[field.name] == nil {
            changed.head.headerFields[field.name] = field.value
        }
        return changed
    }

    private func response(of transformed: JSONValue) throws(Unusable) -> Response {
        guard let body = transformed["body"], body.object != nil else {
            throw Unusable(note: "the interceptor's body is no object")
        }
        let status = transformed["statusCode"]?.int ?? 200
        guard (200...599).contains(status) else { throw Unusable(note: "the interceptor's status is none") }
        return .json(Int(status), body, headers: Self.fields(transformed["headers"]))
    }

    /// `mcp` of what the function answered.
    private func invoke(
        _ interceptor: Interceptor, _ parts: JSONObject, _ original: Request
    ) async throws(Unusable) -> JSONValue {
        let raw: JSONObject = ["rawGatewayRequest": ["body": .string(String(decoding: original.body, as: UTF8.self))]]
        let input: JSONValue = [
            "interceptorInputVersion": "1.0", "mcp": .object(raw.merging(parts)),
        ]
        let network = SigningPort(
            world: gateway.world, service: "lambda", region: gateway.settings.region, account: record.account)
        let output: JSONValue
        do throws(FunctionFailure) {
            output = try await FunctionClient(network: network).invoke(interceptor.arn, input)
        } catch {
            throw Unusable(note: error.cause)
        }
        guard output["interceptorOutputVersion"] == "1.0", let mcp = output["mcp"], mcp.object != nil else {
            throw Unusable(note: "the interceptor's answer has no interceptorOutputVersion 1.0 with mcp")
        }
        return mcp
    }

    /// Headers only where the configuration says so: they hold the caller's token (ledger `interceptor-headers`).
    private func shown(_ request: Request, _ body: JSONValue, _ interceptor: Interceptor) -> JSONValue {
        var result: JSONObject = ["path": "/mcp", "httpMethod": .string(request.method.rawValue)]
        if interceptor.passesHeaders || !gateway.world.switches.holds(.interceptorSeesNoHeaders) {
            result.append("headers", Self.shown(request.head.headerFields))
        }
        result.append("body", body)
        return .object(result)
    }

    /// Names as people write them, `Content-Type`, whatever the wire had.
    private static func shown(_ fields: HTTPFields) -> JSONValue {
        var result = JSONObject()
        for field in fields {
            let words = field.name.canonicalName.split(separator: "-", omittingEmptySubsequences: false)
            result[words.map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: "-")] =
                .string(field.value)
        }
        return .object(result)
    }

    private static func fields(_ json: JSONValue?) -> HTTPFields {
        var fields = HTTPFields()
        for member in json?.object?.members ?? [] {
            guard let name = HTTPField.Name(member.name), let value = member.value.string else { continue }
            fields[name] = value
        }
        return fields
    }
}

/// The network with the gateway's role on every request.
struct SigningPort: Network {
    let world: World
    let service: String
    let region: String
    let account: String

    func send(_ request: Request) async throws(NetworkFailure) -> Response {
        try await world.network.send(
            RoleSigner(world: world).signed(request, service: service, region: region, account: account))
    }
}
