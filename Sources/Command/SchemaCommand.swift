import ArgumentParser
import Harness
import Kernel
import Scenario

/// Prints the JSON Schema that editors complete and check scenario files with.
struct SchemaCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Print the JSON Schema of scenario files, for editors.",
        discussion: """
            In VS Code with the YAML extension: agentcore-local schema > .vscode/scenario.schema.json, and in \
            settings.json "yaml.schemas": {".vscode/scenario.schema.json": "scenarios/**/*.yaml"}. Or name it in the \
            file's first line: # yaml-language-server: $schema=../scenario.schema.json
            """)

    @OptionGroup var root: RootOption

    func run() throws {
        let (schema, mistakes) = Library.schema(root: try root.folder())
        try ScenarioSelection.tell(mistakes)
        Terminal.write(json: schema)
    }
}
