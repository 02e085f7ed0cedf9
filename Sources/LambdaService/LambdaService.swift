import AWSCore
import HTTPTypes
package import Kernel

// The functions of a lab behind AWS Lambda's Invoke API: declared as data, or a command of the user's own. It knows
// neither gateway nor target: an event comes in and an answer goes out.

/// `POST /2015-03-31/functions/{name}/invocations` (AWS Lambda API reference, Invoke).
package struct LambdaService: Origin {
    let world: World
    let region: String
    private let catalogue: FunctionCatalogue
    private let commands: (any CommandRunner)?

    package init(
        world: World, catalogue: FunctionCatalogue, region: String, commands: (any CommandRunner)? = nil
    ) {
        self.world = world
        self.region = region
        self.catalogue = catalogue
        self.commands = commands
    }

    /// Synchronous invocations take and give at most this (ledger `lambda-payload`).
    private static let longest = 6 << 20

    package func respond(to request: Request) async -> Response {
        let segments = request.path.split(separator: "/").map { percentDecoded($0) }
        if let answer = registry(request, segments) { return answer }
        guard segments.count == 4, segments[1] == "functions", segments[3] == "invocations" else {
            return Self.error(404, "ResourceNotFoundException", "No such path")
        }
        guard request.method == .post else { return Self.error(405, "MethodNotAllowedException", "POST expected") }
        // Who signed is not checked; that somebody did is (ledger `lambda-invoke`).
        if request.credentials("AWS4-HMAC-SHA256") == nil, world.switches.holds(.invocationSigned) {
            world.note("an invocation without a signature", rule: .invocationSigned)
            return Self.error(403, "MissingAuthenticationTokenException", "Missing Authentication Token")
        }
        let named = FunctionName(segments[2], caller: AWSNames.account(of: request))
        let name = named.name
        // Functions of the lab's file are there in every account.
        let created = isRegistered(named) ? FunctionCatalogue.Function(behaviour: .cases([]), isInvocable: true) : nil
        guard let function = catalogue.function(name) ?? created else {
            return Self.error(404, "ResourceNotFoundException", "Function not found: \(segments[2])")
        }
        if created != nil, isForeign(named, to: AWSNames.account(of: request)) {
            return foreign("InvokeFunction", named)
        }
        guard function.isInvocable else {
            return Self.error(
                403, "AccessDeniedException", "Not authorized to perform: lambda:InvokeFunction on \(name)")
        }
        guard !request.content.isLonger(than: Self.longest) else {
            return Self.error(413, "RequestTooLargeException", "Request must be smaller than 6291456 bytes")
        }
        guard let event = request.content.isEmpty ? [:] : try? request.json() else {
            return Self.error(400, "InvalidRequestContentException", "Could not parse request body into json")
        }
        return await invoke(function, event, context(of: request))
    }

    /// `clientContext` as the function sees it.
    private func context(of request: Request) -> JSONValue {
        let header = request.header(fieldName("X-Amz-Client-Context")).flatMap { Base64.decode($0) }
        return header.flatMap { try? JSONValue(parsing: $0) } ?? [:]
    }

    private func invoke(_ function: FunctionCatalogue.Function, _ event: JSONValue, _ context: JSONValue) async
        -> Response
    {
        switch function.behaviour {
        case .cases(let cases):
            let template = ValueTemplate(facts: ["event": event, "context": context])
            guard let found = cases.first(where: { $0.matches(template) }) else { return Self.success(.null) }
            switch found.outcome {
            case .returns(let value): return Self.success(template.filled(value) ?? .null)
            case .fails(let text): return Self.failure("Exception", template.text(text))
            }
        case .command(let command):
            guard let commands else {
                return Self.failure("Runtime.NoCommand", "Commands run only in a served lab that allows them")
            }
            do throws(CommandFault) {
                let input: JSONValue = ["event": event, "context": context]
                let output = try await commands.run(command, input: input.bytes)
                guard let json = try? JSONValue(parsing: output) else {
                    return Self.failure("Runtime.MarshalError", "The command's output is no JSON")
                }
                return Self.success(json)
            } catch {
                return Self.failure("Runtime.ExitError", error.reason)
            }
        }
    }

    private static func success(_ value: JSONValue) -> Response {
        .json(200, value, headers: [fieldName("X-Amz-Executed-Version"): "$LATEST"])
    }

    /// A function that throws is still a 200; the header says so.
    private static func failure(_ type: String, _ message: String) -> Response {
        .json(
            200, ["errorMessage": .string(message), "errorType": .string(type)],
            headers: [fieldName("X-Amz-Function-Error"): "Unhandled"])
    }

    static func error(_ status: Int, _ type: String, _ message: String) -> Response {
        .json(
            status, ["Type": "User", "Message": .string(message)], headers: [fieldName("x-amzn-ErrorType"): type])
    }
}
