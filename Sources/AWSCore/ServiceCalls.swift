package import HTTPTypes
package import Kernel

// How the AWS-side parties speak to each other. On AWS this is the service's own plumbing; nothing of it can be seen
// from outside, so nothing of it imitates a real header.

/// Proof that a request comes from the service itself: control plane and gateway, to the identity service.
package struct ServicePrincipal: Sendable {
    /// Carries the proof.
    package static let header = fieldName("x-agentcore-local-service")
    /// Whom the identity service tells when a consent ends: `<gatewayId>/<targetId>`.
    package static let notifyHeader = fieldName("x-agentcore-local-notify")
    /// How many of the workload tokens that the service took for itself are kept, the newest: it asks with one in the
    /// call for which it took it, and nobody else ever knows it. Far more than there are calls under way.
    package static let tokensKept = 4096
    private let proof: String

    /// - Parameter proof: unguessable, made anew for each lab.
    package init(proof: String) { self.proof = proof }

    /// Whether a request carries the proof.
    package func made(_ request: Request) -> Bool {
        request.header(Self.header).map { constantTimeEqual($0, proof) } ?? false
    }

    /// A JSON request of the service to the data plane.
    package func request(_ url: String, _ body: JSONValue, notify target: TargetAddress? = nil) -> Request {
        var headers: HTTPFields = [.contentType: "application/json", Self.header: proof]
        if let target { headers[Self.notifyHeader] = target.text }
        return Request(.post, url, headers: headers, json: body)
    }
}

/// A target by gateway and id, as text in alarms.
package struct TargetAddress: Hashable, Sendable {
    package let gateway: GatewayID
    package let target: TargetID
    package init(gateway: GatewayID, target: TargetID) {
        self.gateway = gateway
        self.target = target
    }
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        self.init(gateway: GatewayID(String(parts[0])), target: TargetID(String(parts[1])))
    }
    package var text: String { "\(gateway)/\(target)" }
}

/// What the gateway is woken for; the label of its alarms.
package enum GatewayAlarm: Hashable, Sendable {
    /// Read the catalogue of a target that needs nobody's consent.
    case crawl(TargetAddress)
    case consentCompleted(TargetAddress, sessionURI: String)
    /// Denied, or the exchange failed.
    case consentFailed(TargetAddress, sessionURI: String, reason: String)
    /// Nobody completed in time; only counts if the target still waits for this session.
    case consentLapsed(TargetAddress, sessionURI: String)
    /// The control plane changed what it serves, or deleted it: who is connected hears of it.
    case changed(GatewayID)

    package var label: String {
        switch self {
        case .crawl(let target): "crawl \(target.text)"
        case .consentCompleted(let target, let session): "consent-completed \(target.text) \(session)"
        case .consentFailed(let target, let session, let reason): "consent-failed \(target.text) \(session) \(reason)"
        case .consentLapsed(let target, let session): "consent-lapsed \(target.text) \(session)"
        case .changed(let gateway): "changed \(gateway)"
        }
    }

    package init?(label: String) {
        let words = label.split(separator: " ", maxSplits: 3).map(String.init)
        if words.count == 2, words[0] == "changed" {
            self = .changed(GatewayID(words[1]))
            return
        }
        guard words.count >= 2, let target = TargetAddress(words[1]) else { return nil }
        switch (words[0], words.count) {
        case ("crawl", 2): self = .crawl(target)
        case ("consent-completed", 3): self = .consentCompleted(target, sessionURI: words[2])
        case ("consent-failed", 4): self = .consentFailed(target, sessionURI: words[2], reason: words[3])
        case ("consent-lapsed", 3): self = .consentLapsed(target, sessionURI: words[2])
        default: return nil
        }
    }
}
