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

    package init(json: JSONValue) throws {
        users = try (json["users"]?.array ?? []).map { item in
            guard let name = item["name"]?.string, let password = item["password"]?.string,
                let subject = item["subject"]?.string, let email = item["email"]?.string,
                let login = item["login"]?.string, let numericID = item["numericId"]?.int
            else {
                throw MetadataFailure("a user needs name, password, subject, email, login and numericId")
            }
            return User(
                name: name, password: Secret(password), subject: subject, email: email, login: login,
                numericID: numericID, displayName: item["displayName"]?.string ?? name)
        }
    }

    package func user(named name: String) -> User? { users.first { $0.name == name } }
    package func user(login: String) -> User? { users.first { $0.login == login } }
    package func user(subject: String) -> User? { users.first { $0.subject == subject } }
    /// By name or by login, as people type either into a sign-in form.
    package func user(_ text: String) -> User? { user(named: text) ?? user(login: text) }

    /// The user if the password is right.
    package func signIn(_ text: String, password: String) -> User? {
        guard let user = user(text), constantTimeEqual(user.password.exposed, password) else { return nil }
        return user
    }
}
