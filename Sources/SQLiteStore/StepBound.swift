import GRDB
import GRDBSQLite

/// Ends a question that goes on for ever: SQLite counts the instructions of its virtual machine and asks between them
/// whether to go on (https://www.sqlite.org/c3ref/progress_handler.html). What one instruction may do by itself is
/// bound by the length of a value.
final class StepBound {
    /// Instructions between two looks.
    private static let pace: Int32 = 1000
    private var left: Int
    private let connection: SQLiteConnection?
    private let earlierLength: Int32

    /// From now on.
    init(_ database: Database, steps: Int, longestValue: Int32) {
        left = steps / Int(Self.pace)
        connection = database.sqliteConnection
        earlierLength = sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, longestValue)
        sqlite3_progress_handler(
            connection, Self.pace,
            { context in
                guard let context else { return 0 }
                let bound = Unmanaged<StepBound>.fromOpaque(context).takeUnretainedValue()
                bound.left -= 1
                return bound.left < 0 ? 1 : 0
            }, Unmanaged.passUnretained(self).toOpaque())
    }

    /// To be called before it goes: SQLite knows it by its address.
    func end() {
        sqlite3_progress_handler(connection, 0, nil, nil)
        _ = sqlite3_limit(connection, SQLITE_LIMIT_LENGTH, earlierLength)
    }
}
