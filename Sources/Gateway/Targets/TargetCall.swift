import AWSCore
import HTTPTypes
import Kernel
import MCPCore

/// A tool of a target that is no MCP server: a function, or an operation of an HTTP API.
struct TargetCall {
    let endpoint: Endpoint
    let tool: ServedTool
    /// Behind a tool of an HTTP API; nil where there is none.
    let operation: APIOperation?
    let arguments: JSONValue
    let port: TargetPort
    /// Of the JSON-RPC request; nil where it is not known.
    var messageID: RequestID?

    func result() async throws(ToolFailure) -> JSONValue {
        switch tool.target.kind {
        case .lambda: return try await function()
        case .openAPI, .smithy, .apiGateway: return try await operate()
        default: throw .tool(cause: "This type of target is not emulated")
        }
    }

    // MARK: - Lambda

    /// The event is the arguments alone; the client context says which tool is meant and names no user
    /// (ledger `lambda-event`, `P58`).
    private func function() async throws(ToolFailure) -> JSONValue {
        let arn = tool.target.configuration["mcp"]?["lambda"]?["lambdaArn"]?.string ?? ""
        let context: JSONObject = [
            "bedrockAgentCoreMessageVersion": "1.0",
            "bedrockAgentCoreAwsRequestId": .string(endpoint.world.entropy.uuid(for: "gateway.lambda-request")),
            "bedrockAgentCoreMcpMessageId": .string(Self.text(messageID)),
            "bedrockAgentCoreGatewayId": .string(endpoint.record.id.rawValue),
            "bedrockAgentCoreTargetId": .string(tool.target.id.rawValue),
            "bedrockAgentCoreToolName": .string(ToolName.joined(tool.target.name, tool.name)),
        ]
        do throws(FunctionFailure) {
            let answer = try await FunctionClient(network: port).invoke(arn, arguments, context: context)
            return shaped(answer, text: answer.text)
        } catch {
            throw .tool(cause: error.cause)
        }
    }

    private static func text(_ id: RequestID?) -> String {
        switch id {
        case .string(let text)?: text
        case .int(let number)?: "\(number)"
        default: ""
        }
    }

    // MARK: - HTTP APIs

    private func operate() async throws(ToolFailure) -> JSONValue {
        guard let operation else {
            throw .tool(cause: "The target has no operation behind this tool")
        }
        let request: Request
        do throws(APIRequest.Failure) {
            request = try APIRequest(operation: operation, arguments: arguments.object ?? [:]).request()
        } catch {
            throw .tool(cause: error.reason)
        }
        let response: Response
        do throws(NetworkFailure) {
            response = try await port.send(request)
        } catch {
            throw .dependency(cause: "Unable to connect to \(operation.server)")
        }
        // A redirect is an answer like any other: a credential never follows one (ledger `openapi-server`).
        guard response.isSuccess else {
            throw .tool(cause: "\(operation.method) \(operation.path) answered with status \(response.status)")
        }
        return shaped(response.json, text: response.bodyText)
    }

    /// The answer as text, and as data where the tool promises some (MCP 2025-11-25, server, tools).
    private func shaped(_ answer: JSONValue?, text: String) -> JSONValue {
        var result: JSONObject = [
            "isError": false, "content": [["type": "text", "text": .string(text)]],
        ]
        if tool.definition["outputSchema"] != nil, let answer, answer.object != nil {
            result.append("structuredContent", answer)
        }
        return .object(result)
    }
}
