# SPDX-License-Identifier: BSD-2-Clause
"""What else comes from packages, unpacked in .cache: busybox, libraries of other releases, and
the arm64 libraries that the cross compiler links against.

A library tree is one flat directory with a libbpf, all it needs and the loader, so that a program
built here runs against it: TREE/ld-linux-x86-64.so.2 --library-path TREE PROGRAM.
"""

import glob
import os
import shutil

from . import CACHE, Unavailable, cache_lock, debian

TREES = ('bookworm', 'trixie', 'sid')
TREE_PACKAGES = ('libc6', 'libbpf1', 'libelf1t64|libelf1', 'libdw1t64|libdw1', 'libzstd1', 'zlib1g',
                 'liblzma5', 'libbz2-1.0')
SYSROOT_SUITE = 'bookworm'
SYSROOT_PACKAGES = ('libbpf1', 'libbpf-dev', 'libelf1', 'libelf-dev', 'zlib1g', 'zlib1g-dev',
                    'libdw1', 'libdw-dev', 'liblzma5', 'liblzma-dev', 'libbz2-1.0', 'libiberty-dev', r'libzydis\d\S*', 'libzydis-dev', r'libzycore\d\S*', 'libzycore-dev')
BUSYBOX_SUITES = ('bookworm', 'trixie')


def _cached(path, make, refresh=False):
    """path, made by make(work) where it is not there; work is renamed to path."""
    if os.path.exists(path) and not refresh:
        return path
    with cache_lock():
        if not os.path.exists(path) or refresh:
            work = path + '.new'
            shutil.rmtree(work, ignore_errors=True)
            os.makedirs(work)
            make(work)
            shutil.rmtree(path, ignore_errors=True)
            os.rename(work, path)
    return path


def read_file(path):
    """The text of a file, "" where there is none."""
    try:
        with open(path, encoding='utf-8') as f:
            return f.read()
    except FileNotFoundError:
        return ''


def _note(work, packages):
    with open(work + '/packages', 'w', encoding='ascii') as f:
        f.write('\n'.join(packages))


def _is_outdated(path, packages):
    """Made of other packages than are wanted now."""
    return read_file(path + '/packages') != '\n'.join(packages)


def _unpack(suite, pattern, deb_arch, into):
    found = suite.find(pattern, deb_arch)
    if not found:
        raise Unavailable(f'{suite.name} has no {pattern}')
    name, version = found[0]
    print(f'{name} {deb_arch}: {version} ({suite.name})', flush=True)
    debian.unpack(suite.download(name, deb_arch, version, into), into)


def tree(name, refresh=False):
    """The directory of a library tree (x86_64)."""
    if name not in TREES:
        raise Unavailable(f'no library tree {name}: there are {", ".join(TREES)}')

    def make(work):
        suite = debian.suite(name)
        for pattern in TREE_PACKAGES:
            _unpack(suite, pattern, 'amd64', work + '/tree')
        for lib in glob.glob(work + '/tree/**/*.so.*', recursive=True):
            if os.path.isfile(lib) and '/gconv/' not in lib:
                shutil.copy(os.path.realpath(lib), f'{work}/{os.path.basename(lib)}')
        shutil.rmtree(work + '/tree')
        _note(work, TREE_PACKAGES)

    path = os.path.join(CACHE, 'libs', name)
    return _cached(path, make, refresh or _is_outdated(path, TREE_PACKAGES))


def sysroot(arch, deb_arch, refresh=False):
    """The development packages of a foreign architecture, unpacked; libc comes with the compiler."""
    def make(work):
        suite = debian.suite(SYSROOT_SUITE)
        for pattern in SYSROOT_PACKAGES:
            _unpack(suite, pattern, deb_arch, work)
        shutil.rmtree(work + '/usr/share', ignore_errors=True)
        _merge_lib(work)
        _note(work, SYSROOT_PACKAGES)

    path = os.path.join(CACHE, 'sysroot', arch)
    return _cached(path, make, refresh or _is_outdated(path, SYSROOT_PACKAGES))


def _merge_lib(root):
    """Moves /lib into /usr/lib; links between the two, which are absolute, become plain names."""
    for old in glob.glob(root + '/lib/*/*'):
        os.rename(old, old.replace(root + '/lib/', root + '/usr/lib/', 1))
    for link in glob.glob(root + '/usr/lib/*/*.so'):
        if os.path.islink(link) and os.path.isabs(os.readlink(link)):
            target = os.path.basename(os.readlink(link))
            os.unlink(link)
            os.symlink(target, link)


def busybox(arch, deb_arch):
    """A static busybox for that architecture."""
    def make(work):
        reasons = []
        for name in BUSYBOX_SUITES:
            try:
                return _unpack(debian.suite(name), 'busybox-static', deb_arch, work)
            except Unavailable as e:
                reasons.append(str(e))
        raise Unavailable('busybox: ' + '; '.join(reasons))

    path = _cached(os.path.join(CACHE, 'busybox', arch), make)
    return next(p for p in (path + '/bin/busybox', path + '/usr/bin/busybox') if os.path.exists(p))
