"""Yardsticks for the text classifier: each is a program of its own, so that its CPU seconds are its own."""
