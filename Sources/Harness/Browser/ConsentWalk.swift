import Kernel

/// What a person does on a consent page.
package enum Decision: String, Sendable, CaseIterable, Codable {
    /// Presses the button that allows it.
    case approve
    /// Presses the button that refuses.
    case deny
    /// Closes the tab while the page is open.
    case abandon
    /// Comes back eleven minutes later and approves: codes, pages and sessions live ten at most.
    case expire
    /// Is signed in to the authorization server as somebody else, and approves.
    case wrongAccount = "wrong-account"
    /// Unticks every scope but the first, and approves.
    case narrowScopes = "narrow-scopes"
    /// Presses the button twice; the second click's answer is the one that shows.
    case doubleClick = "double-click"
    /// Approves, walks to the end, goes back to the page and approves again.
    case back
    /// Opened the page on which the vendor shows what an application may do, and ends that.
    case revoke
}

/// A robot's way from an authorization URL to where it ended.
package struct ConsentWalk: Sendable, Hashable {
    package var hops: [Browser.Hop]
    /// The last address, even one outside the lab.
    package var landed: String
    /// Status of the last page; nil if it was not opened.
    package var status: Int?
    /// Whether a consent page was shown, on which the person did as told.
    package var decided = false
    /// Whether somebody else's account was signed in to on the way.
    package var changedAccount = false

    private static let needsPage: [Decision] = [.deny, .abandon, .expire, .narrowScopes, .revoke]

    /// Whether a decision could not be made, as nobody asked: who is known to have agreed is not asked again, and who
    /// was asked nothing has denied nothing. One that nobody wrote down (`isSaid`) asks for nothing.
    package func missed(_ decision: Decision, isSaid: Bool) -> Bool {
        guard !decided else { return false }
        return switch decision {
        case .approve: isSaid && !hasAnswer("code")
        case .wrongAccount: !changedAccount
        default: Self.needsPage.contains(decision)
        }
    }

    /// Whether an authorization server sent such an answer on the way (RFC 6749 section 4.1.2).
    package func hasAnswer(_ names: String...) -> Bool {
        hops.contains { hop in
            guard let query = URLParts(hop.url)?.query else { return false }
            return Form(parsing: query).pairs.contains { names.contains($0.name) }
        }
    }
}

extension Browser {
    /// Opens an address and walks to the end: signs in where a page asks, decides where one asks for consent.
    package func walk(from url: String, deciding decision: Decision = .approve) async -> ConsentWalk {
        var walk = Walk(browser: self, decision: decision)
        return await walk.run(from: url)
    }
}

/// One walk of a robot.
private struct Walk {
    let browser: Browser
    let decision: Decision
    var hops: [Browser.Hop] = []
    private var signIns = 0
    private var isDecided = false
    private var changedAccount = false
    /// Pages on which a person has something to do. A correct flow has two; this only ends a wrong one.
    private static let mostPages = 12
    private static let tooLong = Span.minutes(11)

    init(browser: Browser, decision: Decision) {
        self.browser = browser
        self.decision = decision
    }

    /// Who signs in at the authorization server.
    private var account: String {
        guard decision == .wrongAccount else { return browser.user }
        return browser.user == "mallory" ? "alice" : "mallory"
    }

    mutating func run(from url: String) async -> ConsentWalk {
        if decision == .wrongAccount { browser.forgetCookies(of: .github) }
        var page = keep(await browser.open(url))
        for _ in 0..<Self.mostPages {
            guard let next = await step(page) else { break }
            page = next
        }
        if !isDecided { page = await repeatUndecided(url, page) }
        // Next time it is their own account again.
        if decision == .wrongAccount { browser.forgetCookies(of: .github) }
        return ConsentWalk(
            hops: hops, landed: page.url, status: page.status, decided: isDecided, changedAccount: changedAccount)
    }

    /// The page after the one that is open; nil at the end.
    private mutating func step(_ page: Page) async -> Page? {
        if let form = page.signInForm {
            // A form that comes again refused the password: no third try.
            signIns += 1
            guard signIns <= 4 else { return nil }
            if decision == .wrongAccount, browser.isAtAuthorizationServer(page) { changedAccount = true }
            return keep(await browser.signIn(form, on: page, as: name(at: page)))
        }
        if decision == .revoke, !isDecided, let form = page.revocationForm {
            isDecided = true
            return keep(await browser.submit(form, pressing: form.buttons.first, on: page))
        }
        // Who came to end a grant gives none.
        guard let form = page.consentForm, !isDecided, decision != .revoke else { return nil }
        return await decide(form, on: page)
    }

    private func name(at page: Page) -> String {
        browser.isAtAuthorizationServer(page) ? account : browser.user
    }

    private mutating func decide(_ form: HTMLForm, on page: Page) async -> Page? {
        var form = form
        let approve = form.buttons.first { $0.value == "approve" } ?? form.buttons.first
        isDecided = true
        switch decision {
        case .abandon: return nil
        case .deny:
            let deny = form.buttons.first { $0.value == "deny" }
            return keep(await browser.submit(form, pressing: deny, on: page))
        case .expire: await browser.wait(Self.tooLong)
        case .narrowScopes: form.keepOnlyFirst("scope")
        case .doubleClick: hops += await browser.fire(form, pressing: approve, on: page)
        case .back: _ = keep(await browser.submit(form, pressing: approve, on: page))
        case .approve, .wrongAccount, .revoke: break
        }
        return keep(await browser.submit(form, pressing: approve, on: page))
    }

    /// An authorization server that needs no consent shows no page: then a double click and the way back open the first
    /// address once more.
    private mutating func repeatUndecided(_ url: String, _ page: Page) async -> Page {
        guard decision == .doubleClick || decision == .back else { return page }
        return keep(await browser.open(url))
    }

    private mutating func keep(_ visit: (Page, [Browser.Hop])) -> Page {
        hops += visit.1
        return visit.0
    }
}
