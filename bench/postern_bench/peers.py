"""What is measured: PostgreSQL itself, PgBouncer, and gateways. Each is started with the same TLS, users and pool size."""
import os
import re
import shutil
import signal
import string
import subprocess

from . import procs
from .postgres import free_port, wait_until, write_private

TEMPLATES = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'templates')


class Peer:
    """A process between clients and the server. `run` is what all peers of a run share."""
    is_pooler = True
    start_seconds = 40

    def __init__(self, name, run):
        self.name, self.run = name, run
        self.folder = os.path.join(run.folder, 'peer-' + re.sub(r'[^A-Za-z0-9]', '-', name))
        self.port = free_port()
        self.process = None
        self.start_count = 0

    # What a kind of peer has of its own.
    templates = TEMPLATES
    files = ()
    command = ()
    account = None
    environment = {}

    def values(self):
        return {}

    def version(self):
        return ''

    def supports(self, mode):
        return True

    def env(self):
        """For libpq programs."""
        tls = self.run.tls
        return dict(os.environ, PGHOST='127.0.0.1', PGPORT=str(self.port), PGUSER=self.run.user, PGPASSWORD=self.run.password,
                    PGDATABASE=self.run.database, PGSSLMODE='verify-full', PGSSLROOTCERT=tls.ca, PGCONNECT_TIMEOUT='30',
                    PGGSSENCMODE='disable')

    def pids(self):
        return [self.process.pid] if self.process else []

    def start(self):
        if self.process:
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        run = self.run
        values = dict(port=self.port, folder=self.folder, backend_port=run.postgres.port, user=run.user,
                      password=run.password, database=run.database, verifier=run.postgres.verifier,
                      cert=run.tls.cert, key=run.tls.key, pool_size=run.pool_size, pool_mode='transaction')
        values.update(self.values())
        for name in self.files:
            with open(os.path.join(self.templates, name)) as f:
                write_private(os.path.join(self.folder, name), string.Template(f.read()).substitute(values))
        words = [string.Template(word).substitute(values) for word in self.command]
        options = {}
        if self.account and os.getuid() == 0:
            subprocess.run(['chown', '-R', self.account, self.folder], check=True)
            options = dict(user=self.account, group=self.account, extra_groups=[])
        with open(self.log(), 'ab') as log:
            self.process = subprocess.Popen(words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True, env=dict(os.environ, **self.environment), **options)
        self.start_count += 1
        try:
            wait_until(self.answers, self.start_seconds, f'{self.name} (see {self.log()})')
        except RuntimeError:
            self.stop()
            raise

    def answers(self):
        if self.process.poll() is not None:
            raise RuntimeError(f'{self.name} ended by itself: {self.log_tail()}')
        r = subprocess.run(['psql', '-X', '-tAc', 'select 41 + 1'], env=self.env(), capture_output=True, text=True)
        if r.stdout.strip() == '42':
            return True
        raise OSError(r.stderr.strip()[:300])

    def died(self):
        return self.process is not None and self.process.poll() is not None

    def stop(self):
        if not self.process:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(3)
            except subprocess.TimeoutExpired:
                # A drain waits for clients; nobody is interesting any more.
                self.process.kill()
                self.process.wait()
        self.process = None

    def log(self):
        return os.path.join(self.folder, 'log')

    def log_tail(self):
        with open(self.log(), errors='replace') as f:
            return ' / '.join(f.read().strip().splitlines()[-5:])[-800:]

    def facts(self):
        return dict(rss=procs.rss(self.pids()), threads=procs.threads(self.pids()))


class Direct(Peer):
    """No pooler: the client talks TLS to PostgreSQL."""
    is_pooler = False

    def start(self):
        self.port = self.run.postgres.port

    def version(self):
        return 'PostgreSQL ' + self.run.postgres.version


class PgBouncer(Peer):
    files = ('pgbouncer.ini', 'userlist.txt')

    def __init__(self, name, run):
        super().__init__(name, run)
        self.program = os.environ.get('PGBOUNCER') or shutil.which('pgbouncer', path=os.environ['PATH'] + ':/usr/sbin:/usr/local/sbin')
        if not self.program:
            raise RuntimeError('no pgbouncer found: install it (apt install pgbouncer) or give PGBOUNCER')
        self.command = (self.program, '$folder/pgbouncer.ini')
        self.account = run.account  # it refuses to run as root
        m = re.search(r'PgBouncer (\d+)\.(\d+)', self.version())
        self.number = (int(m[1]), int(m[2])) if m else (0, 0)

    def values(self):
        return dict(extra='max_prepared_statements = 200' if self.number >= (1, 21) else '')

    def supports(self, mode):
        return mode != 'prepared' or self.number >= (1, 21)

    def version(self):
        return subprocess.run([self.program, '--version'], capture_output=True, text=True).stdout.split('\n')[0]


class Postern(Peer):
    """The gateway of a checkout, started by its launcher, so with the JVM options of production plus the given ones."""
    files = ('postern.yaml', 'verifier', 'password')

    def __init__(self, name, run, checkout, java_options=''):
        super().__init__(name, run)
        self.checkout = checkout
        self.admin_port = free_port()
        self.command = (os.path.join(checkout, 'postern'), 'run', '--config', '$folder/postern.yaml')
        self.environment = dict(POSTERN_JAVA_OPTS=(os.environ.get('POSTERN_JAVA_OPTS', '') + ' ' + java_options).strip())

    def values(self):
        return dict(admin_port=self.admin_port)

    def build(self):
        """Outside the measurement, and with its messages where they can be read."""
        subprocess.run([os.path.join(self.checkout, 'postern'), '--help'], check=True, stdout=subprocess.DEVNULL)

    def version(self):
        r = subprocess.run(['git', '-C', self.checkout, 'describe', '--always', '--dirty'], capture_output=True, text=True)
        options = self.environment['POSTERN_JAVA_OPTS']
        return 'Postern ' + r.stdout.strip() + (f' with {options}' if options else '')


class PosternSession(Postern):
    """The gateway in session mode, with a server for each client: what it costs without anything shared."""

    def values(self):
        return dict(super().values(), pool_mode='session', pool_size=400)
