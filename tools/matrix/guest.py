# SPDX-License-Identifier: BSD-2-Clause
"""Runs one command in a guest: a Debian kernel under QEMU, with the project's build in it."""

import os
import re
import secrets
import selectors
import shlex
import shutil
import subprocess
import tempfile
import time

from . import Unavailable, build_dir, initramfs, kernels, libs

# What in a kernel log makes a run a failure, whatever the command said.
TROUBLE = re.compile(r'BUG: |WARNING: |Oops|Kernel panic|general protection fault|'
                     r'soft lockup|rcu.*detected stall|blocked for more than|'
                     r'kernel BUG at|Internal error|unregister_netdevice: waiting')
# Said by healthy kernels: x86 timers under emulation, and a note about the mount of /sys/kernel/debug.
HARMLESS = re.compile(r'clocksource|TSC|tsc:|hpet')

QEMU = {
    'x86_64': ('qemu-system-x86_64', ['-M', 'pc', '-cpu', 'max'], 'ttyS0', 'ttyS1'),
    'arm64': ('qemu-system-aarch64', ['-M', 'virt', '-cpu', 'max,pauth-impdef=on'],
              'ttyAMA0', 'ttyS0'),
}


class Result:
    """status: the command's exit status, or None where the guest died; why: a reason to fail."""

    def __init__(self):
        self.status = None
        self.why = None
        self.output = ''
        self.console = ''
        self.seconds = 0.0
        self.cpu_seconds = 0.0  # what it took of the host: a busy machine does not change that

    def ok(self):
        return self.status == 0 and not self.why


def run(argv, kernel, arch='x86_64', *, smp=2, mem=1024, timeout=120, idle=None, icount=False,
        lib=None, files=(), wait=0, accel=None, build=None, on_line=None):
    """Boots, runs argv, powers off. on_line is called with each line the command prints; idle is
    the longest time in seconds between two of them."""
    image = kernels.get(arch, kernel)
    busybox = libs.busybox(arch, kernels.ARCHES[arch])
    lib_tree = libs.tree(lib) if lib else None
    archive = initramfs.make(arch, image, busybox, build or build_dir(arch),
                             _script(argv, lib), lib_tree, files)
    end = 'end-' + secrets.token_hex(8)
    with tempfile.TemporaryDirectory(prefix='fsession-guest.') as tmp:
        with open(tmp + '/initrd', 'wb') as f:
            f.write(archive)
        qemu = _qemu(arch, image, tmp, smp, mem, icount, accel, f'guest.end={end} guest.wait={wait}')
        return _supervise(qemu, tmp + '/console', end, (timeout, idle or timeout), on_line)


def _script(argv, lib):
    command = shlex.join(argv)
    if lib:
        loader = f'/libs/{lib}/ld-linux-x86-64.so.2 --library-path /libs/{lib}'
        # scripts prefix the programs they start with this
        command = f'export LIB_RUN="{loader}"\n' + (command if argv[0].endswith('/run') else
                                                   f'exec {loader} {command}')
    return command + '\n'


def _qemu(arch, image, tmp, smp, mem, icount, accel, guest_args):
    program, machine, console, port = QEMU[arch]
    accel = accel or os.environ.get('ACCEL') or 'tcg'
    args = ['-accel', 'tcg,thread=multi' if accel == 'tcg' else accel]
    if accel == 'kvm':
        machine = machine[:2] + ['-cpu', 'host,-arch-capabilities']
    if icount:
        smp = 1
        args = ['-accel', 'tcg,thread=single', '-icount', 'shift=0,align=off,sleep=off']
    if arch != 'x86_64':
        second = ['-chardev', 'stdio,id=out,signal=off', '-device', 'pci-serial,chardev=out']
    else:
        second = ['-serial', 'stdio']
    kernel_args = (f'console={console} quiet panic=-1 oops=panic nokaslr random.trust_cpu=on no_timer_check '
                   f'rcupdate.rcu_expedited=1 guest.port={port} {guest_args}')
    if arch == 'x86_64' and not icount:
        # else a busy host makes it so later, and of code that then changes under TCG some guests die
        kernel_args += ' tsc=unstable'
    if not shutil.which(program):
        raise Unavailable(f'{program} is not installed')
    return ['setpriv', '--pdeathsig', 'KILL', program, *machine, *args, '-smp', str(smp), '-m', str(mem), '-nodefaults',
            '-no-user-config', '-display', 'none', '-no-reboot', '-kernel', image + '/vmlinuz',
            '-initrd', tmp + '/initrd', '-append', kernel_args,
            '-serial', f'file:{tmp}/console', *second]


def _supervise(qemu, console, end, limits, on_line):
    result = Result()
    start = time.monotonic()
    proc = subprocess.Popen(qemu, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT)
    try:
        lines = []
        for line in _lines(proc.stdout, *limits):
            if line is None:
                result.why = f'no end after {time.monotonic() - start:.0f} s'
                break
            line, is_end, status = line.partition(end)
            if line or not is_end:
                lines.append(line)
                if on_line:
                    on_line(line)
            if is_end:
                result.status = int(status)
                break
        result.cpu_seconds = _cpu_seconds(proc.pid)
        result.output = '\n'.join(lines)
        if result.status is not None:
            try:
                proc.wait(timeout=10)
            except subprocess.TimeoutExpired:
                pass         # a guest that does not power off has told its result all the same
    finally:
        proc.kill()
        proc.wait()
    result.seconds = time.monotonic() - start
    _judge(result, console)
    return result


def _cpu_seconds(pid):
    try:
        with open(f'/proc/{pid}/stat', encoding='ascii', errors='replace') as f:
            user, system = f.read().rpartition(')')[2].split()[11:13]
        return (int(user) + int(system)) / os.sysconf('SC_CLK_TCK')
    except OSError:
        return 0.0


def _judge(result, console):
    try:
        with open(console, encoding='utf-8', errors='replace') as f:
            result.console = f.read().replace('\r', '')
    except OSError:
        pass
    trouble = [x for x in result.console.splitlines()
               if TROUBLE.search(x) and not HARMLESS.search(x)]
    if trouble:
        result.why = f'kernel: {trouble[0].strip()}'
    elif result.status is None and not result.why:
        result.why = 'the guest ended without a result'


def _lines(stream, timeout, idle):
    """Yields lines as they come; None once, when timeout has passed, or idle without any."""
    end = time.monotonic() + timeout
    rest = b''
    with selectors.DefaultSelector() as sel:
        sel.register(stream, selectors.EVENT_READ)
        while True:
            left = end - time.monotonic()
            if left <= 0 or not sel.select(min(left, idle)):
                yield None
                return
            data = os.read(stream.fileno(), 65536)
            if not data:
                break
            *full, rest = (rest + data).split(b'\n')
            yield from (x.decode(errors='replace').rstrip('\r') for x in full)
    if rest:
        yield rest.decode(errors='replace')
