"""A lab of Amazon Bedrock AgentCore Gateway's OAuth flow for Python tests.

    from agentcore_local import Lab

    with Lab.start() as lab:
        control = lab.boto3("bedrock-agentcore-control")

In pytest the fixture `agentcore_local` is such a lab, as at its first state in every test.
"""

from .lab import ConsentWalk, Lab, LabError, Tokens, binary

__all__ = ["ConsentWalk", "Lab", "LabError", "Tokens", "binary"]
