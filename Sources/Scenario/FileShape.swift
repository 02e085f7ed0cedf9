/// What stands at the top of a scenario file and of a fragment.
package enum FileShape {
    private static let values = Shape.names(.anything)

    package static let members: [ShapeMember] = [
        ShapeMember("scenario", .text, "A sentence: what is true when it held.", required: true),
        ShapeMember("about", .text, "Cause, consequence, cure, and where people meet it."),
        ShapeMember("tags", .oneOrMore(.text), "Words that --tags chooses by."),
        ShapeMember(
            "spec", .oneOrMore(.text), "Ledger ids, or public standards with their section.", required: true),
        ShapeMember("lab", .either([.name(.labs), .mapping(lab)]), "Which lab it runs in, and what it changes there."),
        ShapeMember("with", values, "Variables, unless --var says otherwise."),
        ShapeMember(
            "environment", .either([.text, .list(.text), values]),
            "Variables of the process that are read as ${env.NAME}."),
        ShapeMember("secrets", values, "Variables whose values no report shows; ~ for one that a step saves."),
        ShapeMember(
            "matrix", .filled(.either([.names(.filled(.list(.anything))), .list(.filled(values))])),
            "Runs the scenario once for each combination of values."),
        ShapeMember("fragments", .names(.mapping(ownFragment)), "Steps under names of this file."),
        ShapeMember(
            "given", .oneOrMore(.either([.name(.fragments), .names(.either([values, .anything]))])),
            "Fragments that come first, each with values of its own."),
        ShapeMember("steps", .steps, "What people do, in order.", required: true),
        ShapeMember("finally", .steps, "What is done at the end whatever happened, before then is judged."),
        ShapeMember(
            "then", .anything,
            "What must be true of the whole run with finally; at the end of each way of a fork that ends the steps."
        ),
        ShapeMember("breaks", .oneOrMore(.name(.rules)), "Rules without which the scenario must fail."),
        ShapeMember("pace", .span, "World time before each step, 1s if it is not said."),
        ShapeMember("timeout", .span, "How much world time it may take."),
        ShapeMember(
            "faults", .word(["all"]),
            "Plays it again with every kind of trouble at every edge; whatever then fails, no invariant may break."),
        ShapeMember("skip", .text, "Why it is not run."),
    ]

    static let lab: [ShapeMember] = [
        ShapeMember("use", .name(.labs), "The lab, default if it is not said."),
        ShapeMember("rules", .each(.rules, .either([.word(["on", "off"]), .flag])), "Rules that do not hold."),
        ShapeMember("unknowns", .each(.unknowns, .text), "What nobody outside knows, decided."),
    ]

    package static let fragment: [ShapeMember] =
        [ShapeMember("fragment", .text, "What is there afterwards, as a sentence.", required: true)] + ownFragment

    /// One that stands in the scenario itself, under its name.
    static let ownFragment: [ShapeMember] = [
        ShapeMember("about", .text, "What it is for."),
        ShapeMember("with", values, "Its variables with their values unless a scenario says otherwise."),
        ShapeMember("steps", .steps, "What is done, in order.", required: true),
    ]
}
