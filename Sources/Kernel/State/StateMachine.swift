/// A protocol object that persists and changes by rules: codes, refresh families, sessions, targets.
///
/// Pure: time and random values arrive inside events. **Throwing means that nothing changed**; a refusal that
/// changes state is an effect, else the store's rollback would lose it.
package protocol StateMachine: Sendable {
    associatedtype State: Hashable, Sendable, Codable
    associatedtype Event: Hashable, Sendable, Codable
    associatedtype Effect: Hashable, Sendable
    associatedtype Rejection: Error, Hashable
    static func reduce(_ state: State, _ event: Event) throws(Rejection) -> (State, [Effect])
}
