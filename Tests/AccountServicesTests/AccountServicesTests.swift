import AWSCore
import AccountServices
import HTTPTypes
import Kernel
import TestSupport
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
        #expect(await code(lab.iam("DeleteRole", role[0])) == "409 DeleteConflict")
        #expect(await lab.iam("DeleteRolePolicy", role[0], ("PolicyName", "p")).status == 200)
        #expect(await lab.iam("DeleteRole", role[0]).status == 200)
        #expect(await code(lab.iam("GetRole", role[0])) == "404 NoSuchEntity")
    }

    @Test func aPolicyIsDeletedByItsAccountAlone() async throws {
        let lab = try AccountLab([:])
        let made = await lab.iam("CreatePolicy", ("PolicyName", "p"), ("PolicyDocument", policy))
        #expect(made.status == 200)
        let arn = "arn:aws:iam::111122223333:policy/p"
        let strange = Request(
            .post, "https://iam.amazonaws.com/",
            headers: [.authorization: "AWS4-HMAC-SHA256 Credential=444455556666/x, Signature=0"],
            body: Array("Action=DeletePolicy&PolicyArn=\(percentEncoded(arn))".utf8))
        #expect(await code(lab.accounts.respond(to: strange)) == "404 NoSuchEntity")
        #expect(await lab.iam("DeletePolicy", ("PolicyArn", arn)).status == 200)
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

    /// Ledger `secret-name`.
    @Test(arguments: [
        ("team/db_1+2=3.4@5-x!", 200), ("bad name", 400), ("a:b", 400), ("gr\u{fc}n", 400),
        (String(repeating: "a", count: 513), 400), ("", 400),
    ])
    func aSecretHasALegalName(_ name: String, _ status: Int) async throws {
        let lab = try AccountLab([:])
        let made = await lab.secrets("CreateSecret", ["Name": .string(name), "SecretString": "s"])
        #expect(made.status == status)
        let nobody = await lab.secrets("GetSecretValue", [:])
        #expect(nobody.header(AWSError.typeHeader) == "InvalidParameterException")
    }
}

/// Keys of a role's session.
struct SecurityTokenTests {
    private func trust(_ principal: String) -> String {
        #"{"Statement":[{"Effect":"Allow","Principal":\#(principal),"Action":"sts:AssumeRole"}]}"#
    }

    private func assumed(_ lab: AccountLab, by principal: String) async -> Response {
        _ = await lab.iam("CreateRole", ("RoleName", "r"), ("AssumeRolePolicyDocument", trust(principal)))
        return await lab.iam(
            "AssumeRole", ("RoleArn", "arn:aws:iam::111122223333:role/r"), ("RoleSessionName", "me"))
    }

    /// Each limit of a session is told by name, in STS's words.
    @Test(arguments: [
        ("me", "900", nil), ("me", "43200", nil), (String(repeating: "m", count: 64), "3600", nil),
        (
            "a:b", "900",
            "1 validation error detected: Value 'a:b' at 'roleSessionName' failed to satisfy constraint: "
                + #"Member must satisfy regular expression pattern: [\w+=,.@-]*"#
        ),
        (
            "m", "900",
            "'roleSessionName' failed to satisfy constraint: Member must have length greater than or equal to 2"
        ),
        (
            String(repeating: "m", count: 65), "900",
            "'roleSessionName' failed to satisfy constraint: Member must have length less than or equal to 64"
        ),
        (
            "me", "899",
            "1 validation error detected: Value '899' at 'durationSeconds' failed to satisfy constraint: "
                + "Member must have value greater than or equal to 900"
        ),
        (
            "me", "43201",
            "Value '43201' at 'durationSeconds' failed to satisfy constraint: "
                + "Member must have value less than or equal to 43200"
        ),
        ("m", "1", "2 validation errors detected: Value 'm' at 'roleSessionName'"),
    ])
    func aSessionsLimitsAreTold(_ name: String, _ seconds: String, _ told: String?) async throws {
        let lab = try AccountLab([:])
        _ = await lab.iam("CreateRole", ("RoleName", "r"), ("AssumeRolePolicyDocument", trust(#""*""#)))
        let answer = await lab.iam(
            "AssumeRole", ("RoleArn", "arn:aws:iam::111122223333:role/r"), ("RoleSessionName", name),
            ("DurationSeconds", seconds))
        #expect(answer.status == (told == nil ? 200 : 400))
        let text = String(decoding: answer.body, as: UTF8.self)
        guard let told else { return }
        #expect(text.contains(told) && text.contains("<Code>ValidationError</Code>"), "\(text)")
    }

    @Test(arguments: [
        (#"{"AWS":"arn:aws:iam::111122223333:root"}"#, 200), (#"{"AWS":["222233334444","111122223333"]}"#, 200),
        (#""*""#, 200), (#"{"AWS":"arn:aws:iam::222233334444:root"}"#, 403),
        (#"{"Service":"bedrock-agentcore.amazonaws.com"}"#, 403),
    ])
    func aRoleTrustsWhomItNames(_ principal: String, _ status: Int) async throws {
        let lab = try AccountLab([:])
        #expect(await assumed(lab, by: principal).status == status)
        #expect(lab.stoppedBy == (status == 403 ? ["role-trusted"] : []))
    }

    @Test func aSessionSignsUntilItEnds() async throws {
        let lab = try AccountLab(["sigv4": "verify", "iam": "enforce"])
        let answer = await assumed(lab, by: #""*""#).bodyText
        let kinds = lab.store.journal().compactMap { entry in
            if case .token(.issued(let birth)) = entry.event { birth.kind } else { nil }
        }
        #expect(kinds == ["secret_access_key", "session_token"], "what nobody may read is known by its birth")
        func part(_ name: String) -> String {
            guard let start = answer.range(of: "<\(name)>") else { return "" }
            return String(answer[start.upperBound...].prefix { $0 != "<" })
        }
        let credentials = SigV4.Credentials(
            keyID: part("AccessKeyId"), secret: Secret(part("SecretAccessKey")),
            sessionToken: Secret(part("SessionToken")))
        func signed() throws -> Request {
            SigV4.sign(
                try Checkout.contract.request(for: "ListGateways", input: [:], origin: AccountLab.origin),
                credentials,
                region: "us-east-1", service: "bedrock-agentcore", at: lab.clock.now)
        }
        #expect(
            try lab.message(signed()).hasPrefix("User: arn:aws:sts::111122223333:assumed-role/r/me is not authorized"))
        while lab.clock.advance(towards: lab.clock.now + .minutes(60)) != nil {}
        #expect(try lab.outcome(signed()) == "403 ExpiredTokenException")
    }
}
