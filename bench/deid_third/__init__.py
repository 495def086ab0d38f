"""Clinical notes with exact gold identifiers, written without a look at the engine or at the other sets.

The third set that was unseen once; the engine's authors may read these notes and their misses now.
"""
