import Kernel
import Testing

/// Members that go only together, or never: what the model says in words and not in its shapes.
struct DependentMemberTests {
    private static let certificates: JSONValue = [["s3": ["uri": "s3://bucket/ca.pem"]]]
    private static let inside: JSONValue = [
        "selfManagedLatticeResource": ["resourceConfigurationIdentifier": "rcfg-0123456789abcdef0"]
    ]

    /// The refused field, or nil.
    private func fault(_ lab: ControlLab, _ operation: String, _ input: JSONObject) async throws -> String? {
        let response = try await lab.call(operation, input)
        guard response.status >= 300 else { return nil }
        #expect(response.status == 400 && response.json?["reason"] == "FieldValidationFailed")
        return response.json?["fieldList"]?[0]?["name"]?.string
    }

    /// Ledger `domains-once`.
    @Test(arguments: [
        (["a.example.com", "b.example.com"], true), (["tools.example.com"], false), (["TOOLS.example.com"], false),
        (["a.example.com", "b.example.com", "a.example.com"], false),
    ])
    func aGatewayHasEachDomainOnce(alternate: [String], isTaken: Bool) async throws {
        let domains: JSONValue = ["defaultDomain": "tools.example.com", "alternateDomains": .strings(alternate)]
        let input = Sample.gateway.merging(["domainOverride": domains])
        let fault = try await fault(ControlLab(), "CreateGateway", input)
        #expect(fault == (isTaken ? nil : "domainOverride.alternateDomains"))
    }

    /// Ledger `certificates-private`.
    @Test(arguments: [true, false])
    func certificatesOfAnAuthorizerGoWithAPrivateEndpoint(isPrivate: Bool) async throws {
        var authorizer: JSONObject = [
            "discoveryUrl": "https://idp.example/.well-known/openid-configuration", "allowedClients": ["web"],
            "certificateConfigurations": Self.certificates,
        ]
        if isPrivate { authorizer["privateEndpoint"] = Self.inside }
        let input = Sample.gateway.merging([
            "authorizerConfiguration": ["customJWTAuthorizer": .object(authorizer)]
        ])
        let fault = try await fault(ControlLab(), "CreateGateway", input)
        let path = "authorizerConfiguration.customJWTAuthorizer.certificateConfigurations"
        #expect(fault == (isPrivate ? nil : path))
    }

    private static func exchange(_ content: String) -> JSONObject {
        [
            "onBehalfOfTokenExchangeConfig": [
                "grantType": "TOKEN_EXCHANGE",
                "tokenExchangeGrantTypeConfig": ["actorTokenContent": .string(content), "actorTokenScopes": ["act"]],
            ]
        ]
    }

    private static func signed(_ member: String, _ name: String) -> JSONObject {
        let added: JSONValue = .object(JSONObject([.init(name, "x")]))
        return ["privateKeyJwtConfig": .object(JSONObject([.init(member, added)]))]
    }

    /// Ledger `certificates-private`, `actor-scopes`, `assertion-claims`.
    @Test(
        arguments: [
            (["certificateConfigurations": certificates], "certificateConfigurations"),
            (["certificateConfigurations": certificates, "privateEndpoint": inside], nil),
            (exchange("NONE"), "onBehalfOfTokenExchangeConfig.tokenExchangeGrantTypeConfig.actorTokenScopes"),
            (
                exchange("AWS_IAM_ID_TOKEN_JWT"),
                "onBehalfOfTokenExchangeConfig.tokenExchangeGrantTypeConfig.actorTokenScopes"
            ),
            (exchange("M2M"), nil),
            (signed("additionalHeaderClaims", "alg"), "privateKeyJwtConfig.additionalHeaderClaims"),
            (signed("additionalHeaderClaims", "typ"), "privateKeyJwtConfig.additionalHeaderClaims"),
            (signed("additionalHeaderClaims", "x5t"), nil),
            (signed("additionalPayloadClaims", "iss"), "privateKeyJwtConfig.additionalPayloadClaims"),
            (signed("additionalPayloadClaims", "exp"), "privateKeyJwtConfig.additionalPayloadClaims"),
            (signed("additionalPayloadClaims", "tenant"), nil),
        ] as [(JSONObject, String?)])
    func aCustomProviderIsOfOnePiece(more: JSONObject, refused: String?) async throws {
        let config: JSONObject = [
            "clientId": "c", "clientSecret": "s",
            "oauthDiscovery": ["discoveryUrl": "https://as.example/.well-known/openid-configuration"],
        ]
        let input: JSONObject = [
            "name": "custom", "credentialProviderVendor": "CustomOauth2",
            "oauth2ProviderConfigInput": ["customOauth2ProviderConfig": .object(config.merging(more))],
        ]
        let lab = ControlLab()
        let path = refused.map { "oauth2ProviderConfigInput.customOauth2ProviderConfig.\($0)" }
        #expect(try await fault(lab, "CreateOauth2CredentialProvider", input) == path)
        // An update is held to the same.
        _ = try await lab.call(
            "CreateOauth2CredentialProvider",
            input.merging(["oauth2ProviderConfigInput": ["customOauth2ProviderConfig": .object(config)]]))
        #expect(try await fault(lab, "UpdateOauth2CredentialProvider", input) == path)
    }

    /// A gateway with a target that is for inference, `models`, and one that is not, `github`.
    private func routed(_ lab: ControlLab) async throws -> JSONObject {
        let gateway = try await lab.ready(["authorizerType": "NONE", "authorizerConfiguration": .null])
        _ = try await lab.ok("CreateGatewayTarget", Sample.target(gateway, payload: Sample.payload, credentials: nil))
        var models = Sample.target(gateway, name: "models", credentials: nil)
        models["targetConfiguration"] = [
            "http": ["passthrough": ["endpoint": "https://models.example.com", "protocolType": "INFERENCE"]]
        ]
        models["credentialProviderConfigurations"] = [
            [
                "credentialProviderType": "GATEWAY_IAM_ROLE",
                "credentialProvider": ["iamCredentialProvider": ["service": "execute-api"]],
            ]
        ]
        _ = try await lab.ok("CreateGatewayTarget", models)
        return ["gatewayIdentifier": .string(gateway), "priority": 1]
    }

    private static func bundles(_ one: Int64, _ other: Int64) -> JSONValue {
        let bundle: JSONValue = [
            "bundleArn": "arn:aws:bedrock-agentcore:us-east-1:111122223333:configuration-bundle/b-abcdefghij",
            "bundleVersion": "b7d872ff-87c7-49c7-bb29-99ff1a2bdb3a",
        ]
        let split: JSONValue = [
            ["name": "a", "weight": .int(one), "configurationBundle": bundle],
            ["name": "b", "weight": .int(other), "configurationBundle": bundle],
        ]
        return ["configurationBundle": ["weightedOverride": ["trafficSplit": split]]]
    }

    private static func routes(_ one: Int64, _ other: Int64, model: JSONValue = .null) -> JSONValue {
        let split: JSONValue = [
            ["name": "a", "weight": .int(one), "targetName": "github", "model": model],
            ["name": "b", "weight": .int(other), "targetName": "models"],
        ]
        return ["routeToTarget": ["weightedRoute": ["trafficSplit": split]]]
    }

    private static func route(_ target: String, _ model: String?, then fallbacks: [[String]] = []) -> JSONValue {
        func one(_ target: String, _ model: String?) -> JSONObject {
            var result: JSONObject = ["targetName": .string(target)]
            if let model { result["model"] = .string(model) }
            return result
        }
        var route = one(target, model)
        if !fallbacks.isEmpty {
            let chain = fallbacks.map { JSONValue.object(one($0[0], $0.count > 1 ? $0[1] : nil)) }
            route["fallback"] = ["targetFallback": .array(chain)]
        }
        return ["routeToTarget": ["staticRoute": .object(route)]]
    }

    /// Ledger `rule-weights`, `rule-target-weights`, `rule-fallback-once`, `rule-inference-only`.
    @Test(
        arguments: [
            (bundles(90, 10), nil), (bundles(90, 11), "weights that sum to 100"),
            (routes(1, 99), nil), (routes(50, 49), "weights that sum to 100"),
            (routes(50, 50, model: "m"), "github is not an inference target"),
            (route("github", nil), nil), (route("github", "m"), "github is not an inference target"),
            (route("models", "m"), nil),
            (route("models", "m", then: [["models", "n"], ["models"]]), nil),
            (route("models", "m", then: [["models", "n"], ["models", "m"]]), "combination of target and model once"),
            (route("models", nil, then: [["models"]]), "combination of target and model once"),
            (route("models", "m", then: [["github", "m"]]), "github is not an inference target"),
            (route("models", "m", then: [["nowhere", "m"]]), "nowhere not found"),
        ] as [(JSONValue, String?)])
    func anActionIsOfOnePiece(action: JSONValue, refused: String?) async throws {
        let lab = ControlLab()
        let rule = try await routed(lab)
        let response = try await lab.call("CreateGatewayRule", rule.merging(["actions": [action]]))
        #expect(response.status == (refused == nil ? 202 : refused == "nowhere not found" ? 404 : 400))
        if let refused { #expect(response.bodyText.contains(refused)) }
    }

    /// The model's own bounds hold for numbers that need not be whole.
    @Test(arguments: [(-1, false), (-0.5, false), (0, true), (9.5, true), (10_000_000, true), (10_000_000.5, false)])
    func aRateHasARange(rate: Double, isTaken: Bool) async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let limit: JSONObject = [
            "gatewayIdentifier": .string(gateway), "dimensionKeys": ["toolName"],
            "entries": [["dimensions": ["toolName": "*"], "requests": [["rate": .double(rate), "period": "minute"]]]],
        ]
        let fault = try await fault(lab, "CreateGatewayRateLimit", limit)
        #expect(fault == (isTaken ? nil : "entries.1.member.requests.1.member.rate"))
    }
}
