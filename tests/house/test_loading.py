"""What a process does not load before it is needed: a site of texts does without what reads pictures."""

import subprocess
import sys

import pytest

PICTURES_AND_TABLES = ("PIL", "cv2", "pyarrow", "pydicom", "pynetdicom")


@pytest.mark.slow
def test_the_collecting_worker_starts_without_what_reads_pictures_and_parquet():
    told = "import sys, worker_collection.tasks; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", told], capture_output=True, text=True, check=True)
    assert not set(PICTURES_AND_TABLES) & set(done.stdout.split())
