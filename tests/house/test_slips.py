"""What `bench.domain_mutants` calls harmless is a slip that can be made, with a reason."""

import ast

import pytest

from bench.domain_mutants import harmless
from bench.domain_world.slips import DOMAIN, modules, slipped, slips

HARMLESS = harmless()


@pytest.mark.parametrize("module", modules())
def test_a_harmless_slip_is_one_that_can_be_made(module):
    made = {(one.module, one.code, one.told) for one in slips(module)}
    assert {place for place in HARMLESS if place[0] == module} <= made
    assert all(len(why) > 20 for why in HARMLESS.values())


def test_every_slip_changes_the_rules_and_can_be_compiled():
    whole = ast.unparse(ast.parse((DOMAIN / "split.py").read_text()))
    broken = [slipped(one) for one in slips("split")]
    assert len(broken) > 10
    for tree in broken:
        assert ast.unparse(tree) != whole
        compile(tree, "split", "exec")
