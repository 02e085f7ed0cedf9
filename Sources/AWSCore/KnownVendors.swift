import Kernel

extension AWSSettings.VendorEndpoints {
    /// Vendors with one address for all their customers, by their public documentation (ledger
    /// `vendor-public-endpoints`). A lab reaches them only where it has such a host; the others are configured with
    /// `issuer`, `authorizationEndpoint` and `tokenEndpoint`, because each customer has a host of its own.
    static let published: [String: AWSSettings.VendorEndpoints] = [
        "AtlassianOauth2": .init("https://auth.atlassian.com", "/authorize", "/oauth/token"),
        "DropboxOauth2": .init(
            issuer: "https://www.dropbox.com", authorizationEndpoint: "https://www.dropbox.com/oauth2/authorize",
            tokenEndpoint: "https://api.dropboxapi.com/oauth2/token"),
        "FacebookOauth2": .init(
            issuer: "https://www.facebook.com", authorizationEndpoint: "https://www.facebook.com/dialog/oauth",
            tokenEndpoint: "https://graph.facebook.com/oauth/access_token"),
        "GoogleOauth2": .init(
            issuer: "https://accounts.google.com",
            authorizationEndpoint: "https://accounts.google.com/o/oauth2/v2/auth",
            tokenEndpoint: "https://oauth2.googleapis.com/token"),
        "HubspotOauth2": .init(
            issuer: "https://app.hubspot.com", authorizationEndpoint: "https://app.hubspot.com/oauth/authorize",
            tokenEndpoint: "https://api.hubapi.com/oauth/v1/token"),
        "LinkedinOauth2": .init("https://www.linkedin.com/oauth", "/v2/authorization", "/v2/accessToken"),
        "MicrosoftOauth2": microsoft(tenant: "common"),
        "NotionOauth2": .init("https://api.notion.com", "/v1/oauth/authorize", "/v1/oauth/token"),
        "RedditOauth2": .init("https://www.reddit.com", "/api/v1/authorize", "/api/v1/access_token"),
        "SalesforceOauth2": .init(
            "https://login.salesforce.com", "/services/oauth2/authorize", "/services/oauth2/token"),
        "SlackOauth2": .init("https://slack.com", "/oauth/v2/authorize", "/api/oauth.v2.access"),
        "SpotifyOauth2": .init("https://accounts.spotify.com", "/authorize", "/api/token"),
        "TwitchOauth2": .init("https://id.twitch.tv/oauth2", "/authorize", "/token"),
        "XOauth2": .init(
            issuer: "https://x.com", authorizationEndpoint: "https://x.com/i/oauth2/authorize",
            tokenEndpoint: "https://api.x.com/2/oauth2/token"),
        "YandexOauth2": .init("https://oauth.yandex.com", "/authorize", "/token"),
        "ZoomOauth2": .init("https://zoom.us", "/oauth/authorize", "/oauth/token"),
    ]

    /// Microsoft has an address for each tenant, and `common` for whoever names none.
    package static func microsoft(tenant: String) -> AWSSettings.VendorEndpoints {
        let host = "https://login.microsoftonline.com/\(tenant)"
        return AWSSettings.VendorEndpoints(
            issuer: host + "/v2.0", authorizationEndpoint: host + "/oauth2/v2.0/authorize",
            tokenEndpoint: host + "/oauth2/v2.0/token")
    }

    private init(_ issuer: String, _ authorization: String, _ token: String) {
        self.init(issuer: issuer, authorizationEndpoint: issuer + authorization, tokenEndpoint: issuer + token)
    }
}
