import Foundation

/// How commands write the files that somebody named a place for: every kind with what may stand there before, who may
/// read it, and what is made on the way. All of it or nothing: a file is written beside its place and renamed into it,
/// so that nobody ever sees half of one, and what stood there stays where the new one cannot be written.
///
/// The database behind `serve --data` is no such file: it lives as long as its lab and has rules of its own.
package struct OutputFile: Sendable {
    /// Whether it takes the place of an older one. Otherwise one that is there stays, and nothing is written.
    private let replaces: Bool
    /// Whether folders that are missing on the way are made.
    private let makesFolders: Bool
    /// Whether its text ends with exactly one line end, whatever it was made of.
    private let endsItsLine: Bool
    /// Who may read it, less what the process's mask takes away. One that is replaced keeps its own.
    private let mode: mode_t
    /// Whether somebody else writes it, who needs a file to go back and forth in: a pipe will not do.
    private let isTables: Bool
    /// What alone it may take the place of, apart from an empty file; nil for anything.
    private var kind: ReportKind?

    private init(
        replaces: Bool = true, makesFolders: Bool = false, endsItsLine: Bool = false, mode: mode_t = 0o644,
        isTables: Bool = false, kind: ReportKind? = nil
    ) {
        self.replaces = replaces
        self.makesFolders = makesFolders
        self.endsItsLine = endsItsLine
        self.mode = mode
        self.isTables = isTables
        self.kind = kind
    }

    /// A report, a page, a diagram, a film, a table: what a command leaves behind beside its answer.
    package static let report = OutputFile(endsItsLine: true)
    /// The same in a folder of such files, which is made.
    package static let reportInFolder = OutputFile(makesFolders: true, endsItsLine: true)
    /// The tables of `run --record`.
    package static let tables = OutputFile(isTables: true, kind: .record)
    /// A scenario that a person goes on with: another one is never written over.
    package static let scenario = OutputFile(replaces: false, makesFolders: true, endsItsLine: true)
    /// A golden trace, to the byte.
    package static let golden = OutputFile()
    /// A capsule, or a file out of one, to the byte.
    package static let capsule = OutputFile(makesFolders: true)
    /// By which other programs find a served lab.
    package static let endpoints = OutputFile(endsItsLine: true, kind: .endpoints)
    /// What another program runs.
    package static let program = OutputFile(mode: 0o755)

    /// The same, where a file that is there is replaced only if it begins as one of this kind does.
    package func of(_ kind: ReportKind) -> OutputFile {
        var file = self
        file.kind = kind
        return file
    }

    /// Why there is no file.
    package struct Failure: Error, Sendable, CustomStringConvertible {
        package let path: String
        /// Without the path.
        package let reason: String
        /// Whether the place is somebody else's.
        package let isTaken: Bool
        package var description: String { "\(path): \(reason)" }

        fileprivate init(_ path: String, _ reason: String, isTaken: Bool = false) {
            (self.path, self.reason, self.isTaken) = (path, reason, isTaken)
        }

        fileprivate init(_ path: String, errno code: Int32) {
            var why = String(cString: strerror(code))
            let folder = OutputFile.folder(of: path)
            if code == ENOENT, !FileManager.default.fileExists(atPath: folder) { why = "there is no folder \(folder)" }
            self.init(path, "cannot be written: \(why)")
        }
    }

    /// - Throws: `Failure` where a file that must not be replaced is there already, and where none can be written: to
    ///   be told before any work.
    package func expectPlace(at path: String) throws(Failure) {
        var facts = stat()
        if !replaces, lstat(path, &facts) == 0 {
            throw Failure(path, "there is such a file; nothing was written", isTaken: true)
        }
        let opened = Self.openDescriptor(path)
        guard stat(path, &facts) == 0 else { return try expectFolder(at: Self.folder(of: path), for: path) }
        let form = facts.st_mode & S_IFMT
        guard form != S_IFDIR else { throw Failure(path, "cannot be written: it is a folder") }
        guard form != S_IFBLK, !isTables || form == S_IFREG && opened == nil else {
            throw Failure(path, "cannot be written: it is no file")
        }
        guard let kind, opened == nil, form == S_IFREG, facts.st_size > 0 else { return }
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(path, errno: errno) }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: ReportKind.reach)
        let count = read(descriptor, &bytes, bytes.count)
        guard !kind.fits(bytes.prefix(max(0, count))) else { return }
        throw Failure(path, "there is such a file, and it is no \(kind.name); nothing was written", isTaken: true)
    }

    /// The same for a folder in which such files are to stand.
    package func expectFolder(at path: String) throws(Failure) { try expectFolder(at: path, for: path) }

    private func expectFolder(at folder: String, for path: String) throws(Failure) {
        var (place, facts) = (folder, stat())
        while place.utf8.count > 1, place.hasSuffix("/") { place.removeLast() }
        // Of folders that are made on the way, the one in which the first is.
        while makesFolders, stat(place, &facts) != 0, errno == ENOENT, Self.folder(of: place) != place {
            place = Self.folder(of: place)
        }
        guard stat(place, &facts) == 0 else { throw Failure(path, errno: errno) }
        guard facts.st_mode & S_IFMT == S_IFDIR else {
            throw Failure(path, "cannot be written: \(place) is no folder")
        }
        guard access(place, W_OK | X_OK) == 0 else { throw Failure(path, errno: errno) }
    }

    /// - Throws: `Failure` when it cannot be written; then there is what was there before.
    package func write(_ text: String, to path: String) throws(Failure) {
        var text = text
        if endsItsLine {
            while text.last?.isNewline == true { text.removeLast() }
            text += "\n"
        }
        let bytes = Array(text.utf8)
        try put(at: path) { (descriptor) throws(Failure) in
            if let code = fill(descriptor, with: bytes) { throw Failure(path, errno: code) }
        }
    }

    /// The same for what somebody else writes, given the place beside which it ends.
    package func make(at path: String, _ body: (String) throws -> Void) throws {
        let place = try place(of: path)
        let (descriptor, aside) = try aside(of: place, path)
        close(descriptor)
        do {
            try body(aside)
            try move(aside, to: place, path)
        } catch {
            unlink(aside)
            throw error
        }
    }

    /// What this process has open already where a path means that, by whatever links: `/dev/stdout`, `/dev/fd/3`. A
    /// file that it is sent to is no older one, and nothing may take the place of the link.
    package static func openDescriptor(_ path: String) -> Int32? {
        var path = path
        for _ in 0..<8 {
            for folder in ["/dev/fd/", "/proc/self/fd/"] where path.hasPrefix(folder) {
                return Int32(path.dropFirst(folder.count))
            }
            guard let target = try? FileManager.default.destinationOfSymbolicLink(atPath: path) else { return nil }
            path = target
        }
        return nil
    }

    private func put(at path: String, _ body: (Int32) throws(Failure) -> Void) throws(Failure) {
        if replaces, let opened = Self.openDescriptor(path) { return try body(opened) }
        var facts = stat()
        if replaces, stat(path, &facts) == 0, facts.st_mode & S_IFMT != S_IFREG, facts.st_mode & S_IFMT != S_IFDIR {
            // A pipe or a terminal, such as /dev/stdout, is no file that another could take the place of.
            return try through(path, body)
        }
        let place = try place(of: path)
        let (descriptor, aside) = try aside(of: place, path)
        do throws(Failure) {
            defer { close(descriptor) }
            try body(descriptor)
        } catch {
            unlink(aside)
            throw error
        }
        try move(aside, to: place, path)
    }

    private func through(_ path: String, _ body: (Int32) throws(Failure) -> Void) throws(Failure) {
        let descriptor = open(path, O_WRONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw Failure(path, errno: errno) }
        defer { close(descriptor) }
        try body(descriptor)
    }

    /// Where it ends up: what a link leads to is replaced, and the link stays.
    private func place(of path: String) throws(Failure) -> String {
        try expectPlace(at: path)
        if makesFolders {
            let folder = Self.folder(of: path)
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw Failure(path, "the folder \(folder) cannot be made")
            }
        }
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    /// A new file in the same folder, under a name that nobody looks for.
    private func aside(of place: String, _ path: String) throws(Failure) -> (descriptor: Int32, path: String) {
        var facts = stat()
        let isThere = stat(place, &facts) == 0
        guard !isThere || facts.st_mode & S_IFMT != S_IFDIR else {
            throw Failure(path, "cannot be written: it is a folder")
        }
        let start = "\(Self.folder(of: place))/.agentcore-local-\(getpid())"
        for number in 0..<10_000 {
            let aside = "\(start)-\(number)"
            let descriptor = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
            if descriptor >= 0 {
                if isThere { fchmod(descriptor, facts.st_mode & 0o7777) }
                return (descriptor, aside)
            }
            guard errno == EEXIST else { throw Failure(path, errno: errno) }
        }
        throw Failure(path, errno: EEXIST)
    }

    private func move(_ aside: String, to place: String, _ path: String) throws(Failure) {
        defer { unlink(aside) }
        if replaces {
            guard rename(aside, place) == 0 else { throw Failure(path, errno: errno) }
            return
        }
        // A link of the old name to the new one is the way to rename without replacing; some file systems have none.
        guard link(aside, place) != 0 else { return }
        var code = errno
        try expectPlace(at: path)
        guard code != EEXIST, rename(aside, place) != 0 else { return }
        code = errno
        throw Failure(path, errno: code)
    }

    fileprivate static func folder(of path: String) -> String {
        guard let end = path.lastIndex(of: "/") else { return "." }
        return end == path.startIndex ? "/" : String(path[..<end])
    }
}

/// All of it; the error's number where that cannot be.
private func fill(_ descriptor: Int32, with bytes: [UInt8]) -> Int32? {
    var rest = bytes[...]
    while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        if count < 0, errno != EINTR { return errno }
        rest = rest.dropFirst(max(0, count))
    }
    return nil
}
