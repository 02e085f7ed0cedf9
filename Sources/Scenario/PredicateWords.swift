extension Predicate {
    /// Every test by its name, and what it says of a value. Editors show it, and so does the reference.
    package static let vocabulary: [(name: String, about: String)] = [
        ("equals", "The value is exactly this one, with JSON types: 1 is 1.0 and is not \"1\"."),
        (
            "not",
            """
            The test behind it can be made of the value and does not hold; of nothing, or of a value of \
            another kind than it looks into, that fails too.
            """
        ),
        ("matches", "A regular expression finds something in a text; in any other value, in its JSON text."),
        (
            "contains",
            """
            A text is part of a text; a value is an item of a list, several in a list are all items of it; \
            members of an object are among its members, and of a list's objects one has them all and may have \
            others.
            """
        ),
        ("starts-with", "A text begins with this one."), ("ends-with", "A text ends with this one."),
        ("type", "The JSON type: null, boolean, number, integer, string, array or object."),
        ("length", "How many characters a text has, items a list, members an object: a number, or tests of one."),
        ("one-of", "The value is exactly one of this list."),
        ("greater-than", "A number above this one, or a text behind this one by its characters, such as a later time."),
        ("less-than", "A number below this one, or a text before this one by its characters."),
        ("at-least", "A number that is this one or above, or a text that is this one or behind by its characters."),
        ("at-most", "A number that is this one or below, or a text that is this one or before by its characters."),
        ("range", "From the first of two numbers or texts to the second, both included: [400, 499]."),
        ("count", "As length, but of a list or an object only: of a text it fails."),
        ("each", "A list has at least one item, and the test holds of each."),
        ("some", "A list has at least one item of which the test holds."),
        ("at", "Paths below the value, each with what must stand there: {name: github, tags[0]: present}."),
        ("schema", "A JSON Schema holds of the value: the assertions of draft 2020-12 but for format."),
        (
            "like",
            """
            The same value where what changes with the seed is masked on both sides: uuid, time, jwt, token, \
            id and other random text; "<any>" stands for anything.
            """
        ),
        ("absent", "true: nothing stands there; false: something does. null is something."),
        ("present", "true: something stands there, null too; false: nothing does."),
    ]
    package static let names = vocabulary.map(\.name)
}
