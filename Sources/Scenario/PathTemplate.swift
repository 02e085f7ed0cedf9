import Kernel

/// A path in which variables may stand: `body.items[name=${name}].status`.
package struct PathTemplate: Sendable {
    /// The path; only what it begins with as long as variables are to be filled in.
    package let path: PathExpression
    private let filled: Template?

    /// - Throws: `PathExpression.Failure` for a text that is no path.
    init(_ node: DocumentNode, _ text: String, _ reading: inout Reading) throws(PathExpression.Failure) {
        guard text.range(of: "${") != nil else {
            path = try PathExpression(text)
            filled = nil
            return
        }
        let root = text.prefix { !".[?".contains($0) }
        if root.range(of: "${") != nil {
            throw PathExpression.Failure(reason: "a variable can stand behind its first name only")
        }
        path = try PathExpression(String(root))
        filled = Template(node, &reading)
    }

    /// - Throws: `Diagnostic` for a variable that is not there, and if no path comes of it.
    package func path(_ variables: Variables) throws(Diagnostic) -> PathExpression {
        guard let filled else { return path }
        let text = try filled.text(variables)
        do throws(PathExpression.Failure) {
            return try PathExpression(text)
        } catch {
            throw Diagnostic(filled.place, "\(text) is no path: \(error.reason)")
        }
    }
}
