# SPDX-License-Identifier: BSD-2-Clause
"""The guest's file system: a cpio archive with busybox, modules, the build, its libraries.

  /init                 tools/matrix/init
  /command              what to run
  /modules/NN-NAME.ko   loaded in that order
  /fsession/            the project: build/ (programs, BPF objects), tests/kernel/ (scripts)
  /libs/TREE/           another release's libraries, with --lib
"""

import os
import subprocess

from . import CACHE, ROOT

GUEST_ROOT = '/fsession'
LIB_DIRS = {
    'x86_64': ('/lib/x86_64-linux-gnu', '/usr/lib/x86_64-linux-gnu'),
    'arm64': (os.path.join(CACHE, 'sysroot/arm64/usr/lib/aarch64-linux-gnu'),
              '/usr/aarch64-linux-gnu/lib'),
}
LOADERS = {'x86_64': '/lib64/ld-linux-x86-64.so.2', 'arm64': '/lib/ld-linux-aarch64.so.1'}
LIB_TARGET = {'x86_64': '/lib/x86_64-linux-gnu', 'arm64': '/lib/aarch64-linux-gnu'}


class Cpio:
    """An archive in the "newc" format; parents are made as needed."""

    def __init__(self):
        self.chunks = []
        self.seen = set()

    def _entry(self, name, mode, data=b'', dev=(0, 0)):
        name = name.strip('/')
        if name in self.seen:
            return
        self.seen.add(name)
        if os.path.dirname(name):
            self.directory(os.path.dirname(name))
        raw = name.encode() + b'\0'
        fields = (len(self.seen), mode, 0, 0, 1, 0, len(data), 0, 0, *dev, len(raw), 0)
        head = b'070701' + b''.join(b'%08x' % f for f in fields)
        for part in (head + raw, data):
            self.chunks.append(part + b'\0' * (-len(part) % 4))

    def directory(self, name):
        self._entry(name, 0o040755)

    def file(self, name, data, mode=0o644):
        self._entry(name, 0o100000 | mode, data)

    def device(self, name, major, minor):
        self._entry(name, 0o020600, dev=(major, minor))

    def symlink(self, name, target):
        self._entry(name, 0o120777, target.encode())

    def copy(self, name, path):
        with open(path, 'rb') as f:
            self.file(name, f.read(), os.stat(path).st_mode & 0o777)

    def bytes(self):
        end = Cpio()
        end._entry('TRAILER!!!', 0)
        return b''.join(self.chunks + end.chunks)


def _is_program(path):
    """ELF executables and shared objects; not relocatable files."""
    with open(path, 'rb') as f:
        head = f.read(18)
    return head[:4] == b'\x7fELF' and head[16] in (2, 3)


def _needed(paths):
    """Sonames that these ELF files ask for."""
    out = subprocess.run(['readelf', '-d', *paths], stdout=subprocess.PIPE,
                         stderr=subprocess.DEVNULL, text=True, check=False).stdout
    return {line.split('[')[1].split(']')[0] for line in out.splitlines() if '(NEEDED)' in line}


def _find_library(soname, dirs):
    for d in dirs:
        if os.path.exists(f'{d}/{soname}'):
            return f'{d}/{soname}'
    return None


def _add_libraries(cpio, arch, programs):
    """Copies the closure of what programs need; libraries of the build are found by RUNPATH."""
    own = {os.path.basename(p) for p in programs}
    todo, done = _needed(programs), set()
    while todo:
        soname = todo.pop()
        path = _find_library(soname, LIB_DIRS[arch])
        done.add(soname)
        if soname in own or not path:
            continue
        cpio.copy(f'{LIB_TARGET[arch]}/{soname}', path)
        todo |= _needed([path]) - done
    loader = _find_library(os.path.basename(LOADERS[arch]), LIB_DIRS[arch])
    if loader:
        cpio.copy(LOADERS[arch], loader)


def _build_files(build):
    for sub in ('src', 'examples', 'tests', 'bench'):
        for folder, _, names in os.walk(os.path.join(build, sub)):
            if not folder.endswith('.p'):
                yield from (os.path.join(folder, n) for n in sorted(names))


def _add_build(cpio, arch, build):
    programs = []
    for path in _build_files(build):
        name = f'{GUEST_ROOT}/build/{os.path.relpath(path, build)}'
        if os.path.islink(path):
            cpio.symlink(name, os.readlink(path))
        elif path.endswith('.bpf.o'):
            cpio.copy(name, path)
        elif _is_program(path):
            programs.append(path)
            cpio.copy(name, path)
    if programs:
        _add_libraries(cpio, arch, programs)


def _add_scripts(cpio):
    for sub in ('tests/kernel', 'bench', 'examples'):
        for folder, _, names in os.walk(os.path.join(ROOT, sub)):
            for n in sorted(names):
                path = os.path.join(folder, n)
                if os.access(path, os.X_OK) or '/data' in folder:
                    cpio.copy(f'{GUEST_ROOT}/{os.path.relpath(path, ROOT)}', path)


def make(arch, kernel, busybox, build, command, lib_tree=None, files=()):
    """Returns the archive. files: (guest path, host path) pairs."""
    cpio = Cpio()
    for d in ('proc', 'sys', 'dev', 'tmp', 'run', 'root', 'etc', 'var'):
        cpio.directory(d)
    cpio.device('dev/console', 5, 1)
    cpio.copy('init', os.path.join(ROOT, 'tools/matrix/init'))
    cpio.file('command', command.encode(), 0o755)
    cpio.copy('bin/busybox', busybox)
    for nr, ko in enumerate(sorted(os.listdir(kernel + '/modules'))):
        cpio.copy(f'modules/{nr:02}-{ko}', f'{kernel}/modules/{ko}')
    if os.path.isdir(build):
        _add_build(cpio, arch, build)
    _add_scripts(cpio)
    if lib_tree:
        for lib in os.listdir(lib_tree):
            cpio.copy(f'libs/{os.path.basename(lib_tree)}/{lib}', f'{lib_tree}/{lib}')
    for guest, host in files:
        cpio.copy(guest, host)
    return cpio.bytes()
