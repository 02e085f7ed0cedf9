import Foundation

/// Which program listens on a port: what somebody wants to know whose port is taken.
enum PortHolder {
    /// `python3 (process 4711)`; nil where the system does not say, as for another user's program.
    static func describe(port: Int) -> String? {
        let sockets = ["/proc/net/tcp", "/proc/net/tcp6"].flatMap { inodes(listeningOn: port, in: $0) }
        guard !sockets.isEmpty else { return nil }
        let wanted = Set(sockets.map { "socket:[\($0)]" })
        let files = FileManager.default
        for name in (try? files.contentsOfDirectory(atPath: "/proc")) ?? [] where Int(name) != nil {
            let folder = "/proc/\(name)/fd"
            for file in (try? files.contentsOfDirectory(atPath: folder)) ?? [] {
                guard let target = try? files.destinationOfSymbolicLink(atPath: "\(folder)/\(file)"),
                    wanted.contains(target)
                else { continue }
                let program = (try? String(contentsOfFile: "/proc/\(name)/comm", encoding: .utf8)) ?? "a program"
                return "\(program.trimmingCharacters(in: .whitespacesAndNewlines)) (process \(name))"
            }
        }
        return nil
    }

    /// Lines of proc(5): number, local address, remote address, state (0A listens), …, inode as the tenth word.
    private static func inodes(listeningOn port: Int, in table: String) -> [String] {
        guard let text = try? String(contentsOfFile: table, encoding: .utf8) else { return [] }
        return text.split(separator: "\n").dropFirst().compactMap { line in
            let words = line.split(separator: " ")
            guard words.count > 9, words[3] == "0A", let colon = words[1].lastIndex(of: ":"),
                Int(words[1][words[1].index(after: colon)...], radix: 16) == port
            else { return nil }
            return String(words[9])
        }
    }
}
