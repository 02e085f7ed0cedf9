import Kernel

/// Tokens that another library signed (Python cryptography 48), so that we do not only understand ourselves.
enum ForeignTokens {
    struct Vector: Sendable {
        let algorithm: String
        let keys: String
        let token: String
    }
    /// Issuer `https://issuer.test`, issued 2025-11-20T10:00:00Z, good for an hour.
    static let issued = Instant(milliseconds: 1_763_632_800_000)
    private static let rsa = #"""
        {"keys":[{"kty":"RSA","kid":"ps","n":"oulSFR9496Vk8l2X8yqsI9UjCASOEDyqzGYilysxwtPOpNYwFA\#
        goczm46gqMYeFpn1iuhDQABxq8yA2A0NsZpPxpfW6WIz13w2PJ2NvCKAgCWCDTdNtH-YBAELsYkqTIPVCoQRydwY\#
        gXmvUfdZLWQlRj6-5JKU2q4wV1uij02qNco0x06-dRV2oaAwSRnhuTQ0rBq_osPZRLN-84yM8X1fyZXYj3bZJkps\#
        YB_2fnrwKKKHfA1fbgVP6GyiuPCyO58KDRnx9utYprBFvyfkVptvIDq1MMVmBFbHN6hRFDoh1iEslzt5MlgozmUi\#
        DhMz0frrx0N8fj22LbaCCwudiACw","e":"AQAB"}]}
        """#
    static let all: [Vector] = [
        Vector(
            algorithm: "PS256",
            keys: rsa,
            token: """
                eyJhbGciOiAiUFMyNTYiLCAia2lkIjogInBzIn0.eyJpc3MiOiAiaHR0cHM6Ly9pc3N1ZXIudGVzdCIsICJzdWIi\
                OiAiam9lIiwgImlhdCI6IDE3NjM2MzI4MDAsICJleHAiOiAxNzYzNjM2NDAwfQ.bk8CRTidHYbtRwpX60prQ6vFg\
                sNOnTfCdQAeDfyRefnVsYBz_qefYptBpPmanMFLLCljsAr4HRKy8AIa4Qz7pt8RdDbT3lM9Fm85VLPreu6kFE18W\
                w8YsYtE5r5GOVYCcCBm-T1u2Fa4_T7llBQva4tivIRdWkgd-g1n9JzvJhwdXjnUf455tqyXNIU5ZKnFg4i6WE0aA\
                B-0enSiAszMCUtJbdiZa9B2CMm2LAr0_jlzj6hoejuWzu_QQincecuJXaorUOPtSI25FZETMY8STgPiKyfXIfqeH\
                S-MYgwCarXB_Ie5J8PyLyiaUH1QNkWvjUDeOCzGz9nBlIa9LF3aug
                """),
        Vector(
            algorithm: "RS512",
            keys: rsa,
            token: """
                eyJhbGciOiAiUlM1MTIiLCAia2lkIjogInBzIn0.eyJpc3MiOiAiaHR0cHM6Ly9pc3N1ZXIudGVzdCIsICJzdWIi\
                OiAiam9lIiwgImlhdCI6IDE3NjM2MzI4MDAsICJleHAiOiAxNzYzNjM2NDAwfQ.F0-CxG6UbqpHxwCD_dIGaBvdD\
                _t7WY3M0DJqrABsaTB_2JeA1ENsVkCD1qiVI4zLFE5X_RP53q1TffhGIzMDs9q-7MYyQpdtZDIQzqhj521YOu_gv\
                H-weOmD9jL_mNUTmrQhMw6xqK1WchFP6nC2jMWTTBcI8wHClZie0k0taE7e2Gntu_KzXHwPLK1xrbe41NIQ5Yhdu\
                ZuTfNxJguIUjNSsen6LdGcCfYiuHdnRd4GggFHafxtsact2DRG64-sXQy3vG5IwiTazLIhWd_ux8hq0AzFVtc3Be\
                R8hjJXHrxSGADBKSeehF-mDqrOryJtyBy5S9bWE7_-XdJs6sMwcpg
                """),
        Vector(
            algorithm: "ES256",
            keys: #"""
                {"keys":[{"kty":"EC","kid":"ec","crv":"P-256","x":"RaXdmqJhBpyM4ly_PfQWpKxF8zHjP_NasVzQ7\#
                Ij0iTs","y":"hbfP6A7xv5xKHtOuyEkFqw1ckEj6a1Sz1zESnFBbjuc"}]}
                """#,
            token: """
                eyJhbGciOiAiRVMyNTYiLCAia2lkIjogImVjIn0.eyJpc3MiOiAiaHR0cHM6Ly9pc3N1ZXIudGVzdCIsICJzdWIi\
                OiAiam9lIiwgImlhdCI6IDE3NjM2MzI4MDAsICJleHAiOiAxNzYzNjM2NDAwfQ._m8CTXuJokyIwzt1V7dfRCirr\
                SWJiVf_JXjGh1xbVKtAJjXlbflJJoYOPD2A2WM2CcV56kOaprjXKDjcJ0_2Jg
                """),
        Vector(
            algorithm: "ES384",
            keys: #"""
                {"keys":[{"kty":"EC","kid":"ec","crv":"P-384","x":"4bHh_HaokP7QDXpGfjJChEf9Lhu91bBucGUfo\#
                azFkwGvZ7EMoVTtn41TzIw-bynE","y":"yVbnG9OuJi1aQmBBN_j6LJdx33HnyLHhVr_qddCF-qmy1X359q-t1t\#
                -inEpeaVRm"}]}
                """#,
            token: """
                eyJhbGciOiAiRVMzODQiLCAia2lkIjogImVjIn0.eyJpc3MiOiAiaHR0cHM6Ly9pc3N1ZXIudGVzdCIsICJzdWIi\
                OiAiam9lIiwgImlhdCI6IDE3NjM2MzI4MDAsICJleHAiOiAxNzYzNjM2NDAwfQ.xHNRBYtZUWPA8InbBMfEZSZPz\
                4Jy3reT3CS9Dcmdo9aGSwRlh7dXOvn67EXrE4pg4ZPNFR6msme9t9rscA6HkqNLxCtAv5zQB6UtJZtpyO7PizyOS\
                qfPbmY02pVBO20R
                """),
        Vector(
            algorithm: "EdDSA",
            keys: #"""
                {"keys":[{"kty":"OKP","kid":"ed","crv":"Ed25519","x":"wWVKD-xTuM1U26_AfJJZ4Zc4USOp4p2_Gs\#
                H5LVbQ7ug"}]}
                """#,
            token: """
                eyJhbGciOiAiRWREU0EiLCAia2lkIjogImVkIn0.eyJpc3MiOiAiaHR0cHM6Ly9pc3N1ZXIudGVzdCIsICJzdWIi\
                OiAiam9lIiwgImlhdCI6IDE3NjM2MzI4MDAsICJleHAiOiAxNzYzNjM2NDAwfQ.PGFRlahfelLrvJtWHhFd_A08m\
                2PuRJTQOwMvwwSWboV_uxnBHeqG849qwt13QmDCJJbtVXVjOI36_-3t7VfhCA
                """),
    ]
}
