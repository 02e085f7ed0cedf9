import Kernel

/// One measured value beside what it may be.
struct Figure {
    let name: String
    let value: Double
    let unit: String
    /// nil where nothing was promised.
    var budget: Double?
    /// What else is known about it: counts, whether signatures were cached.
    var remark = ""

    var isWithinBudget: Bool { budget.map { value <= $0 } ?? true }
    var verdict: String { budget == nil ? "" : isWithinBudget ? "within" : "OVER" }
}

/// Everything that was measured.
struct FigureTable {
    private(set) var figures: [Figure] = []

    mutating func add(_ figure: Figure) { figures.append(figure) }

    var isWithinBudget: Bool { figures.allSatisfy(\.isWithinBudget) }

    var text: String {
        let rows =
            [["figure", "value", "budget", "verdict", "remark"]]
            + figures.map { figure in
                [
                    figure.name, "\(Self.rounded(figure.value)) \(figure.unit)",
                    figure.budget.map { "\(Self.rounded($0)) \(figure.unit)" } ?? "-", figure.verdict, figure.remark,
                ]
            }
        let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { cell, width in cell + String(repeating: " ", count: width - cell.count) }
            return trimmed(cells.joined(separator: "  "))
        }.joined(separator: "\n")
    }

    var json: JSONValue {
        .array(
            figures.map { figure in
                [
                    "figure": .string(figure.name), "value": .double(figure.value), "unit": .string(figure.unit),
                    "budget": figure.budget.map { .double($0) } ?? .null, "within": .bool(figure.isWithinBudget),
                    "remark": .string(figure.remark),
                ]
            })
    }

    /// Three digits that matter.
    private static func rounded(_ value: Double) -> String {
        let places: Double = value < 1 ? 1000 : value < 100 ? 100 : 10
        return "\((value * places).rounded() / places)"
    }
}
