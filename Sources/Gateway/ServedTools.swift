import AWSCore
import Kernel
import MCPCore

/// A tool as the gateway offers it.
struct ServedTool {
    let target: TargetRecord
    /// As the target names it.
    let name: String
    /// With the gateway's name for it.
    let definition: JSONObject
}

/// The names of tools behind a gateway: target, three underscores, tool. A target's name has no underscore, so the
/// first three divide.
enum ToolName {
    static let mark = "___"

    static func joined(_ target: String, _ tool: String) -> String { target + mark + tool }

    static func parts(_ name: String) -> (target: String, tool: String)? {
        guard let place = name.range(of: mark), place.lowerBound > name.startIndex, place.upperBound < name.endIndex
        else { return nil }
        return (String(name[..<place.lowerBound]), String(name[place.upperBound...]))
    }
}

extension Transaction {
    /// The tools of one target; none unless it is READY, or was and is being changed (U8). Read from the catalogue
    /// alone: a list never needs anybody's consent.
    mutating func servedTools(of target: TargetRecord, _ serving: Serving) -> [ServedTool] {
        guard target.isServed(serving), let catalogue = find(CatalogueRecord.self, target.id) else {
            return []
        }
        return target.served(catalogue.tools)
    }

    /// The tool a caller means; nil if no target that is served has it. What a DYNAMIC target has is not known here:
    /// any name of it may be called.
    mutating func servedTool(_ name: String, of gateway: GatewayID, _ serving: Serving) -> ServedTool? {
        guard let (targetName, toolName) = ToolName.parts(name),
            let target = find(TargetRecord.self, where: "name", is: "\(gateway)/\(targetName)").first,
            target.isServed(serving)
        else { return nil }
        if target.isDynamic { return ServedTool(target: target, name: toolName, definition: [:]) }
        // It alone is taken: a target may have thousands.
        let tools = find(CatalogueRecord.self, target.id)?.tools ?? []
        let tool = tools.first { $0["name"]?.string.map { areSame($0, toolName) } == true }
        return tool.flatMap { target.served([$0]).first }
    }
}

/// Which targets are served at a moment.
struct Serving {
    /// U8: those that were READY and are being changed, too.
    let includesChanging: Bool
    /// U28: of those that are READY only what was so by this time; nil for all.
    let settledBy: Instant?
}

extension TargetRecord {
    /// Tools of this target under the gateway's names.
    func served(_ tools: [JSONValue]) -> [ServedTool] {
        tools.compactMap { tool in
            guard var definition = tool.object, let name = definition["name"]?.string else { return nil }
            definition["name"] = .string(ToolName.joined(self.name, name))
            return ServedTool(target: self, name: name, definition: definition)
        }
    }

    /// Listing mode DYNAMIC: nothing is read ahead (T6).
    var isDynamic: Bool { mcpServer?["listingMode"] == "DYNAMIC" }

    func isServed(_ serving: Serving) -> Bool {
        switch status {
        case .ready: serving.settledBy.map { updatedAt <= $0 } ?? true
        case .updating, .updatePendingAuth, .updateUnsuccessful, .synchronizing, .synchronizePendingAuth,
            .synchronizeUnsuccessful:
            serving.includesChanging
        case .creating, .createPendingAuth, .failed, .deleting: false
        }
    }
}

/// Pages of a list. A cursor is the place where the next page begins and the list it is a place in; opaque to clients.
struct Pages {
    let list: String
    let size: Int

    /// - Throws: -32602 for a cursor that this list did not give.
    func page<Item>(
        of items: [Item], at cursor: JSONValue?
    ) throws(JSONRPCError) -> (items: ArraySlice<Item>, next: String?) {
        var start = 0
        if let cursor, !cursor.isNull {
            guard let place = cursor.string.flatMap(place), place < items.count else { throw ToolMessage.invalidCursor }
            start = place
        }
        let end = min(items.count, start + max(1, size))
        return (items[start..<end], end < items.count ? self.cursor(at: end) : nil)
    }

    private var seal: String { String(hash64(list), radix: 16) }

    private func cursor(at place: Int) -> String { Base64.encodeURL("\(place).\(seal)".utf8) }

    private func place(_ cursor: String) -> Int? {
        guard let bytes = Base64.decodeURL(cursor) else { return nil }
        let parts = String(decoding: bytes, as: UTF8.self).split(separator: ".")
        guard parts.count == 2, parts[1] == seal, let place = Int(parts[0]), place > 0 else { return nil }
        return place
    }
}
