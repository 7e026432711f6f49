# SPDX-License-Identifier: BSD-2-Clause
# ran.py FILE OBJECT...: of what callgrind --dump-instr=yes wrote, lines "NAME ADDRESS TIMES" of these objects. A shared
# object's constructors run before the program's first instruction, from which on whole.c traces: one time less.
import os
import re
import subprocess
import sys


def constructors(path):
    dynamic = subprocess.run(['readelf', '-dW', path], capture_output=True, text=True).stdout
    relocs = subprocess.run(['readelf', '-rW', path], capture_output=True, text=True).stdout
    tags = dict(re.findall(r'\((\w+)\)\s+(\w+)', dynamic))
    if 'SONAME' not in tags:
        return []
    start = int(tags.get('INIT_ARRAY', '0'), 16)
    end = start + int(tags.get('INIT_ARRAYSZ', '0'))
    ret = [int(tags['INIT'], 16)] if 'INIT' in tags else []
    for at, addend in re.findall(r'^(\w+)\s+\w+ R_X86_64_RELATIVE\s+(\w+)', relocs, re.M):
        if start <= int(at, 16) < end:
            ret.append(int(addend, 16))
    return ret


paths = {os.path.basename(os.path.realpath(p)): p for p in sys.argv[2:]}
times = {(name, addr): -1 for name, path in paths.items() for addr in constructors(path)}
name, skip, last, before_call = None, False, None, None
for line in open(sys.argv[1]):
    if line.startswith('ob='):
        name = os.path.basename(line[3:].strip())
    elif line.startswith('calls='):
        skip, before_call = True, last  # what follows is the callee's
    elif line.startswith('0x') and skip:
        skip = False
    elif line.startswith('0x'):
        addr, count = line.split()[:2]
        last = name, int(addr, 16), int(count)
        if name in paths and last != before_call:       # a function that is but a jump is there before and after it
            times[last[:2]] = times.get(last[:2], 0) + int(count)
        before_call = None
for (name, addr), count in times.items():
    print(name, hex(addr), count)
