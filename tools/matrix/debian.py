# SPDX-License-Identifier: BSD-2-Clause
"""Packages of any Debian suite, by a private apt configuration under .cache/apt.

The mirror is the one of the machine's own sources; nothing is installed, and the machine's package
lists are not touched. Each suite has its own lists, so that one which has left the mirror costs
nothing but its own packages.
"""

import functools
import glob
import os
import re
import subprocess

from . import CACHE, Unavailable

KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
ARCHES = ('amd64', 'arm64')


def _machine_sources():
    """Yields (uri, suite) for every binary source of this machine, in both of apt's formats."""
    files = ['/etc/apt/sources.list'] + sorted(glob.glob('/etc/apt/sources.list.d/*'))
    for path in files:
        try:
            with open(path, encoding='utf-8', errors='replace') as f:
                text = f.read()
        except OSError:
            continue
        if path.endswith('.sources'):
            yield from _deb822(text)
        elif path.endswith('.list'):
            yield from _one_line(text)


def _deb822(text):
    text = re.sub(r'^#.*\n', '', text, flags=re.M)
    for stanza in re.split(r'\n\s*\n', text):
        unfolded = re.sub(r'\n[ \t]+', ' ', stanza)
        fields = {k.lower(): v for k, v in re.findall(r'^([\w-]+):[ \t]*(.*)$', unfolded, re.M)}
        if 'deb' not in fields.get('types', '').split() or fields.get('enabled', '') == 'no':
            continue
        for uri in fields.get('uris', '').split():
            for suite in fields.get('suites', '').split():
                yield uri, suite


def _one_line(text):
    for line in text.splitlines():
        m = re.match(r'\s*deb\s+(?:\[[^\]]*\]\s+)?(\S+)\s+(\S+)', line)
        if m:
            yield m.groups()


def _unique(items):
    return list(dict.fromkeys(items))


def mirrors(suite):
    """Base URIs that may hold suite, best first: the machine's mirror, then its archive area."""
    sources = [(uri.rstrip('/'), s) for uri, s in _machine_sources()]
    main = [u for u, s in sources
            if re.match(r'(bookworm|trixie|bullseye|sid|(old)*stable)(-updates)?$', s)]
    secure = [u for u, s in sources if re.search(r'-security$|/updates$', s)]
    # A machine with one of the two: the other lies beside it on every full mirror.
    main += [u[:-len('-security')] for u in secure if u.endswith('/debian-security')]
    secure += [u + '-security' for u in main if u.endswith('/debian')]
    live = secure if suite.endswith('-security') else main
    archive = [re.sub(r'/(debian(-security)?)$', r'/debian-archive/\1', u) for u in live]
    return _unique(live + archive)


def version_key(version):
    """Order of Debian versions, good enough for those of one package: numbers count as numbers."""
    return [(1, int(n), '') if n else (0, 0, '') if t == '~' else (2, 0, t)
            for n, t in re.findall(r'(\d+)|([^\d])', version)]


class Suite:
    """One suite's package lists. Raises Unavailable where no mirror has it."""

    def __init__(self, name):
        self.name = name
        self.dir = os.path.join(CACHE, 'apt', name)
        self.packages = None
        self.missing = None         # why there is no such suite

    def _apt(self, *argv, **kw):
        opts = {
            'Dir::State': self.dir + '/state', 'Dir::State::status': self.dir + '/status',
            'Dir::Cache': self.dir + '/cache', 'Dir::Etc::sourcelist': self.dir + '/sources.list',
            'Dir::Etc::sourceparts': '-', 'Dir::Etc::preferencesparts': '-',
            'APT::Architecture': 'amd64', 'APT::Sandbox::User': 'root',
            'APT::Update::Error-Mode': 'any', 'Acquire::Languages': 'none',
            'Acquire::Check-Valid-Until': 'false', 'Acquire::Retries': '1',
        }
        argv = [argv[0]] + [f'-o{k}={v}' for k, v in opts.items()] + list(argv[1:])
        return subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              check=False, **kw)

    def _update(self):
        for sub in ('state/lists/partial', 'cache/archives/partial'):
            os.makedirs(os.path.join(self.dir, sub), exist_ok=True)
        with open(self.dir + '/status', 'w', encoding='ascii'):
            pass
        reasons = []
        for uri in mirrors(self.name):
            with open(self.dir + '/sources.list', 'w', encoding='utf-8') as f:
                signed = f' signed-by={KEYRING}' if os.path.exists(KEYRING) else ''
                f.write(f'deb [arch={",".join(ARCHES)}{signed}] {uri} {self.name} main\n')
            run = self._apt('apt-get', 'update', '-q')
            if run.returncode == 0:
                return
            lines = [x[2:].strip() for x in run.stderr.splitlines() if x.startswith('E:')]
            reasons.append(lines[0] if lines else 'apt-get update failed')
        # what the machine's own mirror said; that it has no archive area is beside the point
        reason = reasons[0] if reasons else "this machine's apt sources name no Debian mirror"
        self.missing = f'suite {self.name}: {reason}'
        raise Unavailable(self.missing)

    def _load(self):
        if self.missing:
            raise Unavailable(self.missing)
        self._update()
        self.packages = {}
        dump = self._apt('apt-cache', 'dumpavail').stdout
        for stanza in dump.split('\n\n'):
            fields = dict(re.findall(r'^(Package|Version|Architecture): (.*)$', stanza, re.M))
            if len(fields) == 3:
                name, version, arch = fields['Package'], fields['Version'], fields['Architecture']
                self.packages[name, arch] = version

    def find(self, pattern, arch):
        """[(name, version)] of the packages whose whole name matches pattern, newest first."""
        if self.packages is None:
            self._load()
        found = [(name, v) for (name, a), v in self.packages.items()
                 if a == arch and re.fullmatch(pattern, name)]
        return sorted(found, key=lambda p: version_key(p[1]), reverse=True)

    def download(self, name, arch, version, into):
        """Fetches one package into a directory; returns the path of the .deb."""
        os.makedirs(into, exist_ok=True)
        run = self._apt('apt-get', 'download', '-q', f'{name}:{arch}={version}', cwd=into)
        debs = glob.glob(f'{into}/{name}_*.deb')
        if run.returncode or not debs:
            reason = (run.stderr.strip().splitlines() or ['no reason given'])[-1]
            raise Unavailable(f'cannot download {name} {version} of {self.name}: {reason}')
        return debs[0]


@functools.cache
def suite(name):
    """The one Suite of that name."""
    return Suite(name)


def unpack(deb, into, *patterns):
    """Extracts the members that match tar wildcards, all without patterns; deletes the package."""
    os.makedirs(into, exist_ok=True)
    with subprocess.Popen(['dpkg-deb', '--fsys-tarfile', deb], stdout=subprocess.PIPE) as tar:
        # tar complains about patterns without a match: which files there are is looked at later
        subprocess.run(['tar', '-x', '-C', into, '--no-same-owner', '--wildcards', *patterns],
                       stdin=tar.stdout, stderr=subprocess.DEVNULL, check=False)
        tar.stdout.read()
    os.unlink(deb)
