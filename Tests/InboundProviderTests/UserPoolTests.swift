import HTTPTypes
import InboundProvider
import Kernel
import Testing

/// User pools as stacks create them.
struct UserPoolTests {
    @Test func aPoolIsOfTheLabsRegion() async throws {
        let lab = try Fixture()
        let input: JSONValue = ["PoolName": "users"]
        let response = await lab.provider.respond(
            to: Request(
                .post, Fixture.issuer + "/",
                headers: [fieldName("X-Amz-Target"): "AWSCognitoIdentityProviderService.CreateUserPool"],
                body: input.bytes))
        let pool = response.json?["UserPool"]
        let id = try #require(pool?["Id"]?.string)
        #expect(id.hasPrefix("eu-west-1_"))
        #expect(pool?["Arn"]?.string == "arn:aws:cognito-idp:eu-west-1:000000000000:userpool/\(id)")
        #expect(await lab.send(.get, "/\(id)/.well-known/openid-configuration").status == 200)
    }
}
