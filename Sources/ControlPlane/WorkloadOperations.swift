import AWSCore
import Kernel

// Create, Get, Update, Delete WorkloadIdentity and ListWorkloadIdentities.

extension ControlPlane {
    func createWorkload(_ call: Call) async throws -> JSONValue {
        let name = WorkloadName(call.text("name"))
        let birth = world.entropy.uuid(for: "workload-birth")
        return try world.store.write { transaction in
            guard transaction.find(WorkloadIdentityRecord.self, name.of(call.account)) == nil else {
                throw AWSError(
                    .validation, "WorkloadIdentity with name \(name) already exists", reason: .resourceConflict)
            }
            let most = settings.quotas.workloadIdentities
            guard transaction.count(WorkloadIdentityRecord.self, where: "account", is: call.account) < most else {
                throw quota("workload identities", most)
            }
            let workload = WorkloadIdentityRecord(
                name: name, account: call.account, isServiceLinked: false, birth: birth,
                allowedReturnURLs: call.input["allowedResourceOauth2ReturnUrls"]?.strings, createdAt: call.now)
            transaction.save(workload)
            keepTags(call, of: names.workloadARN(name, account: call.account), in: &transaction)
            return .object(renderCreated(workload))
        }
    }

    func getWorkload(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in render(try findWorkload(call, in: &transaction)) }
    }

    /// Replaces the list of return URLs (ledger `workload-update-replaces`).
    func updateWorkload(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            var workload = try findWorkload(call, in: &transaction)
            workload.allowedReturnURLs = call.input["allowedResourceOauth2ReturnUrls"]?.strings
            workload.updatedAt = call.now
            transaction.save(workload)
            return render(workload)
        }
    }

    func deleteWorkload(_ call: Call) async throws -> JSONValue {
        try world.store.write { transaction in
            let workload = try findWorkload(call, in: &transaction)
            if workload.isServiceLinked, world.switches.choice(.deleteServiceLinked) != "allow" {
                throw AWSError(
                    .validation, "WorkloadIdentity is linked to a service and cannot be deleted by the caller")
            }
            transaction.remove(WorkloadIdentityRecord.self, workload.id)
            dropTags(of: names.workloadARN(workload.name, account: workload.account), in: &transaction)
            return [:]
        }
    }

    func listWorkloads(_ call: Call) async throws -> JSONValue {
        try page(of: WorkloadIdentityRecord.self, call, as: "workloadIdentities", most: 20) { workload in
            [
                "name": .string(workload.name.rawValue),
                "workloadIdentityArn": .string(names.workloadARN(workload.name, account: workload.account)),
            ]
        }
    }

    private func findWorkload(
        _ call: Call, in transaction: inout Transaction
    ) throws(AWSError) -> WorkloadIdentityRecord {
        let name = WorkloadName(call.text("name"))
        guard let workload = transaction.find(WorkloadIdentityRecord.self, name.of(call.account)) else {
            throw AWSError(.resourceNotFound, "WorkloadIdentity \(name) not found")
        }
        return workload
    }

    private func renderCreated(_ workload: WorkloadIdentityRecord) -> JSONObject {
        [
            "name": .string(workload.name.rawValue),
            "workloadIdentityArn": .string(names.workloadARN(workload.name, account: workload.account)),
            // Without a list it reads back as an empty one (ledger `workload-urls-empty`).
            "allowedResourceOauth2ReturnUrls": .strings(workload.allowedReturnURLs ?? []),
        ]
    }

    private func render(_ workload: WorkloadIdentityRecord) -> JSONValue {
        var result = renderCreated(workload)
        result.append("createdTime", .double(workload.createdAt.epochSeconds))
        result.append("lastUpdatedTime", .double(workload.updatedAt.epochSeconds))
        return .object(result)
    }
}
