"""Opens idle TLS connections in steps and holds them. Password: PGPASSWORD.

Lines on standard input: a number = hold that many in all; 'quit' = close them and end. A JSON line answers each number.
"""
import argparse
import json
import os
import resource
import sys
import threading
import time

from . import wire

GIVE_UP_AFTER = 120  # seconds
MANY_ERRORS = 50

a = argparse.ArgumentParser()
a.add_argument('--host', default='127.0.0.1')
a.add_argument('--port', type=int, required=True)
a.add_argument('--user', required=True)
a.add_argument('--database', required=True)
a.add_argument('--ca', required=True)
a.add_argument('--threads', type=int, default=4)
o = a.parse_args()
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (min(65536, hard) if hard > 0 else 65536, hard))
context = wire.context(o.ca)
held, errors, lock = [], [], threading.Lock()


def worker(todo, end):
    while time.time() < end:
        with lock:
            if todo[0] <= 0 or len(errors) >= MANY_ERRORS:
                return
            todo[0] -= 1
        try:
            c = wire.Conn(o.host, o.port, o.user, os.environ['PGPASSWORD'], o.database, context)
            c.query('select 1')
            with lock:
                held.append(c)
        except Exception as e:
            with lock:
                errors.append(repr(e)[:200])


for line in sys.stdin:
    if line.strip() == 'quit':
        break
    before, began = len(held), time.time()
    todo = [int(line) - before]
    workers = [threading.Thread(target=worker, args=(todo, began + GIVE_UP_AFTER)) for _ in range(o.threads)]
    [w.start() for w in workers]
    [w.join() for w in workers]
    print(json.dumps(dict(held=len(held), opened=len(held) - before, seconds=time.time() - began, errors=len(errors),
                          error=(errors or [''])[0])), flush=True)
    errors.clear()
os._exit(0)
