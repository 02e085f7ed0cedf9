import Kernel
package import Scenario

/// Runs scenarios, each in a lab of its own.
package struct Runner: Sendable {
    private let definitions: [String: LabDefinition]
    private let shared: Shared<RunSettings>
    private var settings: RunSettings { shared.value }

    /// `definitions` are by the names that scenarios give in `lab`.
    package init(definitions: [String: LabDefinition], settings: RunSettings) {
        self.definitions = definitions
        shared = Shared(settings)
    }

    /// - Parameters:
    ///   - definitions: by the names that scenarios give in `lab`.
    ///   - variables: what `--var` set.
    package init(definitions: [String: LabDefinition], variables: [String: String] = [:]) {
        var settings = RunSettings()
        settings.variables = variables
        self.init(definitions: definitions, settings: settings)
    }

    package init(definition: LabDefinition, variables: [String: String] = [:]) {
        self.init(definitions: [definition.name: definition], variables: variables)
    }

    /// Runs many on `jobs` threads, and gives the results in the order of the files. After a failure with `failFast`
    /// none is begun, and the results end with the first file that did not hold, however many threads were at work on
    /// what comes after it. `onResult` hears of each as it ends.
    package func run(
        _ files: [ScenarioFile], jobs: Int = 1, seed: UInt64 = 1, failFast: Bool = false,
        onResult: (ScenarioResult) -> Void = { _ in }
    ) async -> [ScenarioResult] {
        await run(files.map { (Shared($0), seed) }, jobs: jobs, failFast: failFast, onResult: onResult)
    }

    /// The same for files of which each has its own seed; what `isKnown` to fail ends nothing.
    package func run(
        _ files: [(file: Shared<ScenarioFile>, seed: UInt64)], jobs: Int = 1, failFast: Bool = false,
        isKnown: @escaping @Sendable (ScenarioResult) -> Bool = { _ in false },
        onResult: (ScenarioResult) -> Void = { _ in }
    ) async -> [ScenarioResult] {
        var results: [ScenarioResult?] = Array(repeating: nil, count: files.count)
        // Labs that are reached from outside share the way to them, and after a failure nothing else is to be seen:
        // then nothing else is under way on the same thread. What fails, fails inside its result; nothing throws.
        let takeTurns = settings.makeLab == nil && !failFast
        let isLast: @Sendable (ScenarioResult) -> Bool = { failFast && $0.isWrong && !isKnown($0) }
        let lanes = Lanes(jobs, abreast: takeTurns ? Lanes.usual : 1)
        try? await lanes.work(files.count) { index in
            await run(files[index].file, seed: files[index].seed).keeping(settings.keeps)
        } until: {
            isLast($0)
        } onEach: { index, result in
            results[index] = result
            onResult(result)
        }
        // They are begun in their order: everything before the first of those that did not hold has ended as well.
        let end = results.firstIndex { result in result.map(isLast) ?? false }
        return results.prefix(end.map { $0 + 1 } ?? results.count).compactMap { $0 }
    }

    package static func run(_ file: ScenarioFile, definition: LabDefinition, seed: UInt64) async -> ScenarioResult {
        await Runner(definitions: [file.lab.name: definition]).run(file, seed: seed)
    }

    /// `rulesOff` are rules that do not hold beyond what the file says, to see that it notices.
    package func run(_ file: ScenarioFile, seed: UInt64 = 1, rulesOff: [String] = []) async -> ScenarioResult {
        await run(Shared(file), seed: seed, rulesOff: rulesOff)
    }

    private func run(
        _ sharedFile: Shared<ScenarioFile>, seed: UInt64, rulesOff: [String] = []
    ) async -> ScenarioResult {
        let file = sharedFile.value
        let off = file.lab.rulesOff + settings.rulesOff + rulesOff
        func ended(
            _ verdict: ScenarioResult.Verdict, _ failures: [Failure], _ run: ScenarioRun? = nil
        ) -> ScenarioResult {
            ScenarioResult(sharedFile, seed: seed, verdict, failures, run, rulesOff: off, settings: shared)
        }
        if file.skip != nil { return ended(.skipped, []) }
        guard let definition = definitions[file.lab.name] else {
            let known = definitions.keys.sorted().joined(separator: ", ")
            return ended(.error, [Failure(file.place, "lab", expected: "one of \(known)", actual: file.lab.name)])
        }
        var options = LabOptions()
        options.seed = seed
        options.rulesOff = Set(off)
        options.unknowns = file.lab.unknowns.merging(settings.unknowns) { $1 }
        let laneTurns = LaneTurns(settings.guardian)
        if settings.makeLab == nil { options.giveWay = { await laneTurns.giveWay() } }
        let run: ScenarioRun
        do {
            let lab = try settings.makeLab?(definition, options) ?? Lab(definition, options)
            run = try ScenarioRun(lab: lab, file: file, settings: settings, laneTurns: laneTurns)
        } catch let mistake as Diagnostic {
            return ended(.error, [Failure(mistake)])
        } catch {
            return ended(.error, [Failure(file.place, "the lab", expected: "a lab", actual: "\(error)")])
        }
        // What does not begin need not end.
        let watched = settings.guardian?.runs
        let number = watched?.begin(
            RunsUnderWay.Run(file: sharedFile, seed: seed, rulesOff: off, settings: shared, turns: laneTurns))
        let ending = await Performance(file: file, run: run).perform()
        if let number { watched?.end(number) }
        // A failed expectation outranks what kept a later step from going on.
        let verdict: ScenarioResult.Verdict =
            !ending.failures.isEmpty ? .failed : ending.mistake == nil ? .held : .error
        return ended(verdict, ending.told, run)
    }
}
