import Kernel
import MCPCore

/// Why a tool gave no answer: what an operator may know (E36), and how it shows.
enum ToolFailure: Error {
    /// An `isError` result without the cause.
    case tool(cause: String)
    /// A client-credentials token could not be had (E38).
    case machineToken(cause: String)
    /// The target does not answer (E39).
    case dependency(cause: String)
    /// An error of the protocol, shown as it is.
    case rpc(JSONRPCError)

    /// What really happened.
    var cause: String {
        switch self {
        case .tool(let cause), .machineToken(let cause), .dependency(let cause): cause
        case .rpc(let error): error.message
        }
    }

    static let generic = "An internal error occurred. Please retry later."

    /// Only a gateway with `exceptionLevel: DEBUG` says what really happened.
    func shown(isDebug: Bool) throws(JSONRPCError) -> JSONValue {
        switch self {
        case .rpc(let error): throw error
        case .machineToken(let cause): throw JSONRPCError(-32603, isDebug ? cause : Self.generic)
        case .tool(let cause): return Self.result(Self.generic, cause, isDebug)
        case .dependency(let cause):
            return Self.result("DependencyFailedException: \(Self.generic)", cause, isDebug)
        }
    }

    private static func result(_ text: String, _ cause: String, _ isDebug: Bool) -> JSONValue {
        guard isDebug else { return ToolMessage.text(text, isError: true) }
        var result = ToolMessage.text(cause, isError: true).object ?? [:]
        result.append("_meta", ["debug": ["type": "text", "text": .string(cause)]])
        return .object(result)
    }
}
