"""Which code may work on which schema."""

import pytest

from shared.registry.schema import OtherSchemaError, Standing, refuse

KNOWN = ["0001", "0002", "0003"]


@pytest.mark.parametrize(
    "standing",
    [
        Standing("0003", "0002"),
        Standing("0004", "0003"),  # one step ahead, which only added
        Standing("0009", "0002"),  # far ahead, and says that it serves us
        Standing(None, None),  # never migrated: the part says so itself when it finds no table
    ],
)
def test_code_works_on_its_own_schema_and_on_one_that_serves_it(standing):
    refuse(standing, KNOWN)


def test_a_schema_that_lacks_revisions_is_refused_by_their_names():
    with pytest.raises(OtherSchemaError, match="lacks revisions 0002, 0003") as refused:
        refuse(Standing("0001", "0001"), KNOWN)
    assert refused.value.fix == "run `rounds migrate`"


@pytest.mark.parametrize("serves", ["0004", None])
def test_code_that_is_too_old_is_refused(serves):
    with pytest.raises(OtherSchemaError, match="revision 0005, which this version does not work on"):
        refuse(Standing("0005", serves), KNOWN)
