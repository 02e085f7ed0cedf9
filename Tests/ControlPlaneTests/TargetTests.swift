import AWSCore
import Kernel
import Testing

/// How targets come to be (ledger T1 to T6).
struct TargetTests {
    /// Method 1: an administrator has to consent first.
    @Test func withoutASchemaATargetWaitsForConsent() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let created = try await lab.ok("CreateGatewayTarget", Sample.target(gateway))
        let id = try #require(created["targetId"]?.string)
        #expect(created["status"] == "CREATE_PENDING_AUTH")
        #expect(created["gatewayArn"]?.string?.hasSuffix("gateway/\(gateway)") == true)
        let data = created["authorizationData"]?["oauth2"]
        #expect(data?["userId"]?.string?.hasPrefix(gateway + id) == true)
        #expect(data?["authorizationUrl"]?.string?.contains("/identities/oauth2/authorize?request_uri=") == true)
        #expect(lab.trace("target \(id)") == ["CREATING", "CREATE_PENDING_AUTH"])
        let (token, consent) = (lab.identity.bodies[0], lab.identity.bodies[1])
        #expect(token == ["workloadName": .string(gateway), "userId": data?["userId"] ?? .null])
        #expect(
            consent == [
                "workloadIdentityToken": "AgV4token", "resourceCredentialProviderName": "github-provider",
                "scopes": ["repo", "user"], "oauth2Flow": "USER_FEDERATION",
                "resourceOauth2ReturnUrl": "https://app.example/callback",
            ])
        #expect(lab.identity.notified == [nil, "\(gateway)/\(id)"])
        let item = try await lab.ok("ListGatewayTargets", ["gatewayIdentifier": .string(gateway)])["items"]?[0]
        #expect(item?["authorizationData"] == created["authorizationData"])
        #expect(item?["targetType"] == "MCP_SERVER")
        #expect(item?["listingMode"] == "DEFAULT")
        await lab.advance(.seconds(600))
        let session = try #require(lab.gatewayAlarms.first)
        #expect(
            GatewayAlarm(label: session.label)
                == .consentLapsed(
                    TargetAddress(gateway: GatewayID(gateway), target: TargetID(id)),
                    sessionURI: "urn:ietf:params:oauth:request_uri:s2"))
        #expect(session.due == ControlLab.start + .milliseconds(600_050))
    }

    @Test func theFirstStatusIsAnUnknown() async throws {
        let lab = ControlLab(["create.firstStatus": "CREATING", "pending.lapseAfter": "900"])
        let gateway = try await lab.ready()
        let created = try await lab.ok("CreateGatewayTarget", Sample.target(gateway))
        #expect(created["status"] == "CREATING")
        #expect(created["authorizationData"] != nil)
        #expect(try await lab.status(gateway, created["targetId"]?.string ?? "") == "CREATE_PENDING_AUTH")
        #expect(lab.clock.pendingAlarms.map(\.due) == [ControlLab.start + .milliseconds(900_050)])
    }

    /// Method 2: READY at once, nobody is asked.
    @Test func withASchemaATargetIsReadyAtOnce() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let created = try await lab.ok("CreateGatewayTarget", Sample.target(gateway, payload: Sample.payload))
        #expect(created["status"] == "READY")
        #expect(created["authorizationData"] == nil)
        #expect(created["lastSynchronizedAt"] == nil)
        #expect(lab.identity.bodies.isEmpty)
        // Nobody listens where there are no sessions.
        #expect(lab.clock.pendingAlarms.isEmpty)
        let id = try #require(created["targetId"]?.string)
        #expect(lab.trace("target \(id)") == ["READY"])
        let heard = ControlLab()
        let mcp: JSONValue = ["supportedVersions": ["2025-11-25"], "sessionConfiguration": [:]]
        let other = try await heard.ready(["protocolConfiguration": ["mcp": mcp]])
        _ = try await heard.ok("CreateGatewayTarget", Sample.target(other, payload: Sample.payload))
        #expect(heard.clock.pendingAlarms.map(\.label) == [GatewayAlarm.changed(GatewayID(other)).label])
        let catalogue = try lab.store.write { $0.find(CatalogueRecord.self, TargetID(id)) }
        #expect(catalogue?.tools.compactMap { $0["name"]?.string } == ["get_me"])
    }

    @Test(arguments: [
        "", "[]", "nonsense", "{}", #"{"tools":{}}"#, #"{"tools":[{}]}"#, #"{"tools":[{"name":"a"}]}"#,
        #"{"tools":[{"name":"","inputSchema":{}}]}"#, #"{"tools":[{"name":"a","inputSchema":{"type":"array"}}]}"#,
        ##"{"tools":[{"name":"a","inputSchema":{"properties":{"x":{"$ref":"#/y"}}}}]}"##,
        #"{"tools":[{"name":"a","inputSchema":{"items":[{"anyOf":[{"$defs":{}}]}]}}]}"#,
        #"{"tools":[{"name":"a","inputSchema":{}},{"name":"a","inputSchema":{}}]}"#,
    ])
    func aSchemaThatIsNoneIsRefused(payload: String) async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let refused = try await lab.refusal("CreateGatewayTarget", Sample.target(gateway, payload: payload))
        #expect(refused.code == "ValidationException")
        #expect(refused.message.contains("Invalid MCP ToolSchema"))
        #expect(try lab.store.write { $0.all(TargetRecord.self) }.isEmpty)
    }

    /// A property may be called like a keyword, and data is no schema.
    @Test func keywordsAreRefusedOnlyWhereTheyAreKeywords() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let payload = #"{"tools":[{"name":"a","inputSchema":{"properties":{"$ref":{"enum":[{"$ref":1}]}}}}]}"#
        #expect(try await lab.call("CreateGatewayTarget", Sample.target(gateway, payload: payload)).status == 202)
    }

    @Test(arguments: [nil, Sample.credentials("CLIENT_CREDENTIALS", returnURL: nil), Sample.credentials(nil)])
    func withoutConsentTheGatewayReadsTheCatalogue(credentials: JSONValue?) async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let created = try await lab.ok("CreateGatewayTarget", Sample.target(gateway, credentials: credentials))
        let id = try #require(created["targetId"]?.string)
        #expect(created["status"] == "CREATING")
        #expect(created["credentialProviderConfigurations"] == credentials ?? [])
        await lab.advance(.milliseconds(50))
        #expect(lab.gatewayAlarms.map(\.label) == ["crawl \(gateway)/\(id)"])
    }

    @Test func aDynamicTargetIsReadyAndEmpty() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let input = Sample.target(gateway, credentials: nil, mode: "DYNAMIC")
        #expect(try await lab.ok("CreateGatewayTarget", input)["status"] == "READY")
        let consent = Sample.target(gateway, name: "two", mode: "DYNAMIC")
        #expect(try await lab.refusal("CreateGatewayTarget", consent).status == 400)
        let semantic = ControlLab()
        let other = try await semantic.ready([
            "protocolConfiguration": ["mcp": ["supportedVersions": ["2025-11-25"], "searchType": "SEMANTIC"]]
        ])
        let refused = try await semantic.refusal(
            "CreateGatewayTarget", Sample.target(other, credentials: nil, mode: "DYNAMIC"))
        #expect(refused.message.contains("SEMANTIC"))
    }

    @Test func consentNeedsAReturnURL() async throws {
        let input = { Sample.target($0, credentials: Sample.credentials(returnURL: nil)) }
        let lab = ControlLab()
        let refused = try await lab.refusal("CreateGatewayTarget", input(lab.ready()))
        #expect(refused.code == "ValidationException")
        #expect(refused.message.contains("defaultReturnUrl"))
        #expect(lab.stoppedBy == ["return-url-required"])
        let lax = ControlLab(off: ["return-url-required"])
        #expect(try await lax.call("CreateGatewayTarget", input(lax.ready())).status == 202)
    }

    @Test(arguments: [["2025-06-18"], nil] as [JSONValue?])
    func consentNeedsARevisionThatKnowsIt(versions: JSONValue?) async throws {
        let mcp: JSONObject = versions.map { ["supportedVersions": $0] } ?? ["instructions": "x"]
        let change: JSONObject = ["protocolConfiguration": ["mcp": .object(mcp)]]
        let lab = ControlLab()
        let gateway = try await lab.ready(change)
        let refused = try await lab.refusal("CreateGatewayTarget", Sample.target(gateway))
        #expect(refused.code == "ValidationException")
        #expect(refused.message.contains("2025-11-25"))
        let lax = ControlLab(["3lo.requireVersion": "off"])
        #expect(try await lax.call("CreateGatewayTarget", Sample.target(lax.ready(change))).status == 202)
    }

    @Test func whatTheIdentityServiceRefusesIsNotStored() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        for code in [AWSError.Code.resourceNotFound, .validation, .accessDenied, .throttling] {
            lab.identity.refuse(AWSError(code, "because").response)
            let refused = try await lab.refusal("CreateGatewayTarget", Sample.target(gateway))
            #expect(refused.code == code.rawValue)
            #expect(refused.message == "because")
        }
        lab.identity.refuse(Response(200, body: [123]))
        #expect(try await lab.refusal("CreateGatewayTarget", Sample.target(gateway)).code == "InternalServerException")
        #expect(try lab.store.write { $0.all(TargetRecord.self) }.isEmpty)
        #expect(lab.clock.pendingAlarms.isEmpty)
    }

    @Test func otherKindsAreNamed() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        var input = Sample.target(gateway, credentials: nil)
        let arn: JSONValue = "arn:aws:bedrock-agentcore:us-east-1:111122223333:runtime/agent-abcdefghij"
        input["targetConfiguration"] = ["http": ["agentcoreRuntime": ["arn": arn]]]
        let refused = try await lab.refusal("CreateGatewayTarget", input)
        let known = "MCP_SERVER, LAMBDA, OPEN_API_SCHEMA, SMITHY_MODEL, API_GATEWAY, PASSTHROUGH"
        #expect(refused.message == "Target type AGENTCORE_RUNTIME is not supported; supported: \(known)")
        input = Sample.target(gateway, credentials: [["credentialProviderType": "JWT_PASSTHROUGH"]])
        #expect(try await lab.refusal("CreateGatewayTarget", input).message.contains("JWT_PASSTHROUGH"))
        input = Sample.target(gateway, credentials: [["credentialProviderType": "OAUTH"]])
        #expect(try await lab.refusal("CreateGatewayTarget", input).reason == "FieldValidationFailed")
        input = Sample.target(gateway, payload: Sample.payload, credentials: Sample.credentials("TOKEN_EXCHANGE"))
        #expect(try await lab.refusal("CreateGatewayTarget", input).message.contains("TOKEN_EXCHANGE"))
    }

    @Test func namesTokensAndGatewaysAreChecked() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        var input = Sample.target(gateway, payload: Sample.payload)
        input["clientToken"] = "afb7258d-48d9-42ff-ac0a-0c2d3b3dc016"
        let first = try await lab.ok("CreateGatewayTarget", input)
        #expect(try await lab.ok("CreateGatewayTarget", input) == first)
        input["clientToken"] = nil
        let refused = try await lab.refusal("CreateGatewayTarget", input)
        #expect(refused.code == "ConflictException")
        #expect(refused.message.contains("already exists"))
        let missing = try await lab.refusal("CreateGatewayTarget", Sample.target("nobody-ab12cd34ef"))
        #expect(missing.code == "ResourceNotFoundException")
        input["name"] = nil
        #expect(try await lab.ok("CreateGatewayTarget", input)["name"]?.string?.hasPrefix("target-") == true)
    }

    @Test func aProviderHasToExist() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        _ = try await lab.call("DeleteOauth2CredentialProvider", ["name": "github-provider"])
        let input = Sample.target(gateway, payload: Sample.payload)
        #expect(try await lab.refusal("CreateGatewayTarget", input).code == "ResourceNotFoundException")
    }

    /// Ledger `T16`.
    @Test func aGatewayThatIsUpdatedHoldsItsTargetsUp() async throws {
        let lab = ControlLab()
        let id = try await lab.ready()
        let target = try await lab.ok("CreateGatewayTarget", Sample.target(id, payload: Sample.payload))
        var update = Sample.gateway
        update["gatewayIdentifier"] = .string(id)
        _ = try await lab.ok("UpdateGateway", update)
        let name: JSONObject = ["gatewayIdentifier": .string(id), "targetId": target["targetId"] ?? .null]
        let again = Sample.target(id, payload: Sample.payload)
        for (operation, input) in [
            ("CreateGatewayTarget", again.merging(["name": "second"])),
            ("UpdateGatewayTarget", again.merging(["targetId": target["targetId"] ?? .null])),
            ("DeleteGatewayTarget", name),
        ] {
            let refused = try await lab.refusal(operation, input)
            #expect(refused.status == 409 && refused.message.contains("not ready"), "\(operation)")
        }
        await lab.advance(.milliseconds(50))
        #expect(try await lab.call("DeleteGatewayTarget", name).status == 202)
    }

    @Test func aGatewayThatIsCreatingMayRefuseTargets() async throws {
        let lab = ControlLab(["gateway.targetWhileCreating": "refuse"])
        let gateway = try await lab.ok("CreateGateway", Sample.gateway)["gatewayId"]?.string ?? ""
        let refused = try await lab.refusal("CreateGatewayTarget", Sample.target(gateway, credentials: nil))
        #expect(refused.message.contains("not ready"))
    }
}
