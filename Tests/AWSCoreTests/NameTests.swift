import AWSCore
import Kernel
import Testing

/// What the AWS side calls things.
struct NameTests {
    @Test(arguments: [
        ("arn:aws:secretsmanager:us-east-1:111122223333:secret:github-AbCdEf", true),
        ("arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:a/b", true),
        ("arn:aws:iam::111122223333:role/reader", false), ("arn:x", false), ("github-secret", false),
    ])
    func onlyTheARNOfASecretIsGivenBack(_ row: (id: String, isSecret: Bool)) {
        let reference: JSONValue = ["secretId": .string(row.id), "jsonKey": "key"]
        #expect(AWSNames.ownSecretARN(reference) == (row.isSecret ? row.id : nil))
    }
}
