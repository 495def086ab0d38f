"""Slips of the hand in the rules of `shared/domain`, and the tests that have to see each."""
