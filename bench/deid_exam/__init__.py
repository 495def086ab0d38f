"""How de-identified notes are examined: drive the product over its pipe, score, fuzz."""
