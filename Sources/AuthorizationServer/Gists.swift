import HTTPTypes
import Kernel
import OAuthCore

// The one place here where a user can publish something, and so a token.
extension AuthorizationServer {
    /// More than one finds in a leak.
    private static let mostCandidates = 1000

    /// `POST /gists`: needs the scope, and shows everybody what is in it.
    func createGist(_ request: Request) throws -> Response {
        try answerAPI(request) { token, user, rate, transaction in
            let headers = headers(of: token, accepting: "gist", rate)
            guard token.kind == .githubApp || profile.scopes.covers(token.scopes, ScopeSet(["gist"])) else {
                return apiMessage(404, "Not Found", headers: headers)
            }
            let files = (try? request.json())?["files"]?.object ?? [:]
            let texts = files.members.compactMap { $0.value["content"]?.string }
            guard !texts.isEmpty, texts.count == files.members.count else {
                return apiMessage(422, "Validation Failed", headers: headers)
            }
            if profile.api.scansForSecrets {
                for value in texts.flatMap(tokens).prefix(Self.mostCandidates) {
                    revokeLeaked(value, because: "published in a gist", in: &transaction)
                }
            }
            let id = Hex.encode(world.entropy.bytes(16, for: "gist"))
            // What was written is not repeated: a token has no business in an answer.
            let names = files.names.map { name in
                JSONObject.Member(name, ["filename": .string(name), "size": .int(Int64(length(of: files[name])))])
            }
            return apiResponse(
                201,
                [
                    "id": .string(id), "url": .string("\(origin)/gists/\(id)"), "public": true,
                    "owner": ["login": .string(user.login), "id": .int(user.numericID)],
                    "files": .object(JSONObject(names)), "created_at": .string(now.iso8601),
                ], headers: headers)
        }
    }

    private func length(of file: JSONValue?) -> Int { file?["content"]?.string?.utf8.count ?? 0 }

    /// `Q11`: the words of a text that begin as this server's tokens do. A scanner goes by prefixes.
    private func tokens(in text: String) -> [String] {
        let prefixes = profile.tokens.prefixes.values + [profile.tokens.refreshPrefix]
        return text.split { !($0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_")) }.map(String.init)
            .filter { word in prefixes.contains { !$0.isEmpty && word.hasPrefix($0) } }
    }
}
