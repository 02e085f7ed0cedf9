/// The version that `--version` and the control API tell.
enum Version {
    static let current = "0.1.0"
}
