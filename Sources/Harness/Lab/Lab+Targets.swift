import AWSCore
import Kernel

/// A gateway's target as the console shows it.
package struct LabTarget: Sendable {
    package let id: String
    package let name: String
    package let status: String
    /// Where somebody has to consent; nil if nobody has to.
    package let authorizationURL: String?
    package var isPending: Bool { authorizationURL != nil && status.hasSuffix("_PENDING_AUTH") }
}

extension Lab {
    /// Every target of every gateway, in the order of their creation.
    package var targets: [LabTarget] {
        let records = (try? store.write { $0.all(TargetRecord.self) }) ?? []
        return records.map { record in
            LabTarget(
                id: record.id.rawValue, name: record.name, status: record.status.rawValue,
                authorizationURL: record.authorization?.url)
        }
    }
}
