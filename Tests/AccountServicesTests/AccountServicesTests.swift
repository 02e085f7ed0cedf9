import AWSCore
import Kernel
import Testing

/// IAM and Secrets Manager as stacks use them.
struct AccountServicesTests {
    private let trust = #"{"Version":"2012-10-17","Statement":[]}"#
    private let policy = #"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#

    private func code(_ response: Response) -> String {
        let text = response.bodyText
        guard let start = text.range(of: "<Code>") else { return "\(response.status)" }
        return "\(response.status) \(text[start.upperBound...].prefix { $0 != "<" })"
    }

    @Test func aRoleIsMadeOnceAndDeleted() async throws {
        let lab = try AccountLab([:])
        let role = [("RoleName", "gw"), ("AssumeRolePolicyDocument", trust)]
        let made = await lab.iam("CreateRole", role[0], role[1])
        #expect(made.bodyText.contains("<Arn>arn:aws:iam::111122223333:role/gw</Arn>"))
        #expect(await code(lab.iam("CreateRole", role[0], role[1])) == "409 EntityAlreadyExists")
        #expect(await lab.iam("GetRole", role[0]).status == 200)
        let inline = await lab.iam("PutRolePolicy", role[0], ("PolicyName", "p"), ("PolicyDocument", policy))
        #expect(inline.status == 200)
        #expect(await lab.iam("DeleteRolePolicy", role[0], ("PolicyName", "p")).status == 200)
        #expect(await lab.iam("DeleteRole", role[0]).status == 200)
        #expect(await code(lab.iam("GetRole", role[0])) == "404 NoSuchEntity")
    }

    @Test func whatIAMCannotReadItRefuses() async throws {
        let lab = try AccountLab([:])
        #expect(await code(lab.iam("CreateRole")) == "400 ValidationError")
        let strange = await lab.iam("CreateRole", ("RoleName", "a b"), ("AssumeRolePolicyDocument", trust))
        #expect(code(strange) == "400 ValidationError")
        let broken = await lab.iam("CreateRole", ("RoleName", "a"), ("AssumeRolePolicyDocument", "{"))
        #expect(code(broken) == "400 MalformedPolicyDocument")
        let maybe = #"{"Statement":{"Effect":"Maybe","Action":"*","Resource":"*"}}"#
        let policy = await lab.iam("CreatePolicy", ("PolicyName", "p"), ("PolicyDocument", maybe))
        #expect(code(policy) == "400 MalformedPolicyDocument")
        #expect(await code(lab.iam("LaunchRocket")) == "400 InvalidAction")
    }

    @Test func aSecretIsFoundByNameAndByARN() async throws {
        let lab = try AccountLab([:])
        let made = await lab.secrets("CreateSecret", ["Name": "db", "SecretString": "s3cret"])
        let arn = try #require(made.json?["ARN"]?.string)
        #expect(arn.hasPrefix("arn:aws:secretsmanager:us-east-1:000000000000:secret:db-"))
        for id in ["db", arn] {
            let value = await lab.secrets("GetSecretValue", ["SecretId": .string(id)])
            #expect(value.json?["SecretString"] == "s3cret")
        }
        let again = await lab.secrets("CreateSecret", ["Name": "db"])
        #expect(again.header(AWSError.typeHeader) == "ResourceExistsException")
        #expect(await lab.secrets("DeleteSecret", ["SecretId": "db"]).status == 200)
        let gone = await lab.secrets("GetSecretValue", ["SecretId": "db"])
        #expect(gone.header(AWSError.typeHeader) == "ResourceNotFoundException")
    }
}
