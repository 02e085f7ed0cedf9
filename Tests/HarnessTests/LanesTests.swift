import Foundation
import Harness
import Synchronization
import Testing

/// Work for several threads, on each of which several runs take turns.
struct LanesTests {
    private struct Oops: Error {}

    @Test(arguments: [(1, 1), (1, 8), (3, 2), (9, 1)])
    func eachIsDoneOnceAndTold(count: Int, abreast: Int) async throws {
        var told: [Int: Int] = [:]
        try await Lanes(count, abreast: abreast).work(50) { index in
            await Task.yield()
            return index * index
        } onEach: { index, square in
            #expect(told[index] == nil)
            told[index] = square
        }
        #expect(told == Dictionary(uniqueKeysWithValues: (0..<50).map { ($0, $0 * $0) }))
    }

    @Test func runsOfALaneTakeTurns() async throws {
        let begun = Atomic(0)
        let steps = Mutex<[String]>([])
        try await Lanes(1, abreast: 3).work(3) { _ in
            begun.add(1, ordering: .relaxed)
            while begun.load(ordering: .relaxed) < 3 { await Task.yield() }
            for step in ["first", "second", "third"] {
                await Task.yield()
                steps.withLock { $0.append(step) }
            }
        } onEach: { _, _ in
        }
        let expected = ["first", "second", "third"].flatMap { Array(repeating: $0, count: 3) }
        #expect(steps.withLock { $0 } == expected)
    }

    @Test func aRunStaysOnItsThread() async throws {
        try await Lanes(3, abreast: 4).work(24) { _ in
            let thread = pthread_self()
            for _ in 0..<20 {
                await Task.yield()
                #expect(pthread_self() == thread)
            }
        } onEach: { _, _ in
        }
    }

    @Test func noneIsBegunAfterANo() async throws {
        let begun = Mutex(0)
        try await Lanes(1, abreast: 1).work(10) { index in
            begun.withLock { $0 += 1 }
            return index
        } until: { index in
            index == 3
        } onEach: { _, _ in
        }
        #expect(begun.withLock { $0 } == 4)
    }

    @Test func anErrorIsThrownOn() async throws {
        await #expect(throws: Oops.self) {
            try await Lanes(2).work(10) { index in
                if index == 5 { throw Oops() }
            } onEach: { _, _ in
            }
        }
    }

    @Test func nothingToDoIsToldToNobody() async throws {
        try await Lanes(2).work(0) {
            $0
        } onEach: { index, _ in
            Issue.record("there is no run \(index)")
        }
    }
}
