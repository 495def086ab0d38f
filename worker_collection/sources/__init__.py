"""Adapters to where a clinic keeps its cases: `opening` chooses one, `base` says what each offers."""
