import subprocess
import sys

CODE = """
import mmap, sys, tempfile
from pathlib import Path
import numpy
from tidemark.backtest.orders.limits import bound, spare
from tidemark.units import MIB

most = int(sys.argv[1]) * MIB
def own():
    told = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return int(told["RssAnon"].split()[0]) * 1024
bound(most)
kept = []
try:
    while True:
        kept.append(bytearray(MIB))
except MemoryError:
    print(own() <= most, own() > most - 48 * MIB)
count = len(kept)
spare()
kept.append(bytearray(4 * MIB))
print(len(kept) == count + 1)
del kept
with tempfile.TemporaryFile() as file:
    file.truncate(2 * most)
    mapped = mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ)
    print(len(mapped) == 2 * most)
"""


def test_it_takes_as_much_as_it_may_and_no_more_and_files_do_not_count() -> None:
    done = subprocess.run([sys.executable, "-c", CODE, "200"], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["True", "True", "True", "True"]
