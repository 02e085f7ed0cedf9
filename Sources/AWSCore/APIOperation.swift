package import Kernel

/// One call of an HTTP API that stands behind a tool: what an OpenAPI document, a Smithy model or the export of an API
/// Gateway stage says about it.
package struct APIOperation: Hashable, Sendable, Codable {
    /// Where an argument of the tool goes.
    package enum Place: String, Hashable, Sendable, Codable {
        case path
        case query
        case header
        /// A member of a JSON body.
        case member
        /// The body as a whole.
        case body
    }

    package struct Parameter: Hashable, Sendable, Codable {
        /// In the tool's arguments.
        package let name: String
        /// On the wire.
        package let wireName: String
        package let place: Place
        package let isRequired: Bool
        package init(_ name: String, wireName: String? = nil, _ place: Place, isRequired: Bool) {
            self.name = name
            self.wireName = wireName ?? name
            self.place = place
            self.isRequired = isRequired
        }
    }

    /// The tool's name without the target's.
    package let tool: String
    package let method: String
    /// Scheme, host and base path, without final slash.
    package let server: String
    /// Template with `{holes}`; `{rest+}` may hold slashes.
    package let path: String
    /// Members of the query that every call has.
    package let fixedQuery: [String: String]
    package let parameters: [Parameter]

    package init(
        tool: String, method: String, server: String, path: String, fixedQuery: [String: String] = [:],
        parameters: [Parameter]
    ) {
        self.tool = tool
        self.method = method
        self.server = server
        self.path = path
        self.fixedQuery = fixedQuery
        self.parameters = parameters
    }
}

/// The calls behind the tools of one target, as they were read when it was made.
package struct APIOperationsRecord: Record {
    package static let collection = "api-operations"
    package let id: TargetID
    package let gateway: GatewayID
    package let operations: [APIOperation]
    package var keys: [RecordKey] { [RecordKey("gateway", gateway.rawValue)] }
    package init(id: TargetID, gateway: GatewayID, operations: [APIOperation]) {
        self.id = id
        self.gateway = gateway
        self.operations = operations
    }
}
