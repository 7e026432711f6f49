# SPDX-License-Identifier: BSD-2-Clause
"""Kernels, guests and TAP: what tools/kernels, tools/vm and tools/check-kernels share."""

import os

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CACHE = os.path.join(ROOT, '.cache')


class Unavailable(Exception):
    """Something this machine or the mirror does not have: its rows are skipped with this text."""
