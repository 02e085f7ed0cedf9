/// Something that is made on another core while the program goes on.
package struct Ahead<Value: Sendable>: Sendable {
    private let task: Task<Value, Never>

    package init(_ make: @escaping @Sendable () -> Value) { task = Task.detached { make() } }

    package var value: Value { get async { await task.value } }
}
