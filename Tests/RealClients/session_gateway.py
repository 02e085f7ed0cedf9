"""A gateway that keeps sessions and streams its answers, with a GitHub target whose tools are known."""

EVERYTHING = ["2025-03-26", "2025-06-18", "2025-11-25", "2026-07-28"]


def make(lab, world, versions=EVERYTHING, **mcp):
    control = lab.control_plane
    gateway = control.create_gateway(
        name="session-gw",
        roleArn="arn:aws:iam::111122223333:role/gw",
        protocolType="MCP",
        protocolConfiguration={
            "mcp": {
                "supportedVersions": versions,
                "sessionConfiguration": {"sessionTimeoutInSeconds": 900},
                "streamingConfiguration": {"enableResponseStreaming": True},
                **mcp,
            }
        },
        authorizerType="CUSTOM_JWT",
        authorizerConfiguration={
            "customJWTAuthorizer": {
                "discoveryUrl": lab.idp + "/.well-known/openid-configuration",
                "allowedClients": ["web"],
            }
        },
    )
    lab.advance("1s")
    world.gateway_id, world.gateway_url = gateway["gatewayId"], gateway["gatewayUrl"]
    world.create_target()
    return gateway["gatewayUrl"]
