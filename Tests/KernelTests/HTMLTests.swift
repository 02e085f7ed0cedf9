import HTTPTypes
import Kernel
import Testing

@Suite struct HTMLTests {
    @Test func pagesAreEscapedAndNotFramed() {
        let page = HTML.message(400, title: "<b>", "\"x\" & 'y'")
        #expect(page.bodyText.contains("&lt;b&gt;") && page.bodyText.contains("&quot;x&quot; &amp; &#39;y&#39;"))
        #expect(page.header(.contentSecurityPolicy)?.contains("frame-ancestors 'none'") == true)
        #expect(page.header(.cacheControl) == "no-store")
        #expect(HTML.hidden("a", "\">").contains("value=\"&quot;&gt;\""))
    }
}
