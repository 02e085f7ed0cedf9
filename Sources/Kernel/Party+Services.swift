// Parties that have no port of their own: other parties reach them by their hosts, nobody from outside.
extension Party {
    /// The functions that Lambda targets and interceptors call.
    package static let lambda = Party("lambda")
    /// REST APIs: one behind OpenAPI and Smithy targets, and stages of API Gateway.
    package static let rest = Party("rest")

    /// In the order of a lab's file.
    package static let inner: [Party] = [.lambda, .rest]
}
