"""Runs a command N times and prints what that took: seconds of processor and of the wall clock, each
for one run, and the largest process's memory in kB. usage: cost.py N COMMAND [ARGUMENT ...]"""
import json
import resource
import subprocess
import sys
import time

count = int(sys.argv[1])
start = time.monotonic()
for _ in range(count):
    subprocess.run(sys.argv[2:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
wall = time.monotonic() - start
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"cpu": (used.ru_utime + used.ru_stime) / count, "wall": wall / count, "rss": used.ru_maxrss}))
