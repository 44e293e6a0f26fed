"""What a process holds on to."""

import subprocess
import sys
from pathlib import Path

import pytest

# Small bytes come from Python's own heap, large ones from the C library's.
MANY_THREADS = """
import ctypes, sys, threading
from shared.memory import share_one_heap

share_one_heap()
all_at_once = threading.Barrier(4)
threads = [threading.Thread(target=lambda: (bytearray(100_000), all_at_once.wait())) for _ in range(4)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p
told = ctypes.c_void_p(libc.fopen(sys.argv[1].encode(), b"w"))
libc.malloc_info(0, told)
libc.fclose(told)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc has heaps of threads")
def test_the_threads_of_a_process_share_one_heap(tmp_path: Path) -> None:
    told = tmp_path / "heaps.xml"
    subprocess.run([sys.executable, "-c", MANY_THREADS, str(told)], check=True)
    assert told.read_text().count("<heap nr=") == 1
