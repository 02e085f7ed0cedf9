import Kernel
import MCPCore

/// A resource, or with holes in its URI a template of resources.
struct Resource: Hashable, Sendable {
    let uri: URITemplate
    /// As `resources/list` or `resources/templates/list` gives it.
    let definition: JSONValue
    let mimeType: String?
    let content: Content
    /// What `completion/complete` offers for each hole.
    let completions: JSONObject

    enum Content: Hashable, Sendable {
        case text(String)
        /// Becomes one text.
        case json(JSONValue)
        /// Base64.
        case blob(String)
    }

    init(_ node: DataNode, _ context: ToolCatalogue.Context) throws(DataMistake) {
        try node.expect(
            "a resource", ["uri", "name", "title", "description", "mimeType", "text", "json", "blob", "complete"])
        let place = try node.require("uri", of: "a resource")
        guard let uri = URITemplate(try place.text()) else { throw place.mistake("a hole of this URI has no end") }
        self.uri = uri
        mimeType = try node["mimeType"]?.text()
        switch (try node["text"]?.text(), node["json"], try node["blob"]?.text()) {
        case (let text?, nil, nil): content = .text(text)
        case (nil, let json?, nil): content = .json(json.json)
        case (nil, nil, let blob?):
            guard Base64.decode(blob) != nil else { throw (node["blob"] ?? node).mistake("this is no Base64") }
            content = .blob(blob)
        default: throw node.mistake("a resource has one of text, json and blob")
        }
        for member in try node["complete"]?.members() ?? [] { _ = try member.value.texts() }
        completions = try node["complete"]?.object() ?? [:]
        var definition: JSONObject = [
            uri.isTemplate ? "uriTemplate" : "uri": .string(uri.text),
            "name": .string(try node.require("name", of: "a resource").text()),
        ]
        try AnswerHoles(facts: ["variables"], context)?.check(node)
        for name in ["title", "description", "mimeType"] { definition[name] = node[name]?.json }
        self.definition = .object(definition)
    }

    /// What `resources/read` answers for a URI this resource has.
    func read(_ uri: String, _ facts: JSONObject) -> JSONValue {
        let filler = AnswerFiller(facts: facts)
        var content: JSONObject = ["uri": .string(uri)]
        if let mimeType { content.append("mimeType", .string(mimeType)) }
        switch self.content {
        case .text(let text): content.append("text", .string(filler.text(text)))
        case .json(let json): content.append("text", .string((filler.filled(json) ?? .null).text))
        case .blob(let blob): content.append("blob", .string(blob))
        }
        return ["contents": [.object(content)]]
    }
}
