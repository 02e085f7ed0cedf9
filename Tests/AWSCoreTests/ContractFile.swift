import AWSCore
import Foundation
import Kernel

/// The contract of the repository, read once.
enum ContractFile {
    static let contract: Contract = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        do {
            let data = try Data(contentsOf: root.appending(path: "mocks/contract/contract.json"))
            return try Contract(json: JSONValue(parsing: Array(data)))
        } catch {
            fatalError("mocks/contract/contract.json: \(error)")
        }
    }()
}
