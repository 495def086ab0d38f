"""Clinical notes with exact gold identifiers that nobody had tuned on before they were opened.

The engine's authors read these notes and their misses now, as those of `bench/deid_world`; they are kept
apart because they were written without knowledge of the engine.
"""
