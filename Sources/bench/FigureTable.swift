import Kernel

/// One measured value beside what it may be.
struct Figure {
    let name: String
    let value: Double
    let unit: String
    /// nil where nothing was promised.
    var budget: Double?
    /// What it must at least be, where more is better.
    var least: Double?
    /// What else is known about it: counts, whether signatures were cached.
    var remark = ""

    var isWithinBudget: Bool { value <= budget ?? .infinity && value >= least ?? -.infinity }
    var verdict: String { budget == nil && least == nil ? "" : isWithinBudget ? "within" : "MISSED" }
}

/// Everything that was measured.
struct FigureTable {
    private(set) var figures: [Figure] = []
    /// What could not be measured, and what it would take.
    var leftOut: [String] = []

    mutating func add(_ figure: Figure) { figures.append(figure) }

    var isWithinBudget: Bool { figures.allSatisfy(\.isWithinBudget) }

    var text: String {
        let rows =
            [["figure", "value", "budget", "verdict", "remark"]]
            + figures.map { figure in
                [
                    figure.name, "\(Self.rounded(figure.value)) \(figure.unit)",
                    Self.bound(figure), figure.verdict, figure.remark,
                ]
            }
        let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
        let lines = rows.map { row in
            let cells = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
            return trimmed(cells.joined(separator: "  "))
        }
        return (lines + leftOut.map { "left out: \($0)" }).joined(separator: "\n")
    }

    private static func bound(_ figure: Figure) -> String {
        if let budget = figure.budget { return "≤ \(rounded(budget)) \(figure.unit)" }
        return figure.least.map { "≥ \(rounded($0)) \(figure.unit)" } ?? "-"
    }

    /// The figures, when and on what they were measured: two files of different machines are not to be compared.
    func json(at date: String, machine: JSONValue) -> JSONValue {
        let rows: [JSONValue] = figures.map { figure in
            [
                "figure": .string(figure.name), "value": .double(figure.value), "unit": .string(figure.unit),
                "budget": figure.budget.map { .double($0) } ?? .null,
                "least": figure.least.map { .double($0) } ?? .null,
                "within": .bool(figure.isWithinBudget), "remark": .string(figure.remark),
            ]
        }
        return [
            "at": .string(date), "machine": machine, "figures": .array(rows),
            "leftOut": .array(leftOut.map { .string($0) }),
        ]
    }

    /// Three digits that matter.
    private static func rounded(_ value: Double) -> String {
        let places: Double = value < 1 ? 1000 : value < 100 ? 100 : 10
        return "\((value * places).rounded() / places)"
    }
}
