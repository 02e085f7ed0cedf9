package import AWSCore
package import Kernel
import Scenario

/// Creates what a plan says, one resource after the other, and tells it as stack events.
package struct Deployment: Sendable {
    /// What a deployment needs of the lab it goes to: its AWS API and its time.
    package struct Surroundings: Sendable {
        let client: AWSClient
        let entropy: any Entropy
        /// Lets world time pass, or the machine's.
        let wait: @Sendable (Span) async -> Void

        package init(
            network: any Network, contract: Contract, credentials: SigV4.Credentials, region: String,
            origins: (control: String, data: String), entropy: any Entropy, now: @escaping @Sendable () -> Instant,
            wait: @escaping @Sendable (Span) async -> Void
        ) {
            client = AWSClient(
                network: network, contract: contract, credentials: credentials, region: region, now: now,
                controlOrigin: origins.control, dataOrigin: origins.data)
            self.entropy = entropy
            self.wait = wait
        }
    }

    /// One line of what happened.
    package struct Event: Sendable, Hashable {
        package let status: String
        package let type: String
        package let logicalID: String
        package let physicalID: String
        package let reason: String?
    }

    package struct Result: Sendable {
        package var events: [Event] = []
        package var outputs: [(name: String, value: String)] = []
        /// `CREATE_COMPLETE`, `CREATE_FAILED`, `ROLLBACK_COMPLETE` or `ROLLBACK_FAILED`.
        package var status = "CREATE_COMPLETE"
        /// The reason of the resource that failed.
        package var failure: String?
        /// Logical names and what they became.
        package var resources: [(name: String, type: String, ref: String)] = []

        fileprivate mutating func tell(
            _ status: String, _ type: String, _ name: String, _ physicalID: String, _ reason: String? = nil
        ) {
            events.append(
                Event(status: status, type: type, logicalID: name, physicalID: physicalID, reason: reason))
        }

        /// Of the stack itself.
        fileprivate mutating func tell(_ status: String, of stack: Destination, _ reason: String? = nil) {
            tell(status, "AWS::CloudFormation::Stack", stack.stack, stack.stackID, reason)
        }
    }

    /// What undoes a resource; nil where there is nothing to undo.
    typealias Undo = @Sendable (AWSClient) async throws(ResourceFailure) -> Void

    let plan: Plan
    let surroundings: Surroundings
    let rollsBack: Bool

    package init(_ plan: Plan, _ surroundings: Surroundings, rollsBack: Bool = false) {
        self.plan = plan
        self.surroundings = surroundings
        self.rollsBack = rollsBack
    }

    package func run() async -> Result {
        var result = Result()
        var evaluator = plan.evaluator.again
        var undos: [(StackTemplate.Resource, String, Undo)] = []
        let stack = plan.destination
        result.tell("CREATE_IN_PROGRESS", of: stack, "User Initiated")
        var failed: String?
        for resource in plan.resources where resource.type != ResourceTypes.metadata {
            result.tell("CREATE_IN_PROGRESS", resource.type, resource.name, "")
            var maker = ResourceMaker(
                resource: resource, destination: stack, client: surroundings.client,
                entropy: surroundings.entropy, wait: surroundings.wait)
            do throws(ResourceFailure) {
                let created = try await maker.create(with: evaluator)
                evaluator.created[resource.name] = created
                result.resources.append((resource.name, resource.type, created.ref))
                if let undo = maker.undo { undos.append((resource, created.ref, undo)) }
                result.tell("CREATE_COMPLETE", resource.type, resource.name, created.ref, maker.remark)
            } catch {
                // What failed half-way is there all the same.
                if let undo = maker.undo { undos.append((resource, maker.physicalID, undo)) }
                result.failure = error.reason
                result.tell("CREATE_FAILED", resource.type, resource.name, maker.physicalID, error.reason)
                failed = resource.name
                break
            }
        }
        if let failed {
            result.status = "CREATE_FAILED"
            result.tell(
                "CREATE_FAILED", of: stack, "The following resource(s) failed to create: [\(failed)]. ")
            if rollsBack { await rollBack(undos, &result) }
            return result
        }
        do throws(Diagnostic) {
            result.outputs = try outputs(evaluator)
        } catch {
            result.status = "CREATE_FAILED"
            result.failure = error.description
        }
        result.tell(result.status, of: stack, result.failure)
        return result
    }

    private func rollBack(_ undos: [(StackTemplate.Resource, String, Undo)], _ result: inout Result) async {
        result.status = "ROLLBACK_COMPLETE"
        for (resource, physical, undo) in undos.reversed() {
            do throws(ResourceFailure) {
                try await undo(surroundings.client)
                // Deletion is asynchronous; what is deleted next may need this one gone.
                await surroundings.wait(ResourceMaker.pause)
                result.resources.removeAll { $0.name == resource.name }
                result.tell("DELETE_COMPLETE", resource.type, resource.name, physical)
            } catch {
                result.status = "ROLLBACK_FAILED"
                result.tell("DELETE_FAILED", resource.type, resource.name, physical, error.reason)
            }
        }
        result.tell(result.status, of: plan.destination)
    }

    private func outputs(_ evaluator: Evaluator) throws(Diagnostic) -> [(name: String, value: String)] {
        var result: [(String, String)] = []
        for output in plan.outputs {
            guard let node = output.value["Value"] else {
                throw Diagnostic(output.key.place, "output \(output.name) needs a Value")
            }
            let value = try evaluator.value(node)
            // No other stack is there to import it; its name has to be one all the same.
            if let name = output.value["Export"]?["Name"] { _ = try evaluator.text(name, "an export's name") }
            result.append((output.name, value?.string ?? value?.text ?? ""))
        }
        return result
    }
}

extension Deployment.Result {
    /// As the control API and `deploy` answer.
    package var json: JSONValue {
        let events: [JSONValue] = events.map { event in
            var object: JSONObject = [
                "status": .string(event.status), "type": .string(event.type), "logicalId": .string(event.logicalID),
                "physicalId": .string(event.physicalID),
            ]
            if let reason = event.reason { object.append("reason", .string(reason)) }
            return .object(object)
        }
        var object: JSONObject = [
            "status": .string(status),
            "outputs": .object(JSONObject(outputs.map { .init($0.name, .string($0.value)) })),
            "resources": .object(JSONObject(resources.map { .init($0.name, .string($0.ref)) })),
            "events": .array(events),
        ]
        if let failure { object.append("failure", .string(failure)) }
        return .object(object)
    }
}
