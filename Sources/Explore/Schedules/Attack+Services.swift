import Kernel

// What must not work at the identity service and at the control plane: whoever tries it has a workload of their own and
// an account's keys, which in a lab may be any.
extension Attack {
    private static func aws(_ path: String, _ json: String) -> Ask {
        let zeros = String(repeating: "0", count: 64)
        let authorization =
            "AWS4-HMAC-SHA256 Credential=000000000000/20261120/us-east-1/bedrock-agentcore/aws4_request, "
            + "SignedHeaders=host, Signature=\(zeros)"
        return Ask(line: "POST ${lab.aws}\(path)", json: json, headers: ["Authorization": authorization])
    }

    private static let workload = done(
        aws(
            "/identities/CreateWorkloadIdentity",
            "{\"name\": \"guests-#\", \"allowedResourceOauth2ReturnUrls\": [\"${lab.app}/callback\"]}"))
    private static let guest = done(
        aws(
            "/identities/GetWorkloadAccessTokenForUserId", "{\"workloadName\": \"guests-#\", \"userId\": \"guest-#\"}"),
        ["workload#": "body.workloadAccessToken"])

    private static func token(_ scopes: String = "\"read:user\"", back: String = "${lab.app}/callback") -> Ask {
        aws(
            "/identities/oauth2/token",
            "{\"workloadIdentityToken\": \"${workload#}\", \"resourceCredentialProviderName\": \"github-provider\", "
                + "\"scopes\": [\(scopes)], \"oauth2Flow\": \"USER_FEDERATION\", "
                + "\"resourceOauth2ReturnUrl\": \"\(back)\"}")
    }

    private static let asked = done(
        token(), ["link#": "body.authorizationUrl", "session#": "body.authorizationUrl?request_uri"])
    private static let opened = Deed(act: .visit("${link#}"))
    private static let opensNothing = Deed(act: .visit("${link#}"), refusal: .noReturn)
    private static let complete = aws(
        "/identities/CompleteResourceTokenAuth",
        "{\"sessionUri\": \"${session#}\", \"userIdentifier\": {\"userId\": \"guest-#\"}}")

    static let atTheIdentityService: [Attack] = [
        Attack(
            name: "a return that the workload does not allow",
            deeds: [workload, guest, refused(token(back: "${lab.app}/elsewhere"), .status)]),
        Attack(
            name: "a link for the second time", deeds: [workload, guest, asked, opened, opensNothing]),
        Attack(
            name: "a link that a newer one took the place of",
            deeds: [workload, guest, asked, done(token("\"repo\"")), opensNothing]),
        Attack(
            name: "a session completed for the second time",
            deeds: [workload, guest, asked, opened, done(complete), refused(complete, .status)]),
        Attack(
            name: "a token for scopes that nobody granted",
            deeds: [
                workload, guest, asked, opened, done(complete), refused(token("\"read:user\", \"repo\""), .noGrant),
            ]),
        Attack(
            name: "the identity of a gateway",
            deeds: [
                refused(
                    aws(
                        "/identities/GetWorkloadAccessTokenForUserId",
                        "{\"workloadName\": \"${gateway}\", \"userId\": \"alice\"}"), .status)
            ]),
        Attack(
            name: "a forged token that names a user",
            deeds: [
                workload, signedIn, done(exchange(), ["token#": "body.access_token"]),
                refused(
                    aws(
                        "/identities/GetWorkloadAccessTokenForJWT",
                        "{\"workloadName\": \"guests-#\", \"userToken\": \"${token#}AAAA\"}"), .status),
            ]),
    ]

    private static func target(_ credential: String, tools: String = "", more: String = "") -> Deed {
        refused(
            aws(
                "/gateways/${gateway}/targets/",
                "{\"name\": \"target-#\", \"targetConfiguration\": {\"mcp\": {\"mcpServer\": "
                    + "{\"endpoint\": \"${lab.mcp}/mcp\"\(tools)}}}, "
                    + "\"credentialProviderConfigurations\": [{\(credential)}]\(more)}"), .status)
    }

    /// Without them the gateway would look for tools at once, and the identity service would refuse it.
    private static let tools =
        ", \"mcpToolSchema\": {\"inlinePayload\": \(JSONValue.string(Stage.tools).text)}"

    private static func oauth(_ grant: String, _ more: String = "") -> String {
        "\"credentialProviderType\": \"OAUTH\", \"credentialProvider\": {\"oauthCredentialProvider\": "
            + "{\"providerArn\": \"${provider}\", \"grantType\": \"\(grant)\", \"scopes\": [\"repo\"]\(more)}}"
    }

    static let atTheControlPlane: [Attack] = [
        Attack(
            name: "a target that passes its caller's token on",
            deeds: [target("\"credentialProviderType\": \"JWT_PASSTHROUGH\"")]),
        Attack(
            name: "a target that exchanges tokens where its provider does not",
            deeds: [target(oauth("TOKEN_EXCHANGE"))]),
        Attack(
            name: "a target whose users return nowhere", deeds: [target(oauth("AUTHORIZATION_CODE"), tools: tools)]),
        Attack(
            name: "a target that lets the credential's header travel",
            deeds: [
                target(
                    oauth("AUTHORIZATION_CODE", ", \"defaultReturnUrl\": \"${lab.app}/callback\""),
                    more: ", \"metadataConfiguration\": {\"allowedRequestHeaders\": [\"Authorization\"]}")
            ]),
    ]
}
