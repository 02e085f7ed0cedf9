/// `Set-Cookie` values, RFC 6265 section 4.1.
package enum Cookies {
    /// A cookie that ends with the browser session. `value` must need no quoting: the fakes make their own.
    package static func set(
        _ name: String, _ value: String, path: String = "/", httpOnly: Bool = true, sameSite: String = "Lax"
    ) -> String {
        "\(name)=\(value); Path=\(path)\(httpOnly ? "; HttpOnly" : ""); SameSite=\(sameSite)"
    }

    /// The cookie is gone.
    package static func clear(_ name: String, path: String = "/") -> String { "\(name)=; Path=\(path); Max-Age=0" }
}
