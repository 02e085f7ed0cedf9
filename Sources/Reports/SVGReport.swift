import Kernel

/// A run as one self-contained SVG: the sequence of messages, and below it a lane for everything that moved.
package enum SVGReport {
    private static let column = 190
    private static let row = 24
    private static let left = 110
    private static let top = 64

    package static func render(_ story: Story) -> String {
        let width = max(700, left * 2 + max(0, story.actors.count - 1) * column)
        let bottom = top + (story.events.count + 1) * row
        let lanes = lanes(story, from: bottom + 40, width: width)
        let height = bottom + 60 + story.lanes.count * row
        var text = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" \
            height="\(height)" font-family="system-ui, sans-serif" font-size="12" role="img">
            <title>\(story.title.markup)</title>
            <style>.l{stroke:#b7bdc6}.g{stroke:#1f6feb;fill:#1f6feb}.b{stroke:#cf222e;fill:#cf222e}.t{fill:#24292f}\
            .m{fill:#8250df}.s{fill:#eef2f7}.n{fill:#57606a}</style>
            <rect width="100%" height="100%" fill="#ffffff"/>

            """
        for (index, actor) in story.actors.enumerated() {
            let x = left + index * column
            text += "<line class=\"l\" x1=\"\(x)\" y1=\"40\" x2=\"\(x)\" y2=\"\(bottom)\"/>"
            text += "<text class=\"t\" x=\"\(x)\" y=\"28\" text-anchor=\"middle\" font-weight=\"600\">"
            text += "\(actor.cut(28).markup)</text>\n"
        }
        for (index, event) in story.events.enumerated() {
            text += draw(event, y: top + index * row, width: width)
        }
        return "\(text)\(lanes)</svg>\n"
    }

    private static func draw(_ event: Story.Event, y: Int, width: Int) -> String {
        let place = { (actor: Int) in left + actor * column }
        switch event.kind {
        case .step(let title, let held):
            let mark = held ? "" : " · does not hold"
            return "<rect class=\"s\" x=\"4\" y=\"\(y - 11)\" width=\"\(width - 8)\" height=\"20\" rx=\"3\"/>"
                + "<text class=\"t\" x=\"12\" y=\"\(y + 3)\" font-weight=\"600\">"
                + "\((title.cut(110) + mark).markup)</text>\n"
        case .exchange(let from, let to, let request, let answer, let isGood):
            let title = answer.isEmpty ? request : "\(request) → \(answer)"
            return arrow(place(from), place(to), y, isGood, title: title) { room in
                answer.isEmpty ? request.cut(room) : "\(request.cut(room)) \(answer)"
            }
        case .answer(let from, let to, let text, let isGood):
            return arrow(place(from), place(to), y, isGood, title: text, isAnswer: true) { text.cut($0) }
        case .move(let subject, let old, let new, let cause):
            let line = "\(subject.cut(40)): \(old ?? "·") → \(new)"
            return "<text class=\"m\" x=\"12\" y=\"\(y + 3)\"><title>\(cause.markup)</title>\(line.markup)</text>\n"
        case .note(let actor, let said):
            let x = actor.map { place($0) + 6 } ?? 12
            return "<text class=\"n\" x=\"\(x)\" y=\"\(y + 3)\" font-size=\"10\">\(said.cut(70).markup)</text>\n"
        }
    }

    /// `label` is given how many characters there is room for.
    private static func arrow(
        _ start: Int, _ end: Int, _ y: Int, _ isGood: Bool, title: String, isAnswer: Bool = false,
        label: (Int) -> String
    ) -> String {
        // A party that speaks to itself needs a line of some length too.
        let target = start == end ? start + 40 : end
        let tip = target > start ? -6 : 6
        let head = "\(target),\(y) \(target + tip),\(y - 4) \(target + tip),\(y + 4)"
        let dashes = isAnswer ? " stroke-dasharray=\"4 3\"" : ""
        return "<g class=\"\(isGood ? "g" : "b")\"><title>\(title.markup)</title>"
            + "<line x1=\"\(start)\" y1=\"\(y)\" x2=\"\(target)\" y2=\"\(y)\"\(dashes)/>"
            + "<polygon points=\"\(head)\"/></g>"
            + "<text class=\"t\" x=\"\((start + target) / 2)\" y=\"\(y - 4)\" text-anchor=\"middle\" "
            + "font-size=\"10\">\(label(max(24, abs(target - start) / 6)).markup)</text>\n"
    }

    /// Time runs from left to right by the numbers of the journal.
    private static func lanes(_ story: Story, from y: Int, width: Int) -> String {
        guard let last = story.events.last?.sequence, last > 0 else { return "" }
        var text = ""
        for (index, lane) in story.lanes.enumerated() {
            let top = y + index * row
            text += "<text class=\"t\" x=\"12\" y=\"\(top + 12)\">\(lane.subject.cut(34).markup)</text>\n"
            let start = 240
            for (place, move) in lane.moves.enumerated() {
                let x = start + (width - start - 12) * move.sequence / last
                let next = place + 1 < lane.moves.count ? lane.moves[place + 1].sequence : last
                let end = start + (width - start - 12) * next / last
                text +=
                    "<rect class=\"s\" x=\"\(x)\" y=\"\(top)\" width=\"\(max(3, end - x - 1))\" height=\"18\" rx=\"3\">"
                text += "<title>\("\(move.state) at entry \(move.sequence)".markup)</title></rect>"
                text += "<text class=\"m\" x=\"\(x + 3)\" y=\"\(top + 13)\" font-size=\"9\">"
                text += "\(move.state.cut(max(2, (end - x) / 6)).markup)</text>\n"
            }
        }
        return text
    }
}
