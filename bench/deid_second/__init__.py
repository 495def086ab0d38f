"""Clinical notes with exact gold identifiers that nobody had tuned on before they were opened.

The second set that was unseen once; the engine's authors may read these notes and their misses now.
"""
