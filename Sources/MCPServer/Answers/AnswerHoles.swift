import Kernel

/// Whether the holes of an answer name facts: what fills none stays empty, and nobody would hear of a slip.
struct AnswerHoles {
    /// What every answer may name (`ServerHandler.facts`), and what stands for an item of a list that is not named.
    private static let common = ["user", "arguments", "github", "server", "now", "call", "answers", "item"]
    private let facts: [String]
    private let userMembers: [String]

    /// `facts` are those of the answer alone. nil where nobody asks.
    init?(facts: [String], _ context: ToolCatalogue.Context) {
        guard let userMembers = context.userMembers else { return nil }
        self.facts = Self.common + facts
        self.userMembers = facts.contains("user") ? [] : userMembers
    }

    /// Tells the first hole that names nothing.
    func check(_ node: DataNode) throws(DataMistake) {
        guard let slip = slip(in: node.json, []) else { return }
        throw DataMistake(slip.reason, at: node.path + slip.way.reversed(), known: slip.known, word: slip.word)
    }

    private struct Slip {
        let reason: String
        let word: String
        let known: [String]
        /// From the text back to where the search began.
        var way: [String] = []
    }

    /// `names` are those of the items around it.
    private func slip(in value: JSONValue, _ names: [String]) -> Slip? {
        switch value {
        case .string(let text): return slip(in: text, names)
        case .array(let items):
            for (index, item) in items.enumerated() {
                guard var slip = slip(in: item, names) else { continue }
                slip.way.append("\(index)")
                return slip
            }
        case .object(let object):
            let inner = object["each"] == nil ? names : names + [object["as"]?.string ?? "item"]
            for member in object.members {
                guard var slip = slip(in: member.value, inner) else { continue }
                slip.way.append(member.name)
                return slip
            }
        default: break
        }
        return nil
    }

    private func slip(in text: String, _ names: [String]) -> Slip? {
        guard text.utf8.contains(UInt8(ascii: "$")) else { return nil }
        for hole in ValueTemplate.holes(in: text) {
            let path = hole.pieces(by: ".").map(String.init)
            let head = path.first ?? ""
            guard facts.contains(head) || names.contains(head) else {
                let known = facts + names
                return Slip(reason: "nothing fills ${\(hole)}", word: head, known: known)
            }
            guard head == "user", !names.contains("user"), path.count > 1, !userMembers.isEmpty,
                !userMembers.contains(path[1])
            else { continue }
            return Slip(
                reason: "nothing fills ${\(hole)}: a user has \(userMembers.joined(separator: ", "))", word: path[1],
                known: userMembers)
        }
        return nil
    }
}
