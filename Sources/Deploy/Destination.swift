import Kernel

/// Where a template goes: what its pseudo parameters say.
package struct Destination: Sendable {
    package let stack: String
    package let account: String
    package let region: String
    /// Values of the template's parameters that the caller gave.
    package let given: [String: String]
    /// The stack's own id, unguessable on AWS.
    package let id: String

    package init(stack: String, account: String, region: String, given: [String: String] = [:], id: String) {
        self.stack = stack
        self.account = account
        self.region = region
        self.given = given
        self.id = id
    }

    var stackID: String { "arn:aws:cloudformation:\(region):\(account):stack/\(stack)/\(id)" }

    /// AWS CloudFormation user guide, "Pseudo parameters reference".
    var pseudo: [String: JSONValue] {
        [
            "AWS::AccountId": .string(account), "AWS::Region": .string(region), "AWS::Partition": "aws",
            "AWS::StackName": .string(stack), "AWS::StackId": .string(stackID), "AWS::URLSuffix": "amazonaws.com",
            "AWS::NotificationARNs": [],
        ]
    }
}
