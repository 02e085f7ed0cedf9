package import Kernel

/// Who judges the signature and the rights of a gateway's caller, where the gateway's authorizer is AWS_IAM.
package protocol CallerSignatures: Sendable {
    /// Why this request may not invoke the gateway; nil if it may.
    func refusal(of request: Request, toInvoke gateway: GatewayRecord) -> Response?
    /// ARN of whoever signed; nil where nobody knows the key.
    func principal(of request: Request) -> String?
}
