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

    @Test func theVaultsKeyCanBeSetAndNotReset() async throws {
        let lab = ControlLab()
        #expect(try await lab.ok("GetTokenVault")["kmsConfiguration"] == ["keyType": "ServiceManagedKey"])
        let noKey: JSONObject = ["kmsConfiguration": ["keyType": "CustomerManagedKey"]]
        #expect(try await lab.refusal("SetTokenVaultCMK", noKey).status == 400)
        #expect(try await lab.refusal("ResetTokenVaultKeyMaterial", ["tokenVaultId": "default"]).status == 400)
    }
}
