"""The measurements. Each takes a peer and gives a dict of numbers, with `error` in it when something went wrong."""
import glob
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time

from . import procs

COPY = "copy (select repeat('x', 1000) from generate_series(1, {rows})) to stdout"
SELECT = "select i, i * 2, 'row ' || i from generate_series(1, {rows}) i"


def pgbench(peer, arguments, seconds, log_folder=None):
    """The window runs from the first progress line, when connections are made, to the last but one."""
    run = peer.run
    script = [] if '-f' in arguments else ['-S']
    words = ['pgbench', '-n', *script, '-P', '1', '-T', str(seconds), *arguments]
    if log_folder:
        words += ['--log', '--log-prefix', os.path.join(log_folder, 'tx')]
    process = subprocess.Popen(words, env=peer.env(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1)

    def snapshot():
        return dict(t=time.time(), pooler=procs.own_cpu(peer.pids()), system=procs.system_cpu(peer.pids()),
                    postgres=procs.tree_cpu(run.postgres.postmaster), client=procs.own_cpu([process.pid]),
                    busy=procs.machine_busy())

    first = last = previous = None
    transactions, lines, errors = 0.0, 0, []
    killer = threading.Timer(seconds + 60, process.kill)
    killer.start()
    for line in process.stderr:
        m = re.match(r'progress: ([\d.]+) s, ([\d.]+) tps', line)
        if m:
            lines += 1
            if lines == 1:
                first = last = snapshot()
            elif lines < seconds:
                transactions += float(m[2]) * (float(m[1]) - previous)
                last = snapshot()
            previous = float(m[1])
        elif re.search('error|abort|fatal', line, re.I):
            errors.append(line.strip())
    out = process.stdout.read()
    code = process.wait()
    killer.cancel()

    r = {}
    if errors or code:
        r.update(errors=max(1, len(errors)), error=(errors or [f'pgbench ended with {code}'])[0][:300])
    m = re.search(r'number of transactions actually processed: (\d+)', out)
    r['transactions'] = int(m[1]) if m else 0
    if first and last['t'] > first['t'] and transactions > 0:
        window = last['t'] - first['t']
        used = {k: last[k] - first[k] for k in ('pooler', 'system', 'postgres', 'client', 'busy')}
        r.update(window_s=round(window, 3), tps=round(transactions / window, 1))
        r.update({f'{k}_us_per_tx': round(used[k] * 1e6 / transactions, 3) for k in ('pooler', 'system', 'postgres', 'client')})
        r['pooler_cores'] = round(used['pooler'] / window, 3)
        r['foreign_cores'] = round(max(0, used['busy'] - used['pooler'] - used['postgres'] - used['client']) / window, 3)
    return r


def tps(peer, mode, clients):
    run = peer.run
    return pgbench(peer, ['-M', mode, '-c', str(clients), '-j', str(min(clients, run.jobs))], run.seconds)


# What transaction pooling does for its clients, each beside the same work without it. A "transaction" is one run of the script.
FEATURES = {
    'extended': ('extended', None),
    'prepared': ('prepared', None),
    '300 texts extended': ('extended', [f'SELECT {n} + :n;' for n in range(300)]),
    '300 texts prepared': ('prepared', [f'SELECT {n} + :n;' for n in range(300)]),
    'SELECT SELECT': ('simple', ['SELECT 1;', 'SELECT :n;']),
    'SET SELECT': ('simple', ["SET work_mem = '5MB';", 'SELECT :n;']),
    'SET LOCAL': ('simple', ['BEGIN;', "SET LOCAL work_mem = '5MB';", 'SELECT :n;', 'COMMIT;']),
    'SET READ ONLY': ('extended', ['SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY;', 'SELECT :n;',
                                   'SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE;']),
    'set_config': ('simple', ["SELECT set_config('work_mem', '5MB', false);", 'SELECT :n;']),
}


def feature(peer, name, clients=100):
    run = peer.run
    mode, lines = FEATURES[name]
    arguments = ['-M', mode, '-c', str(clients), '-j', str(run.jobs)]
    with tempfile.NamedTemporaryFile('w', suffix='.sql') as script:
        if lines:
            script.write('\n'.join(['\\set n random(1, 100000)', *lines, '']))
            script.flush()
            arguments += ['-f', script.name]
        r = pgbench(peer, arguments, run.seconds)
    if peer.is_pooler and mode == 'prepared':
        asked = subprocess.run(['psql', '-X', '-tAc', 'select count(*) from pg_prepared_statements'], env=peer.env(),
                               capture_output=True, text=True).stdout.strip()
        r['statements_on_a_server'] = int(asked or -1)
    return r


def connect(peer, clients):
    """A new TLS connection, with a SCRAM login, for each transaction."""
    run = peer.run
    return pgbench(peer, ['-C', '-M', 'simple', '-c', str(clients), '-j', str(min(clients, run.jobs))], run.seconds)


def latency(peer, rate):
    """At a fixed low rate, 8 clients; how far pgbench itself was behind its schedule is taken off."""
    with tempfile.TemporaryDirectory() as folder:
        r = pgbench(peer, ['-M', 'simple', '-c', '8', '-j', '1', '-R', str(rate)], peer.run.seconds, folder)
        seen = []
        for name in glob.glob(folder + '/tx*'):
            with open(name) as f:
                for line in f:
                    w = line.split()
                    seen.append((int(w[4]) + int(w[5]) / 1e6, int(w[2]) - (int(w[6]) if len(w) > 6 else 0)))
    if seen:
        begin = min(t for t, _ in seen) + 1
        us = sorted(x for t, x in seen if t > begin)
        for name, share in (('p50_us', .5), ('p99_us', .99), ('p999_us', .999)):
            r[name] = us[min(len(us) - 1, int(len(us) * share))]
    return r


# What no client sends first: a length that is out of range; bytes that never end.
GARBAGE = dict(malformed=b'\x7f\xff\xff\xff' + b'x' * 12, endless=b'\x00\x00\x27\x10' + b'x' * 65536)


def garbage(peer, what, connections=5000):
    """Connections whose first packet is garbage: CPU for each of them, and the memory that stays."""
    time.sleep(1)
    pooler, rss, began = procs.own_cpu(peer.pids()), procs.rss(peer.pids()), time.time()
    for _ in range(connections):
        with socket.create_connection(('127.0.0.1', peer.port), 10) as s:
            try:
                s.sendall(GARBAGE[what])
                while s.recv(65536):
                    pass
            except ConnectionError:
                pass  # reset, with bytes of ours unread
    time.sleep(1)
    return dict(connections=connections, seconds=round(time.time() - began, 1), rss_growth=procs.rss(peer.pids()) - rss,
                garbage_us=round((procs.own_cpu(peer.pids()) - pooler) * 1e6 / connections, 1))


def bulk(peer, what):
    run = peer.run
    sql = COPY.format(rows=run.bulk_mb * 1000) if what == 'copy' else SELECT.format(rows=run.bulk_mb * 3000)
    pooler, server, rss = procs.own_cpu(peer.pids()), procs.tree_cpu(run.postgres.postmaster), procs.rss(peer.pids())
    try:
        p = subprocess.run([*client(peer, 'drain'), sql], env=client_env(peer), capture_output=True, text=True, timeout=180)
        r = json.loads(p.stdout) if p.stdout.strip() else dict(error=p.stderr.strip()[-300:])
    except subprocess.TimeoutExpired:
        r = dict(error='not done in 180 s')
    if r.get('bytes'):
        gb = r['bytes'] / 1e9
        r.update(mb_per_s=round(r['bytes'] / 1e6 / r['seconds'], 1),
                 pooler_s_per_gb=round((procs.own_cpu(peer.pids()) - pooler) / gb, 3),
                 postgres_s_per_gb=round((procs.tree_cpu(run.postgres.postmaster) - server) / gb, 3),
                 rss_growth=procs.rss(peer.pids()) - rss)
    return r


def memory(peer, steps):
    """A fresh process: RSS at start, after a little work, with idle TLS clients that ran one query, and after they left."""
    peer.stop()
    peer.start()
    r = dict(rss_start=procs.rss(peer.pids()), threads=procs.threads(peer.pids()))
    pgbench(peer, ['-M', 'simple', '-c', '20', '-j', '1'], 2)
    time.sleep(1)
    r['rss_0'] = procs.rss(peer.pids())
    holder = subprocess.Popen(client(peer, 'hold'), env=client_env(peer), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True, bufsize=1)
    try:
        for n in steps:
            before = procs.own_cpu(peer.pids())
            holder.stdin.write(f'{n}\n')
            step = json.loads(holder.stdout.readline() or '{"held": 0, "opened": 0, "seconds": 1, "errors": 1, "error": "the holder died"}')
            used = procs.own_cpu(peer.pids()) - before
            time.sleep(2)
            idle = procs.own_cpu(peer.pids())
            time.sleep(3)
            r[f'idle_cores_{n}'] = round((procs.own_cpu(peer.pids()) - idle) / 3, 4)
            r[f'rss_{n}'] = procs.rss(peer.pids())
            r[f'held_{n}'] = step['held']
            r[f'bytes_per_client_{n}'] = round((r[f'rss_{n}'] - r['rss_0']) / max(1, step['held']))
            r[f'login_us_{n}'] = round(used * 1e6 / max(1, step['opened']), 1)
            if step['errors']:
                r.update(errors=step['errors'], error=step['error'])
        holder.stdin.write('quit\n')
        holder.wait(20)
        time.sleep(3)
        r['rss_after'] = procs.rss(peer.pids())
    except Exception as e:
        r['error'] = repr(e)[:300]
    finally:
        if holder.poll() is None:
            holder.kill()
            holder.wait()
        peer.stop()
        peer.start()
    return r


def growth(peer, minutes, tick=10):
    """Mixed load for minutes on a fresh process: steady clients, and others that come and go. RSS every few seconds."""
    peer.stop()
    peer.start()
    seconds = max(60, int(minutes * 60))
    samples, began = [], time.time()
    loads = [['-M', 'simple', '-c', '32'], ['-M', 'extended', '-c', '16'], ['-C', '-c', '4']]
    if peer.supports('prepared'):
        loads.append(['-M', 'prepared', '-c', '16'])
    running = [subprocess.Popen(['pgbench', '-n', '-S', '-T', str(seconds), *load], env=peer.env(),
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) for load in loads]
    errors = []
    try:
        while any(p.poll() is None for p in running):
            samples.append((round(time.time() - began, 1), procs.rss(peer.pids())))
            time.sleep(tick)
        errors = [p.stderr.read().strip()[-300:] for p in running if p.returncode]
    finally:
        for p in running:
            if p.poll() is None:
                p.kill()
    # The first third warms up: code is compiled, pools and heap reach their size.
    late = [(t, b) for t, b in samples if t > seconds / 3]
    slope = statistics.linear_regression(*zip(*late)).slope * 60 if len(late) > 2 else 0.0
    r = dict(minutes=seconds / 60, rss_start=samples[0][1], rss_third=late[0][1] if late else 0, rss_end=samples[-1][1],
             rss_peak=max(b for _, b in samples), bytes_per_minute=round(slope), samples=samples)
    if errors:
        r['error'] = errors[0]
    peer.stop()
    peer.start()
    return r


def negotiated(peer):
    """TLS version and cipher of a connection."""
    p = subprocess.run([*client(peer, 'drain'), 'select 1'], env=client_env(peer), capture_output=True, text=True, timeout=60)
    r = json.loads(p.stdout) if p.stdout.strip() else {}
    return f"{r.get('tls')} {r.get('cipher')}"


def client(peer, name):
    run = peer.run
    return [sys.executable, '-m', 'postern_bench.' + name, '--port', str(peer.port), '--user', run.user, '--database', run.database,
            '--ca', run.tls.ca]


def client_env(peer):
    here = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    return dict(peer.env(), PYTHONPATH=here)
