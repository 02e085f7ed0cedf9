// What tests of several modules want of this checkout: its files, as data. It must know no party and expects nothing.

package import AWSCore
import Foundation
package import Kernel

package enum Checkout {
    /// The folder that holds `mocks` and `scenarios`.
    package static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path

    /// A JSON file below `mocks`.
    package static func mock(_ path: String) throws -> JSONValue {
        try JSONValue(parsing: Array(Data(contentsOf: URL(filePath: "\(root)/mocks/\(path)"))))
    }

    /// One of the lab's private key sets.
    package static func keys(_ name: String) throws -> JSONValue { try mock("keys/\(name).json") }

    /// The AWS contract, read once.
    package static let contract: Contract = {
        do {
            return try Contract(json: mock("contract/contract.json"))
        } catch {
            fatalError("mocks/contract/contract.json: \(error)")
        }
    }()
}
