"""The name under which reports say how a picture's pixels were looked at; no library is loaded for it."""

ENGINE = "pixels-1"
