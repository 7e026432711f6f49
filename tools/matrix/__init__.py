# SPDX-License-Identifier: BSD-2-Clause
"""Kernels, guests and TAP: what tools/kernels, tools/vm and tools/check-kernels share."""

import contextlib
import fcntl
import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.path.join(ROOT, '.cache')
EXIT_UNAVAILABLE = 77


def build_dir(variant):
    """Where tools/build puts a variant; an architecture is one, the machine's own is "native"."""
    name = 'build' if variant in ('native', 'x86_64') else 'build-' + variant
    return os.path.join(ROOT, name)


class Unavailable(Exception):
    """Something this machine or the mirror does not have: its rows are skipped with this text."""


@contextlib.contextmanager
def cache_lock():
    """Held while something is put into the cache: two runs at a time share it."""
    os.makedirs(CACHE, exist_ok=True)
    with open(os.path.join(CACHE, 'lock'), 'w', encoding='ascii') as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        yield
