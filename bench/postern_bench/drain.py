"""Runs one statement over TLS and throws the answer away; prints bytes and seconds as JSON. Password: PGPASSWORD."""
import argparse
import json
import os
import time

from . import wire

a = argparse.ArgumentParser()
a.add_argument('--host', default='127.0.0.1')
a.add_argument('--port', type=int, required=True)
a.add_argument('--user', required=True)
a.add_argument('--database', required=True)
a.add_argument('--ca', required=True)
a.add_argument('sql')
o = a.parse_args()
c = wire.Conn(o.host, o.port, o.user, os.environ['PGPASSWORD'], o.database, wire.context(o.ca))
c.query('select 1')
began = time.time()
try:
    n = c.drain(o.sql)
    print(json.dumps(dict(bytes=n, seconds=time.time() - began, tls=c.s.version(), cipher=c.s.cipher()[0])))
except Exception as e:
    print(json.dumps(dict(error=repr(e)[:300])))
