import AWSCore
import Kernel
import MCPCore

/// What a single call may decide about its consent: `_meta` of the call, under the gateway's own name.
struct CallOverride {
    private(set) var returnURL: String?
    private(set) var forceAuthentication: Bool?

    private static let member = "aws.bedrock-agentcore.gateway/credentialProviderConfiguration"

    /// Of a call that says nothing.
    init() {}

    /// One page of the guide writes `oauthcredentialProvider`, all samples `oauthCredentialProvider`; both count.
    init(_ params: JSONObject, world: World) throws(JSONRPCError) {
        guard let meta = params["_meta"] else { return }
        guard let configuration = meta[Self.member] else {
            guard meta.object != nil else { throw Self.invalid("_meta must be an object") }
            return
        }
        guard configuration.object != nil else { throw Self.invalid("\(Self.member) must be an object") }
        var provider = configuration["oauthCredentialProvider"]
        if provider == nil, let misspelt = configuration["oauthcredentialProvider"] {
            world.note("_meta says oauthcredentialProvider; taken as oauthCredentialProvider")
            provider = misspelt
        }
        guard let provider else { return }
        guard let members = provider.object else { throw Self.invalid("oauthCredentialProvider must be an object") }
        if let url = members["returnUrl"] {
            guard let text = url.string, !text.isEmpty else { throw Self.invalid("returnUrl must be a string") }
            returnURL = text
        }
        if let force = members["forceAuthentication"] {
            guard let flag = force.bool else { throw Self.invalid("forceAuthentication must be a boolean") }
            forceAuthentication = flag
        }
    }

    private static func invalid(_ reason: String) -> JSONRPCError { .invalidParams("Invalid params: \(reason)") }
}
