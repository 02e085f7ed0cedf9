package import Kernel

/// The people of a lab, known to the inbound provider by name and to the authorization server by login.
///
/// `{"users":[{"name","password","subject","email","login","numericId","displayName"}]}`
package struct UserDirectory: Hashable, Sendable {
    package struct User: Hashable, Sendable {
        package let name: String
        package let password: Secret
        /// `sub` at the inbound provider, the same in every lab.
        package let subject: String
        package let email: String
        /// Name at GitHub.
        package let login: String
        package let numericID: Int64
        package let displayName: String
    }

    /// In the order of the file.
    package let users: [User]

    package init(json: JSONValue) throws(DataMistake) {
        let node = DataNode(json)
        try node.expect("a file of users", ["users"])
        var users: [User] = []
        for item in try node["users"]?.items() ?? [] { users.append(try User(item)) }
        self.users = users
    }

    package func user(named name: String) -> User? { users.first { areSame($0.name, name) } }
    package func user(login: String) -> User? { users.first { areSame($0.login, login) } }
    package func user(subject: String) -> User? { users.first { areSame($0.subject, subject) } }
    /// By name or by login, as people type either into a sign-in form.
    package func user(_ text: String) -> User? { user(named: text) ?? user(login: text) }

    /// The user if the password is right.
    package func signIn(_ text: String, password: String) -> User? {
        guard let user = user(text), constantTimeEqual(user.password.exposed, password) else { return nil }
        return user
    }
}

extension UserDirectory.User {
    fileprivate init(_ node: DataNode) throws(DataMistake) {
        try node.expect("a user", ["name", "password", "subject", "email", "login", "numericId", "displayName"])
        name = try node.require("name", of: "a user").text()
        password = Secret(try node.require("password", of: "a user").text())
        subject = try node.require("subject", of: "a user").text()
        email = try node.require("email", of: "a user").text()
        login = try node.require("login", of: "a user").text()
        numericID = Int64(try node.require("numericId", of: "a user").whole(0...Int.max))
        displayName = try node["displayName"]?.text() ?? name
    }
}
