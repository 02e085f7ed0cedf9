import AWSCore
import AccountServices
import Deploy
import Foundation
package import Kernel
import Scenario

/// A template on its way into a lab.
package struct DeploymentRequest: Sendable {
    package let template: String
    /// Of the file, for messages.
    package var name = "template"
    package var stack = "agentcore-local"
    package var account = AWSNames.defaultAccount
    package var parameters: [String: String] = [:]
    package var rollsBack = false
    /// Only says what it would do.
    package var isCheck = false

    package init(template: String) { self.template = template }

    /// Everything that is wrong with a template and can be seen before anything is deployed; without `given` only what
    /// its form is.
    static func problems(_ companion: Companion, _ given: [String: String]?, in lab: Lab) -> [Diagnostic] {
        guard let text = companion.contents.flatMap({ String(bytes: $0, encoding: .utf8) }) else { return [] }
        do throws(TemplateProblems) {
            let template = try StackTemplate(text: text, name: companion.shown)
            guard let given else { return [] }
            var request = DeploymentRequest(template: text)
            request.parameters = given
            _ = try lab.plan(template, request, id: "check")
            return []
        } catch {
            return error.diagnostics
        }
    }
}

/// A template that cannot be deployed as it is; nothing was created.
package struct DeploymentMistake: Error, Sendable, CustomStringConvertible {
    package let problems: [String]
    package let rendered: [String]
    /// The error of CloudFormation's API that says the same, where there is one.
    package private(set) var code: String?
    package var description: String { problems.joined(separator: "\n") }

    init(_ error: TemplateProblems) {
        problems = error.diagnostics.map(\.description)
        rendered = error.diagnostics.map(\.rendered)
    }

    /// As `CreateStack` refuses a name that is taken (ledger `cfn-stack-exists`).
    fileprivate init(taken stack: String) {
        problems = ["Stack [\(stack)] already exists"]
        rendered = problems.map {
            """
            AlreadyExistsException: \($0)
              stacks are neither updated nor deleted here: reset the lab, or take another name of a stack
            """
        }
        code = "AlreadyExistsException"
    }
}

/// A stack that was deployed, whole or in part. One that was rolled back leaves its name free: nothing of it is there.
private struct StackRecord: Record {
    static let collection = "stack"
    enum Tag {}
    /// Account and name.
    let id: Identifier<Tag>

    init(_ request: DeploymentRequest) { id = Identifier("\(request.account)/\(request.stack)") }
}

extension Lab {
    /// Reads a template and creates what it says, by the AWS API at this lab's addresses.
    ///
    /// - Returns: what happened, or with `isCheck` what would be created.
    package func deploy(_ request: DeploymentRequest) async throws(DeploymentMistake) -> JSONValue {
        let plan: Plan
        do throws(TemplateProblems) {
            let template = try StackTemplate(text: request.template, name: request.name)
            plan = try self.plan(template, request, id: entropy.uuid(for: "stack"))
        } catch {
            throw DeploymentMistake(error)
        }
        guard takeName(of: request) else { throw DeploymentMistake(taken: request.stack) }
        if request.isCheck { return ["status": "CHECKED", "creates": plan.summary] }
        let result = await Deployment(plan, surroundings(of: request), rollsBack: request.rollsBack).run()
        if result.status == "ROLLBACK_COMPLETE" {
            _ = try? store.write { $0.remove(StackRecord.self, StackRecord(request).id) }
        }
        return result.json
    }

    /// What a template will create; `id` is the stack's.
    fileprivate func plan(
        _ template: StackTemplate, _ request: DeploymentRequest, id: String
    ) throws(TemplateProblems) -> Plan {
        let destination = Destination(
            stack: request.stack, account: request.account, region: definition.region, given: request.parameters,
            id: id)
        return try Plan(
            template, destination, types: definition.resourceTypes,
            service: (contract, Contract.Manner(switches, addresses)))
    }

    /// Whether no stack of this name is there. Where the template is not only looked at, there is one from now on.
    private func takeName(of request: DeploymentRequest) -> Bool {
        let stack = StackRecord(request)
        let isFree = try? store.write { transaction in
            guard transaction.find(StackRecord.self, stack.id) == nil else { return false }
            if !request.isCheck { transaction.save(stack) }
            return true
        }
        return isFree ?? true
    }

    /// A key by its id, also one that AssumeRole gave; in a lab that verifies signatures an account's own key by the
    /// account too.
    func knownKey(_ id: String) -> SigV4.KnownKey? {
        let isVerifying = switches.choice(.signatures) == "verify"
        // Temporary keys begin with these letters, and no others do.
        guard !id.hasPrefix("ASIA") else { return try? store.write { SessionKeys.key(id, in: &$0) } }
        return definition.access.key(id) ?? (isVerifying ? definition.access.key(ofAccount: id) : nil)
    }

    private func surroundings(of request: DeploymentRequest) -> Deployment.Surroundings {
        // Where signatures are verified, the lab's own key of that account; anywhere else any key will do.
        let credentials =
            knownKey(request.account)?.credentials
            ?? SigV4.Credentials(keyID: request.account, secret: Secret("agentcore-local-secret"))
        let clock = clock
        return Deployment.Surroundings(
            network: network.port(of: .outside), contract: contract, credentials: credentials,
            region: definition.region,
            origins: (awsOrigin(of: "CreateGateway"), awsOrigin(of: "GetWorkloadAccessToken")), entropy: entropy,
            now: { clock.now }, wait: { [weak self] span in await self?.advance(by: span) })
    }
}
