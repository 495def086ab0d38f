"""What the benchmark of the backbone needs: two doors under the same server, and callers that do not wait."""
