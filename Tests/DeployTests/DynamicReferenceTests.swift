import AWSCore
import Deploy
import HTTPTypes
import Kernel
import Scenario
import Synchronization
import Testing

/// `{{resolve:secretsmanager:…}}` in a template that is deployed.
struct DynamicReferenceTests {
    /// Secrets Manager with one secret, which looks like a reference itself.
    private final class Secrets: Network {
        let created = Mutex<JSONValue?>(nil)

        func send(_ request: Request) async throws(NetworkFailure) -> Response {
            let input = try? JSONValue(parsing: request.body)
            guard request.header(fieldName("X-Amz-Target"))?.hasSuffix("GetSecretValue") == true else {
                created.withLock { $0 = input?["SecretString"] }
                return .json(200, ["ARN": "arn:made"])
            }
            return .json(200, ["SecretString": #"{"user":"u","password":"{{resolve:secretsmanager:x}}"}"#])
        }
    }

    @Test func everyOneOfATextIsFilledAndNoSecretIsReadAgain() async throws {
        let text = """
            Resources:
              Kept:
                Type: AWS::SecretsManager::Secret
                Properties:
                  SecretString: "a {{resolve:secretsmanager:s:SecretString:user}}:\
            {{resolve:secretsmanager:s:SecretString:password}} b"
            """
        let types = ResourceTypes(
            json: ["types": ["AWS::SecretsManager::Secret": ["properties": ["SecretString"]]]])
        let plan = try Plan(
            StackTemplate(text: text, name: "t.yaml"),
            Destination(stack: "S", account: "111122223333", region: "us-east-1", id: "1"), types: types)
        let secrets = Secrets()
        let operation: JSONValue = ["name": "Ask", "service": "control", "method": "GET", "uri": "/", "status": 200]
        let contract = try Contract(json: ["operations": [operation], "shapes": ["control": [:], "data": [:]]])
        let surroundings = Deployment.Surroundings(
            network: secrets, contract: contract,
            credentials: SigV4.Credentials(keyID: "111122223333", secret: Secret("s")), region: "us-east-1",
            origins: ("https://control.test", "https://data.test"), entropy: SeededEntropy(seed: 1),
            now: { Instant(milliseconds: 0) }, wait: { _ in })
        let result = await Deployment(plan, surroundings).run()
        #expect(result.status == "CREATE_COMPLETE", "\(result.failure ?? "")")
        #expect(secrets.created.withLock { $0 } == "a u:{{resolve:secretsmanager:x}} b")
        let statuses = ["CREATE_IN_PROGRESS", "CREATE_IN_PROGRESS", "CREATE_COMPLETE", "CREATE_COMPLETE"]
        #expect(result.events.map(\.status) == statuses)
    }
}
