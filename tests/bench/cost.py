"""Runs a command N times and prints what that took: seconds of processor and of the wall clock, each
for one run, and the largest process's memory in kB (never less than this one's own, 10 MB or so).
usage: cost.py N COMMAND [ARGUMENT ...]"""
import json
import os
import subprocess
import sys
import time

count = int(sys.argv[1])
cpu = rss = 0
start = time.monotonic()
for _ in range(count):
    child = subprocess.Popen(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    # not RUSAGE_CHILDREN: what started this program may have had children of its own (pyenv)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = status
    cpu += used.ru_utime + used.ru_stime
    rss = max(rss, used.ru_maxrss)
wall = time.monotonic() - start
print(json.dumps({"cpu": cpu / count, "wall": wall / count, "rss": rss}))
