import AWSCore
import AccountServices
import HTTPTypes
package import Kernel
package import Scenario

/// `aws: CreateGatewayTarget`: one operation of either AWS service, with its members as in the API.
package struct AWSStep: LabStep {
    package static let keyword = "aws"
    package static let shape = StepShape(
        "One operation of either AWS service, with its members as in the API.", value: .name(.operations),
        outcome: answerRoots,
        [
            .asAnybody("admin"), ShapeMember("account", .text, "The account that calls."),
            .values("with", "Members of the operation."),
        ])
    private let operation: Template
    /// Who calls: a user with an AWS client of his own, or a party such as `app`.
    private let caller: Who
    private let account: Template?
    private let input: Template?
    package let expectations: Expectations
    package let saves: Saves

    package init?(_ node: StepNode, _ reading: inout Reading) {
        let members = node.members(of: Self.self, &reading)
        caller = Who(members["as"], standard: "admin", "user or party", among: reading.people, &reading)
        account = members["account"].map { Template($0, &reading) }
        input = Template.mapping("with", members, &reading)
        expectations = Expectations(members["expect"], roots: answerRoots, &reading)
        saves = Saves(members["save"], roots: answerRoots, &reading)
        guard let operation = node.value.text(&reading, as: "an operation") else { return nil }
        reading.expectName(operation, of: "operation", among: reading.vocabulary.operations, at: node.value.place)
        self.operation = Template(node.value, &reading)
        if let with = members["with"] { Self.expectMembers(with, of: operation, at: [], &reading) }
    }

    /// Reports members that an operation does not have, at any depth. Whoever wants to send one names it by a variable.
    private static func expectMembers(
        _ node: DocumentNode, of operation: String, at path: [String], _ reading: inout Reading
    ) {
        for item in node.items ?? [] { expectMembers(item, of: operation, at: path + [""], &reading) }
        guard node.isMapping else { return }
        let known = reading.vocabulary.membersOfOperation(operation, path)
        for member in node.members where !member.name.contains("${") {
            if known.isEmpty || known.contains(member.name) {
                expectMembers(member.value, of: operation, at: path + [member.name], &reading)
                continue
            }
            let owner = path.last { !$0.isEmpty }.map { "\($0) of \(operation)" } ?? operation
            reading.report(
                member.key.place, "\(owner) has no member \"\(member.name)\"",
                hint: Suggestion.nearest(to: member.name, among: known).map { "did you mean \"\($0)\"?" }
                    ?? "known: \(known.joined(separator: ", "))")
        }
    }

    package func perform(in run: ScenarioRun) async throws -> JSONValue {
        let variables = run.variables
        let object = try input?.members(variables) ?? [:]
        let operation = try operation.text(variables)
        guard run.lab.contract.operation(named: operation) != nil else {
            let known = run.lab.contract.operations.map(\.name)
            throw Diagnostic(
                self.operation.place, "there is no operation \"\(operation)\"",
                hint: Suggestion.hint(for: operation, among: known))
        }
        let origin = run.lab.awsOrigin(of: operation)
        var request = try run.lab.contract.request(for: operation, input: object, origin: origin)
        let key = try account?.text(variables) ?? AWSNames.defaultAccount
        request = Self.signed(request, key, run.lab)
        let sender = run.party(of: try caller.name(variables), with: "AWS client")
        let outcome = await run.send(request, from: sender)
        guard outcome["status"]?.int ?? 0 >= 400, var members = outcome.object else { return outcome }
        members[Self.slip] = Self.slip(in: object, operation, run.lab).map { .string($0) }
        return .object(members)
    }

    /// Where a slip of the pen stands in the outcome, for the message.
    private static let slip = "slip"

    /// A member that the operation does not have is sent all the same, as a careless client would.
    private static func slip(in input: JSONObject, _ operation: String, _ lab: Lab) -> String? {
        let known = lab.contract.members(of: operation)
        guard let odd = input.names.first(where: { !known.contains($0) }) else { return nil }
        let hint = Suggestion.hint(for: odd, among: known).map { "; \($0)" } ?? ""
        return "\(operation) has no member \"\(odd)\"\(hint)"
    }

    package func unexpectedFailure(in outcome: JSONValue) -> String? {
        guard let failure = failure(in: outcome) else { return nil }
        return "\(failure)\(outcome[Self.slip]?.string.map { ", and \($0)" } ?? "")"
    }

    /// Signed for real with a key that the lab knows; with any other as good as not.
    static func signed(_ request: Request, _ key: String, _ lab: Lab) -> Request {
        if let known = lab.knownKey(key) {
            return SigV4.sign(
                request, known.credentials, region: lab.definition.region, service: "bedrock-agentcore",
                at: lab.clock.now)
        }
        var request = request
        let date = SigV4.basicDate(lab.clock.now)
        request.head.headerFields.append(HTTPField(name: dateHeader, value: date))
        let claim = claim(key, day: date.prefix(8), lab)
        request.head.headerFields.append(HTTPField(name: .authorization, value: claim))
        return request
    }

    private static let zeros = String(repeating: "0", count: 64)
    private static let dateHeader = fieldName("X-Amz-Date")

    /// A SigV4 header (AWS General Reference, Signature Version 4). Where nobody checks the signature, the account is
    /// read from it.
    private static func claim(_ key: String, day: Substring, _ lab: Lab) -> String {
        let scope = "\(key)/\(day)/\(lab.definition.region)/bedrock-agentcore/aws4_request"
        return "AWS4-HMAC-SHA256 Credential=\(scope), SignedHeaders=host;x-amz-date, Signature=\(zeros)"
    }
}

extension Lab {
    /// Where an SDK sends an operation: each of the two services has a host name of its own, and one origin under
    /// `serve`.
    func awsOrigin(of operation: String) -> String {
        let standard = addresses.origin(of: .aws)
        guard contract.operation(named: operation)?.service == .control, case .realHosts = options.addressing,
            let hosts = definition.realHosts.first(where: { $0.party == .aws })?.hosts,
            let control = hosts.first(where: { $0.hasPrefix("bedrock-agentcore-control.") })
        else { return standard }
        return "https://\(control)"
    }
}
