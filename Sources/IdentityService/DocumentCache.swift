import AWSCore
import Kernel

/// Discovery documents and key sets, fetched at first use and kept ten minutes of world time (ledger `U21`).
struct DocumentCache {
    let world: World

    /// The document at a URL, from the cache if it is young enough; nil where none can be had.
    func get(_ url: String, notOlderThan age: Span = .minutes(10)) async -> FetchedDocumentRecord? {
        let now = world.clock.now
        let id = DocumentURL(url)
        // A clock that was put back makes what lies ahead of it worthless.
        if let kept = try? world.store.write({ $0.find(FetchedDocumentRecord.self, id) }), kept.fetchedAt <= now,
            now < kept.fetchedAt + age
        {
            return kept
        }
        guard let document = await PublicDocument(world: world).json(url) else { return nil }
        let record = FetchedDocumentRecord(id: id, document: document, fetchedAt: now)
        try? world.store.write { $0.save(record) }
        return record
    }
}
