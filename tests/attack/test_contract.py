"""Requests by lot over the whole OpenAPI document: no crash, and no answer that the document does not tell.

`ATTACK_EXAMPLES` is how many of each kind an address gets; `make attack` asks for more than `make test`.
"""

import os
import random

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode, openapi
from schemathesis.specs.openapi import checks

from tests.attack.world import filled

EXAMPLES = int(os.environ.get("ATTACK_EXAMPLES", "3"))
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
]
LIMITS = settings(
    max_examples=EXAMPLES,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("mode", list(GenerationMode), ids=lambda mode: mode.value)
def test_every_answer_is_one_that_the_document_tells(site, owner, mode):
    known, draw, broken = filled(site), random.Random(1), []
    application = site.client.application
    for found in openapi.from_wsgi("/api/openapi.json", application).get_all_operations():
        operation = found.ok()
        if mode is GenerationMode.NEGATIVE and not _takes_anything(operation):
            continue

        @seed(1)
        @LIMITS
        @given(case=operation.as_strategy(mode))
        def attacked(case):
            if case.path_parameters and draw.random() < 0.7:
                case.path_parameters = {name: known.get(name, "x") for name in case.path_parameters}
            answer = case.call(headers=owner)
            assert answer.status_code != 500, answer.text
            case.validate_response(answer, checks=CHECKS)

        try:
            attacked()
        except (Exception, ExceptionGroup) as error:  # noqa: BLE001 - each is told at the end
            broken.append(f"{operation.label}: {error}")
    assert not broken, "\n\n".join(broken)


def _takes_anything(operation) -> bool:
    """Whether there is something to send wrongly."""
    return bool(operation.body or operation.query or operation.path_parameters or operation.headers)
