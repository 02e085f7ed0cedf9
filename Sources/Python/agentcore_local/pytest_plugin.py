"""The fixture `agentcore_local`: one process for the whole run, the lab's first state in every test."""

from __future__ import annotations

from typing import Any, Iterator

import pytest

from .lab import Lab, LabError


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("agentcore-local")
    group.addoption("--agentcore-lab", default="default", help="lab to serve: a file in mocks/labs")
    group.addoption("--agentcore-seed", default=1, type=int, help="seed of every random value")


@pytest.fixture(scope="session")
def agentcore_local_process(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """The served lab of this run. A test wants `agentcore_local`, which begins anew each time."""
    config = request.config
    with Lab.start(lab=config.getoption("--agentcore-lab"), seed=config.getoption("--agentcore-seed")) as lab:
        yield lab


@pytest.fixture
def agentcore_local(agentcore_local_process: Lab) -> Lab:
    """A lab in its first state, with ready boto3 clients: `agentcore_local.boto3("bedrock-agentcore")`."""
    agentcore_local_process.reset()
    return agentcore_local_process


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[Any]) -> Iterator[None]:
    """What the parties said to each other stands below a failing test."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    lab = getattr(item, "funcargs", {}).get("agentcore_local")
    if report.when == "call" and report.failed and isinstance(lab, Lab):
        try:
            report.sections.append(("agentcore-local", lab.trace()))
        except (LabError, OSError) as error:
            report.sections.append(("agentcore-local", f"the lab does not answer: {error}"))
