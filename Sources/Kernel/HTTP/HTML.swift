package import HTTPTypes

/// Pages for browsers without script: sign-in, consent, errors.
package enum HTML {
    /// Text that may stand between tags and in attributes.
    package static func escape(_ text: String) -> String {
        var text = text
        return text.withUTF8 { bytes in
            let count = bytes.count { isSpecial($0) }
            guard count > 0 else { return nil }
            // The longest replacement has six letters.
            return String(unsafeUninitializedCapacity: bytes.count + 5 * count) { target in
                var end = 0
                for byte in bytes {
                    guard let word = entity(byte) else {
                        target[end] = byte
                        end += 1
                        continue
                    }
                    for place in 0..<word.utf8CodeUnitCount { target[end + place] = word.utf8Start[place] }
                    end += word.utf8CodeUnitCount
                }
                return end
            }
        } ?? text
    }

    private static func entity(_ byte: UInt8) -> StaticString? {
        switch byte {
        case UInt8(ascii: "&"): "&amp;"
        case UInt8(ascii: "<"): "&lt;"
        case UInt8(ascii: ">"): "&gt;"
        case UInt8(ascii: "\""): "&quot;"
        case UInt8(ascii: "'"): "&#39;"
        default: nil
        }
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "&"), UInt8(ascii: "<"), UInt8(ascii: ">"), UInt8(ascii: "\""), UInt8(ascii: "'"): true
        default: false
        }
    }

    /// A whole page: one box in the middle, in light and in dark. `title` is escaped, `body` is markup.
    package static func page(title: String, body: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(escape(title))</title>
        <style>\(style)</style></head>
        <body><main>
        <h1>\(escape(title))</h1>
        \(body)
        </main></body>
        </html>

        """
    }

    /// Contrast is at least 4.5 to 1 in both schemes (WCAG 2.2 section 1.4.3).
    private static let style = """
        :root{color-scheme:light dark;--line:#8886;--accent:#1f7a3d}
        body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;overflow-wrap:anywhere}
        main{border:1px solid var(--line);border-radius:.5rem;padding:.5rem 1.5rem 1rem}
        h1{font-size:1.35rem}fieldset{border:1px solid var(--line);border-radius:.4rem}
        label{display:block;margin:.8rem 0}.scope{margin:.3rem 0}
        input:not([type=checkbox]){font:inherit;display:block;box-sizing:border-box;width:100%;padding:.4rem}
        button{font:inherit;padding:.4rem 1.2rem;border:1px solid var(--accent);border-radius:.4rem;cursor:pointer;
        background:var(--accent);color:#fff}
        :focus-visible{outline:3px solid #3b82f6;outline-offset:2px}
        .quiet{background:transparent;color:inherit;border-color:#888}
        .row{display:flex;gap:.6rem}.problem{border-left:.3rem solid #c33;padding-left:.6rem}
        @media(max-width:30rem){body{margin:1rem auto}}
        """

    package static func hidden(_ name: String, _ value: String) -> String {
        "<input type=\"hidden\" name=\"\(escape(name))\" value=\"\(escape(value))\">"
    }

    /// RFC 9700 sections 4.2 and 4.16: a page is not framed, not kept, and its URL goes to nobody.
    package static let pageHeaders: HTTPFields = {
        var headers = HTTPFields()
        headers[.contentSecurityPolicy] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        headers[fieldName("X-Frame-Options")] = "DENY"
        headers[fieldName("Referrer-Policy")] = "no-referrer"
        headers[.xContentTypeOptions] = "nosniff"
        headers[.cacheControl] = "no-store"
        return headers
    }()

    /// A page with its headers.
    package static func response(_ status: Int, title: String, body: String) -> Response {
        .html(status, page(title: title, body: body), headers: pageHeaders)
    }

    /// A page with one paragraph of plain text, where nothing more can be done.
    package static func message(_ status: Int, title: String, _ text: String) -> Response {
        response(status, title: title, body: "<p>\(escape(text))</p>")
    }
}
