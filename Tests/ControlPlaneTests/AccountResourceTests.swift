import AWSCore
import Kernel
import Testing

/// What an account has beside gateways and providers; `ok` checks each answer against the contract.
struct AccountResourceTests {
    @Test func anAPIKeyIsKeptAndNeverShown() async throws {
        let lab = ControlLab()
        let made = try await lab.ok("CreateApiKeyCredentialProvider", ["name": "weather", "apiKey": "key-of-weather"])
        #expect(made["apiKeySecretSource"] == "MANAGED")
        let got = try await lab.call("GetApiKeyCredentialProvider", ["name": "weather"])
        #expect(got.status == 200 && !got.bodyText.contains("key-of-weather"))
        let both: JSONObject = [
            "name": "both", "apiKey": "k", "apiKeySecretSource": "EXTERNAL",
        ]
        let refused = try await lab.refusal("CreateApiKeyCredentialProvider", both)
        #expect(refused.message.hasPrefix("2 validation errors detected: "))
        #expect(try await lab.call("DeleteApiKeyCredentialProvider", ["name": "weather"]).status == 204)
        #expect(try await lab.refusal("GetApiKeyCredentialProvider", ["name": "weather"]).status == 404)
    }

    @Test func aNamesakeBeginsWithoutTags() async throws {
        let lab = ControlLab()
        let input: JSONObject = ["name": "agent", "tags": ["a": "1"]]
        let arn = try await lab.ok("CreateWorkloadIdentity", input)["workloadIdentityArn"] ?? ""
        #expect(try await lab.ok("ListTagsForResource", ["resourceArn": arn])["tags"] == ["a": "1"])
        _ = try await lab.call("DeleteWorkloadIdentity", ["name": "agent"])
        #expect(try await lab.refusal("ListTagsForResource", ["resourceArn": arn]).status == 404)
        _ = try await lab.ok("CreateWorkloadIdentity", ["name": "agent"])
        #expect(try await lab.ok("ListTagsForResource", ["resourceArn": arn])["tags"] == [:])
    }

    /// Ledger `tags-reserved`.
    @Test(arguments: ["aws:x", "AWS:x"])
    func tagsOfAWSAreItsOwn(name: String) async throws {
        let lab = ControlLab()
        let tags: JSONValue = .object(JSONObject([.init(name, "1")]))
        let created: JSONObject = ["name": "agent", "tags": tags]
        #expect(try await lab.refusal("CreateWorkloadIdentity", created).code == "ValidationException")
        let arn = try await lab.ok("CreateWorkloadIdentity", ["name": "agent"])["workloadIdentityArn"] ?? ""
        #expect(try await lab.refusal("TagResource", ["resourceArn": arn, "tags": tags]).code == "ValidationException")
        #expect(try await lab.call("TagResource", ["resourceArn": arn, "tags": ["aws": "1"]]).status == 204)
    }

    /// Ledger `portal-busy`, `portal-url`.
    @Test func aPortalIsBusyForAWhile() async throws {
        let lab = ControlLab()
        let gateway = try await lab.ready()
        let vault = "arn:aws:bedrock-agentcore:us-east-1:000000000000:token-vault/default"
        let made = try await lab.ok(
            "CreateConsentPortal",
            [
                "name": "portal", "executionRoleArn": "arn:aws:iam::111122223333:role/portal",
                "idpConfig": [
                    "credentialProviderArn": .string("\(vault)/oauth2credentialprovider/github-provider"),
                    "scopes": ["openid"],
                ],
                "sources": [["identifier": .string(gateway), "type": "agentcore-gateway"]],
            ])
        let name: JSONObject = ["consentPortalIdentifier": made["consentPortalId"] ?? .null]
        let new = try await lab.ok("GetConsentPortal", name)
        #expect(new["status"] == "CREATING" && new["portalUrl"] == nil)
        #expect(try await lab.refusal("DeleteConsentPortal", name).code == "ConflictException")
        await lab.advance(.milliseconds(50))
        let active = try await lab.ok("GetConsentPortal", name)
        let id = made["consentPortalId"]?.string ?? ""
        #expect(active["status"] == "ACTIVE")
        #expect(active["portalUrl"]?.string == "\(ControlLab.origin)/consent-portals/\(id)")
        #expect(try await lab.ok("ListConsentPortals")["consentPortals"]?[0]?["portalUrl"] == active["portalUrl"])
        #expect(try await lab.call("DeleteConsentPortal", name).status == 204)
        #expect(try await lab.ok("GetConsentPortal", name)["status"] == "DELETING")
        #expect(try await lab.refusal("DeleteConsentPortal", name).status == 409)
        await lab.advance(.milliseconds(50))
        #expect(try await lab.refusal("GetConsentPortal", name).status == 404)
    }

    /// A vault stays as old as it was when a lab is served again from its file (ledger `token-vault-date`).
    @Test func aVaultKeepsItsDate() async throws {
        let first = ControlLab()
        let date = try await first.ok("GetTokenVault")["lastModifiedDate"]
        #expect(date == .double(ControlLab.start.epochSeconds))
        let again = ControlLab(store: first.store, began: ControlLab.start + .minutes(5))
        #expect(try await again.ok("GetTokenVault")["lastModifiedDate"] == date)
    }

    @Test func theVaultsKeyCanBeSetAndNotReset() async throws {
        let lab = ControlLab()
        #expect(try await lab.ok("GetTokenVault")["kmsConfiguration"] == ["keyType": "ServiceManagedKey"])
        let began = JSONValue.double(ControlLab.start.epochSeconds)
        #expect(try await lab.ok("GetTokenVault")["lastModifiedDate"] == began)
        let noKey: JSONObject = ["kmsConfiguration": ["keyType": "CustomerManagedKey"]]
        #expect(try await lab.refusal("SetTokenVaultCMK", noKey).status == 400)
        #expect(try await lab.refusal("ResetTokenVaultKeyMaterial", ["tokenVaultId": "default"]).status == 400)
    }
}
