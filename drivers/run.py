#!/usr/bin/env python3
"""Runs each driver's program on PostgreSQL itself and through the gateway, and compares what they print. See README.md."""
import argparse
import atexit
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(CHECKOUT, 'bench'))
from postern_bench.peers import Postern
from postern_bench.postgres import Postgres, Tls

import toolchains

PATIENCE = 180  # seconds for one program on one target


class Gateway(Postern):
    templates = os.path.join(HERE, 'gateway')

    def values(self):
        return dict(super().values(), ca=self.run.tls.ca)


class Run:
    """What the servers are started with; in the shape that the benchmark's classes want."""

    def __init__(self):
        self.folder = tempfile.mkdtemp(prefix='postern-drivers-')
        os.chmod(self.folder, 0o755)  # PostgreSQL runs as somebody else when we are root
        self.account = next((name for name in ('postgres', 'nobody') if has_account(name)), None)
        self.user, self.password, self.database = 'drivers', secrets.token_hex(16), 'drivers'
        self.pool_size = 2
        self.tls = Tls(os.path.join(self.folder, 'tls'))
        self.other_tls = Tls(os.path.join(self.folder, 'other'))
        self.postgres = Postgres(self.folder, CHECKOUT, self.account, self.user, self.password, self.database, 1)


def has_account(name):
    import pwd
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


def outcome(command, run, port, database):
    """What the program saw: a list of texts for each scenario, and its remarks. Its standard error is passed on."""
    env = dict(os.environ, PGHOST='localhost', PGPORT=str(port), PGUSER=run.user, PGPASSWORD=run.password, PGDATABASE=database,
               PGSSLMODE='verify-full', PGSSLROOTCERT=run.tls.ca, PGCONNECT_TIMEOUT='30',
               DRIVERS_OTHER_CA=run.other_tls.ca, PYTHONUNBUFFERED='1')
    process = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True,
                               errors='backslashreplace', start_new_session=True)
    try:
        printed, _ = process.communicate(timeout=PATIENCE)
        end = '' if process.returncode == 0 else f'BROKEN the program ended with status {process.returncode}'
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        printed, _ = process.communicate()
        end = f'BROKEN the program took more than {PATIENCE} s'
    seen, remarks = {}, {}
    for line in printed.splitlines():
        if line.startswith('#'):
            word, _, value = line[1:].partition(' ')
            remarks[word] = value
        else:
            name, _, text = line.partition('\t')
            seen.setdefault(name, []).append(text)
    if end:
        seen.setdefault('program', []).append(end)
    if not seen:
        seen['program'] = ['BROKEN the program printed nothing']
    return seen, remarks


def differences(direct, through):
    """Texts that say where two outcomes of a scenario differ; none where they are equal and as they should be."""
    found = [f'on PostgreSQL: {text}' for text in direct if text.startswith('BROKEN')]
    for number in range(max(len(direct), len(through))):
        a, b = (lines[number] if number < len(lines) else '(nothing)' for lines in (direct, through))
        if a != b:
            found.append(f'line {number + 1}\n      PostgreSQL: {a[:400]}\n      gateway:    {b[:400]}')
    return found[:5]


def compare(driver, command, run, gateway):
    """Prints a line for each scenario; gives how many passed and failed."""
    direct, _ = outcome(command, run, run.postgres.port, run.database)
    failures = {}
    for mode, database in ('transaction', run.database), ('session', run.database + '_session'):
        started = time.monotonic()
        through, remarks = outcome(command, run, gateway.port, database)
        for scenario in {**direct, **through}:
            for text in differences(direct.get(scenario, []), through.get(scenario, [])):
                failures.setdefault(scenario, []).append(f'{mode} mode, {text}')
        # A run in which the server never changed would have shown nothing.
        if mode == 'transaction' and int(remarks.get('servers', 0)) < 2:
            failures.setdefault('servers', []).append('transaction mode: the server connection never changed')
        if time.monotonic() - started > 60:
            print(f'{driver}: slow in {mode} mode: {time.monotonic() - started:.0f} s')
        if gateway.died():
            sys.exit(f'the gateway died under {driver}: {gateway.log_tail()}')
    scenarios = list(dict.fromkeys([*direct, *failures]))
    for scenario in scenarios:
        print(f'{driver:14s} {scenario:28s} {"DIFFERS" if scenario in failures else "ok"}', flush=True)
        for text in failures.get(scenario, []):
            print('    ' + text, flush=True)
    return len(scenarios) - len(failures), len(failures)


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument('drivers', nargs='*', metavar='NAME', help='of ' + ', '.join(toolchains.DRIVERS) + ' (default: all)')
    wanted = arguments.parse_args().drivers or list(toolchains.DRIVERS)
    for name in wanted:
        if name not in toolchains.DRIVERS:
            arguments.error(f'no driver {name} (there are {", ".join(toolchains.DRIVERS)})')
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):  # so that what was started is stopped
        signal.signal(number, lambda *_: sys.exit(130))
    run = Run()
    atexit.register(shutil.rmtree, run.folder, ignore_errors=True)
    gateway = Gateway('postern', run, CHECKOUT)
    gateway.build()
    atexit.register(run.postgres.stop)
    atexit.register(gateway.stop)
    run.tls.make()
    run.other_tls.make()
    run.postgres.start(run.tls)
    gateway.start()
    passed = failed = skipped = 0
    for name in wanted:
        try:
            command = toolchains.DRIVERS[name]()
        except toolchains.Missing as reason:
            print(f'{name:14s} skipped: {reason}', flush=True)
            skipped += 1
            continue
        good, bad = compare(name, command, run, gateway)
        passed, failed = passed + good, failed + bad
    print(f'drivers: {passed} passed, {failed} failed, {skipped} skipped')
    sys.exit(1 if failed else 0)


if __name__ == '__main__':
    main()
