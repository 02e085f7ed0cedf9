/// What an archive holds of collections that nobody has asked for since it was opened. Pictures share it as long as one
/// of them lives: those rows stay as they are until somebody asks for their collection.
final class UnreadRows: Sendable {
    let rows: [ArchivedRow]
    private let collections: Set<String>

    init(_ rows: [ArchivedRow]) {
        self.rows = rows
        collections = Set(rows.map(\.collection))
    }

    /// Without those of the collections that have been asked for by now.
    func without(_ known: some Collection<String>) -> UnreadRows {
        guard known.contains(where: collections.contains) else { return self }
        let known = Set(known)
        return UnreadRows(rows.filter { !known.contains($0.collection) })
    }
}
