"""Sealed versions as files: de-identified, without an identifier, the same bytes for the same version."""
