import AWSCore
import Kernel
import TestSupport
import Testing

/// What the AWS side calls things.
struct NameTests {
    @Test(arguments: [
        ("arn:aws:secretsmanager:us-east-1:111122223333:secret:github-AbCdEf", true),
        ("arn:aws-us-gov:secretsmanager:us-gov-west-1:111122223333:secret:a/b", true),
        ("arn:aws:iam::111122223333:role/reader", false), ("arn:x", false),
        ("arn:aws:secretsmanager:us-east-1:111122223333:secret:a_b-9/+=.@!", true), ("github-secret", false),
    ])
    func anAnswerShowsTheARNOfASecretOnly(_ row: (text: String, isSecret: Bool)) {
        #expect(Checkout.contract.isSecretARN(row.text) == row.isSecret)
    }
}
