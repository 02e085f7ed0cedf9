import AuthorizationServer
package import Kernel
import MCPCore
import OAuthCore

// What a lab says about itself.
extension Lab {
    /// Every application at the authorization server before anybody made one.
    package var applicationIDs: [String] { definition.applicationIDs }

    package var rulesOff: [String] { SwitchCatalogue.all.rules.filter { !switches.holds($0) }.map(\.name).sorted() }
    package var ruleNames: [String] { SwitchCatalogue.all.rules.map(\.name).sorted() }

    /// Every unknown with what this lab decided.
    package var unknownChoices: [(name: String, choice: String)] {
        SwitchCatalogue.all.unknowns.map { ($0.name, switches.choice($0)) }.sorted { $0.0 < $1.0 }
    }

    /// What this lab decided about one unknown; nil if there is none of that name.
    package func choice(of unknown: String) -> String? {
        SwitchCatalogue.all.unknowns.first { $0.name == unknown }.map { switches.choice($0) }
    }

    /// Makes or changes an application at the authorization server; answers it without its secret.
    package func putApplication(_ clientID: String, _ json: JSONObject) throws -> JSONValue {
        try authorizationServer.putApplication(clientID: clientID, .object(json))
    }

    /// Makes the authorization server another vendor's from now on, with these members of its profile changed.
    package func changeVendor(to vendor: String?, _ changes: JSONObject) throws -> JSONValue {
        try authorizationServer.changeProfile(to: vendor, changes)
    }
}

extension LabDefinition {
    package var mcpRevisions: [String] { Revision.handshakes.map(\.rawValue) }

    /// Names of the people of the directory.
    package var userNames: [String] { directory.users.map(\.name) }

    /// Passwords equal names in a lab; still they are not listed.
    package var userSummaries: [JSONValue] {
        directory.users.map { user in
            ["name": .string(user.name), "login": .string(user.login), "email": .string(user.email)]
        }
    }

    package var clientSummaries: [JSONValue] {
        clients.map { client in
            [
                "id": .string(client.id), "public": .bool(client.secret == nil), "grants": .strings(client.grants),
                "scopes": .strings(client.scopes),
            ]
        }
    }
}
