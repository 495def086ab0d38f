"""Everyday notes of hospitals and clinics that nobody who works on the engine reads.

Only totals over them are looked at; see "Measuring" in docs/deidentification.md.
"""
