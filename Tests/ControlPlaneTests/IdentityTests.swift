import AWSCore
import Kernel
import Testing

/// Credential providers and workload identities.
struct IdentityTests {
    @Test func aGithubProviderKnowsItsEndpoints() async throws {
        let lab = ControlLab()
        let created = try await lab.ok("CreateOauth2CredentialProvider", Sample.provider)
        #expect(
            created["credentialProviderArn"]
                == "\(vaultARN)/oauth2credentialprovider/github-provider"
        )
        #expect(created["callbackUrl"]?.string?.hasPrefix("\(ControlLab.origin)/identities/oauth2/callback/") == true)
        #expect(created["clientSecretSource"] == "MANAGED")
        let config = created["oauth2ProviderConfigOutput"]?["githubOauth2ProviderConfig"]
        let metadata = config?["oauthDiscovery"]?["authorizationServerMetadata"]
        #expect(metadata?["tokenEndpoint"] == "https://github.com/login/oauth/access_token")
        let got = try await lab.call("GetOauth2CredentialProvider", ["name": "github-provider"])
        #expect(got.json?["credentialProviderVendor"] == "GithubOauth2")
        #expect(got.json?["createdTime"] == 1795168800.0)
        #expect(!got.bodyText.contains("s3cret"))
    }

    /// The callback URL survives an update, not a new creation (ledger `provider-update-keeps-callback`).
    @Test func theCallbackURLBelongsToOneProvider() async throws {
        let lab = ControlLab()
        let first = try await lab.ok("CreateOauth2CredentialProvider", Sample.provider)["callbackUrl"]
        let updated = try await lab.ok("UpdateOauth2CredentialProvider", Sample.provider)
        #expect(updated["callbackUrl"] == first)
        #expect(try await lab.call("DeleteOauth2CredentialProvider", ["name": "github-provider"]).status == 204)
        let second = try await lab.ok("CreateOauth2CredentialProvider", Sample.provider)["callbackUrl"]
        #expect(second != first)
    }

    @Test func duplicatesAndMissingOnesAreToldInTheirWay() async throws {
        let lab = ControlLab()
        _ = try await lab.ok("CreateOauth2CredentialProvider", Sample.provider)
        let refused = try await lab.refusal("CreateOauth2CredentialProvider", Sample.provider)
        #expect(refused.code == "ValidationException")
        #expect(refused.message.contains("already exists"))
        #expect(try await lab.call("DeleteOauth2CredentialProvider", ["name": "nobody"]).status == 204)
        #expect(try await lab.refusal("GetOauth2CredentialProvider", ["name": "nobody"]).status == 404)
        #expect(
            try await lab.refusal("GetOauth2CredentialProvider", ["name": "github-provider"], account: "123456789012")
                .status == 404)
        let flipped = ControlLab(["provider.deleteMissing": "404"])
        #expect(try await flipped.refusal("DeleteOauth2CredentialProvider", ["name": "nobody"]).status == 404)
    }

    @Test(
        arguments: [
            (
                "CustomOauth2",
                [
                    "customOauth2ProviderConfig": [
                        "oauthDiscovery": ["discoveryUrl": "http://127.0.0.1:1/.well-known/openid-configuration"],
                        "clientId": "c", "clientSecret": "s", "clientAuthenticationMethod": "CLIENT_SECRET_POST",
                    ]
                ], true
            ),
            (
                "CustomOauth2",
                [
                    "customOauth2ProviderConfig": [
                        "oauthDiscovery": [
                            "authorizationServerMetadata": [
                                "issuer": "https://as.example", "authorizationEndpoint": "https://as.example/a",
                                "tokenEndpoint": "https://as.example/t",
                                "tokenEndpointAuthMethods": ["client_secret_basic"],
                            ]
                        ], "clientId": "c",
                    ]
                ], true
            ),
            (
                "OktaOauth2",
                [
                    "includedOauth2ProviderConfig": [
                        "clientId": "c", "issuer": "https://o.example", "authorizationEndpoint": "https://o.example/a",
                        "tokenEndpoint": "https://o.example/t",
                    ]
                ], true
            ),
            ("OktaOauth2", ["includedOauth2ProviderConfig": ["clientId": "c"]], false),
            ("GoogleOauth2", ["googleOauth2ProviderConfig": ["clientId": "c"]], true),
            ("GithubOauth2", ["googleOauth2ProviderConfig": ["clientId": "c"]], false),
            (
                "CustomOauth2",
                [
                    "customOauth2ProviderConfig": [
                        "oauthDiscovery": ["discoveryUrl": "x/.well-known/openid-configuration"]
                    ]
                ], false
            ),
            (
                "GithubOauth2", ["githubOauth2ProviderConfig": ["clientId": "c", "clientSecretSource": "EXTERNAL"]],
                false
            ),
            (
                "GithubOauth2",
                [
                    "githubOauth2ProviderConfig": [
                        "clientId": "c", "clientSecretSource": "EXTERNAL",
                        "clientSecretConfig": [
                            "secretId": "arn:aws:secretsmanager:us-east-1:111122223333:secret:x", "jsonKey": "k",
                        ],
                    ]
                ], true
            ),
        ] as [(String, JSONValue, Bool)])
    func vendors(vendor: String, config: JSONValue, isAccepted: Bool) async throws {
        let lab = ControlLab()
        let input: JSONObject = [
            "name": "p", "credentialProviderVendor": .string(vendor), "oauth2ProviderConfigInput": config,
        ]
        let response = try await lab.call("CreateOauth2CredentialProvider", input)
        #expect(response.status == (isAccepted ? 201 : 400), "\(response.bodyText)")
        let all = try await lab.ok("ListOauth2CredentialProviders")["credentialProviders"]?.array
        #expect(all?.count == (isAccepted ? 1 : 0))
    }

    /// Ledger `client-secret-source`.
    @Test(arguments: [
        (nil, "s", false, true), ("MANAGED", "s", false, true), (nil, nil, false, true), (nil, "s", true, false),
        (nil, nil, true, false), ("MANAGED", nil, true, false), ("MANAGED", "s", true, false),
        ("EXTERNAL", nil, true, true), ("EXTERNAL", "s", true, false), ("EXTERNAL", nil, false, false),
    ])
    func aClientSecretHasOneSource(
        _ row: (source: String?, secret: String?, hasReference: Bool, isAccepted: Bool)
    ) async throws {
        let lab = ControlLab()
        let arn = "arn:aws:secretsmanager:us-east-1:111122223333:secret:own-AbCdEf"
        var config: JSONObject = ["clientId": "c"]
        config["clientSecretSource"] = row.source.map { .string($0) }
        config["clientSecret"] = row.secret.map { .string($0) }
        if row.hasReference { config["clientSecretConfig"] = ["secretId": .string(arn), "jsonKey": "k"] }
        var input = Sample.provider
        input["oauth2ProviderConfigInput"] = ["githubOauth2ProviderConfig": .object(config)]
        guard row.isAccepted else {
            #expect(try await lab.refusal("CreateOauth2CredentialProvider", input).code == "ValidationException")
            _ = try await lab.ok("CreateOauth2CredentialProvider", Sample.provider)
            #expect(try await lab.refusal("UpdateOauth2CredentialProvider", input).code == "ValidationException")
            return
        }
        _ = try await lab.ok("CreateOauth2CredentialProvider", input)
        let shown = try await lab.ok("GetOauth2CredentialProvider", ["name": "github-provider"])
        #expect(shown["clientSecretSource"]?.string == row.source ?? "MANAGED")
        #expect(shown["clientSecretJsonKey"]?.string == (row.hasReference ? "k" : nil))
        #expect((shown["clientSecretArn"]?["secretArn"]?.string == arn) == row.hasReference)
    }

    /// Ledger `external-secret-arn`.
    @Test(arguments: [
        ("team/own", "secret:team/own-AbCdEf"), ("team/none", "secret:team/none"), ("theirs", "secret:theirs"),
        ("two words", "secret:bedrock-agentcore-identity!default/"),
        ("arn:aws:secretsmanager:eu-west-1:111122223333:secret:x-1", "secret:x-1"),
    ])
    func aSecretOfTheCallersIsShownByItsARN(_ row: (id: String, shown: String)) async throws {
        let lab = ControlLab()
        try lab.store.write { transaction in
            for (name, account) in [("team/own", "000000000000"), ("theirs", "111122223333")] {
                let arn = "arn:aws:secretsmanager:us-east-1:\(account):secret:\(name)-AbCdEf"
                transaction.save(StoredSecretRecord(arn: arn, name: name, account: account, value: Secret("{}")))
            }
        }
        let reference: JSONValue = ["secretId": .string(row.id), "jsonKey": "k"]
        var input = Sample.provider
        input["oauth2ProviderConfigInput"] = [
            "githubOauth2ProviderConfig": [
                "clientId": "c", "clientSecretSource": "EXTERNAL", "clientSecretConfig": reference,
            ]
        ]
        let key: JSONObject = ["name": "k", "apiKeySecretSource": "EXTERNAL", "apiKeySecretConfig": reference]
        for verb in ["Create", "Update"] {
            let client = try await lab.ok("\(verb)Oauth2CredentialProvider", input)["clientSecretArn"]
            let own = try await lab.ok("\(verb)ApiKeyCredentialProvider", key)["apiKeySecretArn"]
            for shown in [client, own] {
                let arn = try #require(shown?["secretArn"]?.string)
                #expect(row.shown.hasSuffix("/") ? arn.contains(row.shown) : arn.hasSuffix(row.shown), "\(arn)")
            }
        }
    }

    @Test func workloadIdentitiesComeAndGo() async throws {
        let lab = ControlLab()
        let name: JSONObject = ["name": "my-agent"]
        let created = try await lab.ok("CreateWorkloadIdentity", name)
        #expect(created["allowedResourceOauth2ReturnUrls"] == [])
        #expect(created["createdTime"] == nil)
        #expect(try await lab.refusal("CreateWorkloadIdentity", name).message.contains("already exists"))
        await lab.advance(.seconds(1))
        let urls: JSONValue = ["http://localhost:8080/callback"]
        let updated = try await lab.ok(
            "UpdateWorkloadIdentity", name.merging(["allowedResourceOauth2ReturnUrls": urls]))
        #expect(updated["allowedResourceOauth2ReturnUrls"] == urls)
        #expect(updated["lastUpdatedTime"] == 1795168801.0)
        // The list is replaced, so without one it is empty again.
        #expect(try await lab.ok("UpdateWorkloadIdentity", name)["allowedResourceOauth2ReturnUrls"] == [])
        #expect(try await lab.call("DeleteWorkloadIdentity", name).status == 204)
        #expect(try await lab.refusal("GetWorkloadIdentity", name).code == "ResourceNotFoundException")
        #expect(try await lab.refusal("DeleteWorkloadIdentity", name).status == 404)
    }

    @Test func identityListsGiveAtMostTwenty() async throws {
        let lab = ControlLab()
        for number in 100...124 { _ = try await lab.ok("CreateWorkloadIdentity", ["name": "agent-\(number)"]) }
        let first = try await lab.ok("ListWorkloadIdentities")
        #expect(first["workloadIdentities"]?.array?.count == 20)
        // The page begins after the last item even if an earlier one is gone.
        _ = try await lab.call("DeleteWorkloadIdentity", ["name": "agent-100"])
        let second = try await lab.ok("ListWorkloadIdentities", ["nextToken": first["nextToken"] ?? .null])
        #expect(second["workloadIdentities"]?.array?.first?["name"] == "agent-120")
        #expect(second["workloadIdentities"]?.array?.count == 5)
        #expect(try await lab.refusal("ListWorkloadIdentities", ["maxResults": 21]).status == 400)
    }
}
