package import Kernel
import Synchronization

/// The vendors' files of a project: every profile by name.
package struct VendorShelf: Sendable {
    private let files: [JSONValue]

    package init(_ files: [JSONValue] = []) { self.files = files }

    /// Every name that `profile(named:)` knows.
    package var names: [String] {
        Set(
            files.flatMap { file in
                let vendor = file["vendor"]?.string ?? ""
                let profiles = file["profiles"]?.object?.names ?? []
                return [vendor] + profiles + profiles.map { "\(vendor)-\($0)" }
            }
        ).sorted()
    }

    package func profile(named name: String, changes: JSONValue = [:]) throws(VendorProfileProblem) -> VendorProfile {
        let (number, profile) = try place(of: name)
        return try VendorProfile(json: files[number], profile: profile, changes: changes)
    }

    /// What is wrong with changes of a profile; nil where nothing is, or where there is no such profile.
    package func mistake(in name: String, _ changes: JSONObject) -> DataMistake? {
        guard (try? place(of: name)) != nil else { return nil }
        do throws(VendorProfileProblem) {
            _ = try profile(named: name, changes: .object(changes))
            return nil
        } catch {
            return error.mistake
        }
    }

    /// Number of the file that has a profile of this name, and the profile's name in it: nil for the one the file names
    /// itself. `github` is that file's own choice, `github-2024` one of its profiles; where a profile's name is known
    /// in one file alone, or in several, it says enough: the last file counts.
    package func place(of name: String) throws(VendorProfileProblem) -> (file: Int, profile: String?) {
        for (number, file) in files.enumerated() {
            let vendor = file["vendor"]?.string ?? ""
            if vendor == name { return (number, nil) }
            if name.hasPrefix("\(vendor)-"), let profile = Self.profile(String(name.dropFirst(vendor.count + 1)), file)
            {
                return (number, profile)
            }
        }
        for (number, file) in files.enumerated().reversed() {
            if let profile = Self.profile(name, file) { return (number, profile) }
        }
        throw VendorProfileProblem("no vendor named \"\(name)\"; known: \(names.joined(separator: ", "))")
    }

    private static func profile(_ name: String, _ file: JSONValue) -> String? {
        file["profiles"]?[name] == nil ? nil : name
    }
}

/// Another vendor, or other ways of the same, from some moment on.
struct ProfileChoiceRecord: Record {
    static let collection = "authorization-server.profile"
    static let only = Identifier<ProfileChoiceRecord>("profile")
    var id = ProfileChoiceRecord.only
    /// A name of the shelf; nil for the profile the lab began with.
    let vendor: String?
    let changes: JSONObject
}

/// Servers of the profiles that were chosen: a profile is read once.
final class Variants: Sendable {
    private let servers = Mutex<[ProfileChoiceRecord: AuthorizationServer]>([:])

    func server(
        of choice: ProfileChoiceRecord, _ make: () throws(VendorProfileProblem) -> AuthorizationServer
    ) throws(VendorProfileProblem) -> AuthorizationServer {
        if let known = servers.withLock({ $0[choice] }) { return known }
        let server = try make()
        servers.withLock { servers in
            if servers.count >= 64 { servers.removeAll() }
            servers[choice] = server
        }
        return server
    }
}

extension AuthorizationServer {
    /// Changes what the server is from now on: to a vendor of the shelf, to other members of its profile, or both.
    /// Records stay: tokens that were issued are as good as they were.
    ///
    /// - Returns: names of vendor and profile.
    package func changeProfile(to vendor: String?, _ changes: JSONObject) throws -> JSONValue {
        let choice = ProfileChoiceRecord(vendor: vendor, changes: changes)
        let server = try variant(choice)
        try world.store.write { transaction in
            transaction.save(choice)
            let name = vendor ?? profile.vendor
            let members = changes.names.isEmpty ? "" : " with other \(changes.names.joined(separator: ", "))"
            world.note("from now on as \(name)\(members)", in: &transaction)
        }
        return ["vendor": .string(server.profile.vendor), "profile": .string(server.profile.name)]
    }

    /// This server as the lab last chose it.
    var chosen: AuthorizationServer {
        // Asked with every request; hardly any lab ever chooses.
        guard world.store.mayHold(ProfileChoiceRecord.self),
            let choice = try? world.store.write({ $0.find(ProfileChoiceRecord.self, ProfileChoiceRecord.only) }),
            let server = try? variant(choice)
        else { return self }
        return server
    }

    private func variant(_ choice: ProfileChoiceRecord) throws(VendorProfileProblem) -> AuthorizationServer {
        try variants.server(of: choice) { () throws(VendorProfileProblem) in
            let changes = JSONValue.object(choice.changes)
            let changed =
                if let vendor = choice.vendor {
                    try shelf.profile(named: vendor, changes: changes)
                } else {
                    try VendorProfile(json: profile.source, profile: profile.name, changes: changes)
                }
            return AuthorizationServer(world: world, profile: changed, directory: directory, shelf: shelf)
        }
    }
}
