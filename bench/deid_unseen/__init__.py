"""Clinical notes with exact gold identifiers that nobody tunes on.

The engine's authors look at totals over these notes, never at a text or a miss. Whoever reads the templates,
names or formats of this package must not touch the engine afterwards: the figures would mean nothing.
"""
