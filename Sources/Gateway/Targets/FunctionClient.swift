import HTTPTypes
import Kernel

/// Why a function gave no answer, in words for an operator.
struct FunctionFailure: Error {
    let cause: String
}

/// Lambda as the gateway calls it: for targets and for interceptors, always with its own role (ledger `lambda-invoke`).
struct FunctionClient {
    let network: any Network

    /// Invokes a function and waits for its answer.
    func invoke(
        _ arn: String, _ event: JSONValue, context: JSONObject = [:]
    ) async throws(FunctionFailure) -> JSONValue {
        let parts = arn.split(separator: ":", omittingEmptySubsequences: false)
        let region = parts.count > 3 ? String(parts[3]) : ""
        let url =
            "https://lambda.\(region).amazonaws.com/2015-03-31/functions/\(percentEncoded(arn))/invocations"
        var headers: HTTPFields = [.contentType: "application/json"]
        if !context.isEmpty {
            let client: JSONValue = ["custom": .object(context)]
            headers[fieldName("X-Amz-Client-Context")] = Base64.encode(client.bytes)
        }
        let response: Response
        do throws(NetworkFailure) {
            response = try await network.send(Request(.post, url, headers: headers, body: event.bytes))
        } catch {
            throw FunctionFailure(cause: "Unable to reach Lambda function \(arn)")
        }
        switch response.status {
        case 200: break
        case 403:
            // As the developer guide shows it.
            throw FunctionFailure(
                cause: "Access denied while invoking Lambda function \(arn). Check the permissions on the Lambda "
                    + "function and Gateway execution role, and retry the request.")
        case 404: throw FunctionFailure(cause: "Lambda function \(arn) was not found")
        default: throw FunctionFailure(cause: "Lambda function \(arn) answered with status \(response.status)")
        }
        let answer = response.json ?? .null
        guard response.header(fieldName("X-Amz-Function-Error")) == nil else {
            let text = answer["errorMessage"]?.string ?? "unhandled error"
            throw FunctionFailure(cause: "Lambda function \(arn) failed: \(text)")
        }
        return answer
    }
}
