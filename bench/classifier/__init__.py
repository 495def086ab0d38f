"""Yardsticks for the text classifier: each is a program of its own, so that its CPU seconds are its own."""

import os

# Before anything here loads torch: threads that spin beside a busy neighbour cost tenfold.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("OMP_NUM_THREADS", "1")
