# SPDX-License-Identifier: BSD-2-Clause
"""Debian's kernels, unpacked in .cache/kernels/ARCH-SERIES: vmlinuz, modules/*.ko, release."""

import glob
import gzip
import lzma
import os
import re
import shutil
import subprocess

from . import CACHE, Unavailable, cache_lock, debian

# series: (suites that may have it, best first; what its package names contain)
SERIES = {
    '5.10': (('bullseye-security', 'bullseye'), r'5\.10\.'),
    '6.1': (('bookworm-security', 'bookworm'), r'6\.1\.'),
    '6.12': (('trixie-security', 'trixie', 'bookworm-security'), r'6\.12\.'),
    '7.2': (('trixie-backports', 'sid'), r'7\.2\.'),
    '7.3': (('experimental', 'sid'), r'(?:7\.(?:[3-9]|\d\d)|[89]\.\d+)'),
}
ARCHES = {'x86_64': 'amd64', 'arm64': 'arm64'}      # ours: Debian's
MATRIX = [('x86_64', '5.10'), ('x86_64', '6.1'), ('x86_64', '6.12'), ('x86_64', '7.2'),
          ('arm64', '6.12'), ('arm64', '7.2')]

# In the order they are loaded. tun is there to be traced as a module: opening /dev/net/tun calls
# tun_chr_open() on every kernel. dummy and veth are for packets.
MODULES = ('tun', 'dummy', 'veth')

def directory(arch, series):
    return os.path.join(CACHE, 'kernels', f'{arch}-{series}')


def get(arch, series, refresh=False):
    """The directory of a kernel; downloads it where it is not cached."""
    path = directory(arch, series)
    if os.path.exists(path + '/release') and not refresh:
        return path
    if series not in SERIES:
        raise Unavailable(f'no kernel {series}: there are {", ".join(SERIES)}')
    with cache_lock():
        if os.path.exists(path + '/release') and not refresh:
            return path
        return _fetch_any(arch, series, path)


def _fetch_any(arch, series, path):
    reasons = []
    for name in SERIES[series][0]:
        try:
            _fetch(debian.suite(name), arch, series, path)
            return path
        except Unavailable as e:
            reasons.append(str(e))
    raise Unavailable(f'kernel {series} {arch}: ' + '; '.join(reasons))


def _image(suite, deb_arch, match):
    """The newest image package: its release (uname -r), name and version."""
    release = rf'({match}\S*?-{deb_arch}|{match}-{deb_arch})'
    forms = (rf'linux-image-{release}-unsigned', rf'linux-binary-unsigned-{release}',
             rf'linux-binary-{release}')
    for form in forms:
        # flavours (rt, cloud, 16k) end in the same word
        found = [(n, v) for n, v in suite.find(form, deb_arch)
                 if not re.search(r'-(rt|cloud|16k)-', n)]
        if found:
            name, version = found[0]
            return re.fullmatch(form, name)[1], name, version
    raise Unavailable(f'{suite.name} has none')


def _fetch(suite, arch, series, path):
    deb_arch = ARCHES[arch]
    release, image, version = _image(suite, deb_arch, SERIES[series][1])
    print(f'kernel {series} {arch}: {release} ({version}, {suite.name})', flush=True)
    work = path + '.new'
    shutil.rmtree(work, ignore_errors=True)
    packages = [image] + [n for n, _ in suite.find(re.escape('linux-modules-' + release), deb_arch)]
    wanted = ['*/vmlinuz*'] + [f'*/{m}.ko*' for m in MODULES]
    for name in packages:
        deb = suite.download(name, deb_arch, version, work)
        debian.unpack(deb, work + '/tree', *wanted)
    images = glob.glob(work + '/tree/boot/vmlinuz*') + glob.glob(
        work + '/tree/**/modules/*/vmlinuz*', recursive=True)
    if not images:
        raise Unavailable(f'{image} {version}: no vmlinuz in it')
    shutil.copyfile(images[0], work + '/vmlinuz')
    if arch == 'arm64':
        _plain_image(work + '/vmlinuz')
    os.mkdir(work + '/modules')
    for m in MODULES:
        for ko in glob.glob(f'{work}/tree/**/{m}.ko*', recursive=True):
            _plain_module(ko, f'{work}/modules/{m}.ko')
    shutil.rmtree(work + '/tree')
    with open(work + '/release', 'w', encoding='ascii') as f:
        f.write(release + '\n')
    shutil.rmtree(path, ignore_errors=True)
    os.rename(work, path)


def _zstd(data):
    return subprocess.run(['zstd', '-dcq'], input=data, stdout=subprocess.PIPE, check=True).stdout


def _plain_image(path):
    """QEMU loads gzip and plain arm64 images, not the self-extracting EFI ones: unwraps those."""
    with open(path, 'rb') as f:
        data = f.read()
    if data[:2] != b'MZ' or data[4:8] != b'zimg':
        return
    start, size = (int.from_bytes(data[o:o + 4], 'little') for o in (8, 12))
    kind = data[24:56].split(b'\0')[0].decode()
    payload = data[start:start + size]
    unwrap = {'gzip': gzip.decompress, 'zstd': _zstd, 'xzkern': lzma.decompress}
    if kind not in unwrap:
        raise Unavailable(f'arm64 image packed with {kind}')
    with open(path, 'wb') as f:
        f.write(unwrap[kind](payload))


def _plain_module(src, dst):
    with open(src, 'rb') as f:
        data = f.read()
    if src.endswith('.xz'):
        data = lzma.decompress(data)
    elif src.endswith('.zst'):
        data = _zstd(data)
    with open(dst, 'wb') as f:
        f.write(data)
