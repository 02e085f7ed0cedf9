import AWSCore
import HTTPTypes
import Kernel

/// AWS refused, or did not answer; in the words of a stack event.
struct ResourceFailure: Error, Sendable {
    let reason: String
    init(_ reason: String) { self.reason = reason }
}

/// The AWS API as any client with these credentials sees it.
struct AWSClient: Sendable {
    let network: any Network
    let contract: Contract
    let credentials: SigV4.Credentials
    let region: String
    let now: @Sendable () -> Instant
    /// Origins of the two AgentCore services.
    let controlOrigin: String
    let dataOrigin: String

    /// One operation of AgentCore.
    func agentCore(_ operation: String, _ input: JSONObject) async throws(ResourceFailure) -> JSONValue {
        let origin = contract.operation(named: operation)?.service == .data ? dataOrigin : controlOrigin
        guard let request = try? contract.request(for: operation, input: input, origin: origin) else {
            throw ResourceFailure("There is no operation \(operation)")
        }
        return try await send(request, service: "bedrock-agentcore", as: "BedrockAgentCoreControl").json ?? [:]
    }

    /// One operation of a service that speaks JSON 1.1.
    func json(_ service: String, _ target: String, _ input: JSONValue) async throws(ResourceFailure) -> JSONValue {
        let headers: HTTPFields = [
            .contentType: "application/x-amz-json-1.1", fieldName("X-Amz-Target"): target,
        ]
        let request = Request(
            .post, "https://\(service).\(region).amazonaws.com/", headers: headers, body: input.bytes)
        return try await send(request, service: service, as: service).json ?? [:]
    }

    /// One operation of IAM, which speaks the query protocol and answers XML.
    func iam(_ action: String, _ members: Form) async throws(ResourceFailure) -> String {
        var form: Form = ["Action": action, "Version": "2010-05-08"]
        form.pairs += members.pairs
        let request = Request(
            .post, "https://iam.amazonaws.com/", headers: [.contentType: Form.mediaType],
            body: Array(form.encoded.utf8))
        return try await send(request, service: "iam", as: "Iam").bodyText
    }

    /// One operation of Lambda.
    func lambda(
        _ method: HTTPRequest.Method, _ path: String, _ input: JSONValue?
    ) async throws(ResourceFailure) -> Response {
        let request = Request(
            method, "https://lambda.\(region).amazonaws.com/2015-03-31/functions\(path)",
            headers: input == nil ? [:] : [.contentType: "application/json"], body: input?.bytes ?? [])
        return try await send(request, service: "lambda", as: "Lambda")
    }

    private func send(
        _ request: Request, service: String, as name: String
    ) async throws(ResourceFailure) -> Response {
        // IAM is one service for all Regions.
        let place = service == "iam" ? "us-east-1" : region
        let signed = SigV4.sign(request, credentials, region: place, service: service, at: now())
        let response: Response
        do throws(NetworkFailure) {
            response = try await network.send(signed)
        } catch {
            throw ResourceFailure("\(name) does not answer at \(error.host)")
        }
        guard !(200..<300).contains(response.status) else { return response }
        throw ResourceFailure(refusal(response, name))
    }

    /// `Resource handler returned message: "…"`, as stack events have it (ledger `cfn-stack-event`).
    private func refusal(_ response: Response, _ name: String) -> String {
        let json = response.json
        let message =
            json?["message"]?.string ?? json?["Message"]?.string ?? XML.text(of: "Message", in: response.bodyText)
            ?? "status \(response.status)"
        let id = response.header(AWSError.requestIDHeader).map { ", Request ID: \($0)" } ?? ""
        let code = response.header(AWSError.typeHeader) ?? ""
        let origin = "(Service: \(name), Status Code: \(response.status)\(id))"
        return "Resource handler returned message: \"\(message) \(origin)\" (HandlerErrorCode: \(handlerCode(code)))"
    }

    private func handlerCode(_ code: String) -> String {
        switch code {
        case "ConflictException": "AlreadyExists"
        case "ResourceNotFoundException": "NotFound"
        case "AccessDeniedException": "AccessDenied"
        case "ServiceQuotaExceededException": "ServiceLimitExceeded"
        case "ThrottlingException": "Throttling"
        case "ValidationException": "InvalidRequest"
        default: "GeneralServiceException"
        }
    }
}

enum XML {
    /// What stands in the first element of this name.
    static func text(of name: String, in document: String) -> String? {
        guard let start = document.range(of: "<\(name)>") else { return nil }
        let rest = document[start.upperBound...]
        guard let end = rest.range(of: "</\(name)>") else { return nil }
        return rest[..<end.lowerBound].description.replacing("&lt;", by: "<").replacing("&gt;", by: ">")
            .replacing("&quot;", by: "\"").replacing("&amp;", by: "&")
    }
}
