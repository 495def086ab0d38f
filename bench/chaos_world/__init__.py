"""A site of real processes on real servers of its own, and the bad years that it is put through."""
