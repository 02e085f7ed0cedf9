import HTTPTypes

/// What a journal keeps of what happened.
struct JournalLimit {
    /// How many of the newest entries are kept at least, unless they are too long; nil keeps all.
    let entries: Int?
    /// How many bytes of messages the newest entries may have that are kept; nil for any number.
    let bytes: Int?

    /// What goes is a quarter at once, so that each entry is moved a few times at most.
    func isExceeded(by journal: [JournalEntry], of length: Int) -> Bool {
        if let entries, journal.count > entries + entries / 4 + 16 { return true }
        if let bytes, journal.count > 1, length > bytes + bytes / 4 { return true }
        return false
    }

    /// How many of the oldest entries go, and how long their messages are. The newest stays in any case.
    func surplus(of journal: [JournalEntry], _ length: Int) -> (count: Int, length: Int) {
        var count = max(0, journal.count - (entries ?? journal.count))
        var gone = 0
        guard let bytes else { return (count, gone) }
        for entry in journal.prefix(count) { gone += entry.event.length }
        while count < journal.count - 1, length - gone > bytes {
            gone += journal[count].event.length
            count += 1
        }
        return (count, gone)
    }
}

extension JournalEntry.Event {
    /// About the bytes of the messages in it; 0 for all that is no message, which is short.
    var length: Int {
        switch self {
        case .exchange(let exchange): exchange.length
        case .streamed(let streamed): streamed.event.data?.count ?? 0
        case .transition, .alarm, .fault, .token, .note: 0
        }
    }
}

extension Exchange {
    fileprivate var length: Int {
        var length = request.content.size + (request.head.path?.utf8.count ?? 0)
        for field in request.head.headerFields { length += field.value.utf8.count }
        guard case .answered(let response) = outcome else { return length }
        for field in response.head.headerFields { length += field.value.utf8.count }
        return length + response.content.size
    }
}
