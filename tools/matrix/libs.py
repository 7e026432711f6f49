# SPDX-License-Identifier: BSD-2-Clause
"""What guests need from packages, unpacked in .cache: busybox, and other releases' libraries.

A library tree is one flat directory with a libbpf, all it needs and the loader, so that a program
built here runs against it: TREE/ld-linux-x86-64.so.2 --library-path TREE PROGRAM.
"""

import glob
import os
import shutil

from . import CACHE, Unavailable
from .debian import Suite, unpack

TREES = {'trixie': ('trixie',), 'sid': ('sid',), 'bookworm': ('bookworm',)}
NEEDED = ('libc6', 'libbpf1', 'libelf1t64|libelf1', 'libzstd1', 'zlib1g')
BUSYBOX = ('bookworm', 'trixie')


def tree(name, refresh=False):
    """The directory of a library tree (x86_64)."""
    path = os.path.join(CACHE, 'libs', name)
    if os.path.isdir(path) and not refresh:
        return path
    if name not in TREES:
        raise Unavailable(f'no library tree {name}: there are {", ".join(TREES)}')
    work = path + '.new'
    shutil.rmtree(work, ignore_errors=True)
    suite = Suite(TREES[name][0])
    for pattern in NEEDED:
        _unpack_package(suite, pattern, 'amd64', work + '/tree')
    os.makedirs(work + '/flat')
    for lib in glob.glob(work + '/tree/**/*.so.*', recursive=True):
        if os.path.isfile(lib) and '/gconv/' not in lib:
            shutil.copy(os.path.realpath(lib), f'{work}/flat/{os.path.basename(lib)}')
    shutil.rmtree(path, ignore_errors=True)
    os.rename(work + '/flat', path)
    shutil.rmtree(work)
    return path


def _unpack_package(suite, pattern, deb_arch, into):
    found = suite.find(pattern, deb_arch)
    if not found:
        raise Unavailable(f'{suite.name} has no {pattern}')
    name, version = found[0]
    print(f'{name}: {version} ({suite.name})', flush=True)
    unpack(suite.download(name, deb_arch, version, into), into)


def busybox(arch, deb_arch):
    """A static busybox for that architecture."""
    path = os.path.join(CACHE, 'busybox', arch)
    if os.path.exists(path):
        return path
    reasons = []
    for suite in BUSYBOX:
        work = path + '.new'
        try:
            _unpack_package(Suite(suite), 'busybox-static', deb_arch, work)
        except Unavailable as e:
            reasons.append(str(e))
            continue
        binary = [p for p in (work + '/bin/busybox', work + '/usr/bin/busybox') if os.path.exists(p)]
        os.rename(binary[0], path)
        shutil.rmtree(work)
        return path
    raise Unavailable('busybox: ' + '; '.join(reasons))
