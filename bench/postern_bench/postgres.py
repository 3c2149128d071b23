"""A throw-away PostgreSQL for the benchmark, on 127.0.0.1 only, tuned for reading and not durable."""
import glob
import os
import platform
import shutil
import socket
import subprocess
import tarfile
import time
import zipfile

SETTINGS = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 500
password_encryption = 'scram-sha-256'
ssl = on
ssl_cert_file = 'server.crt'
ssl_key_file = 'server.key'
shared_buffers = 512MB
fsync = off
synchronous_commit = off
full_page_writes = off
autovacuum = off
jit = off
max_parallel_workers_per_gather = 0
log_min_messages = fatal
"""


class Postgres:
    """Started by `start`, stopped and deleted by `stop`; the account is whom it runs as when we are root."""

    def __init__(self, folder, checkout, account, user, password, database, scale):
        self.folder, self.checkout, self.account = folder, checkout, account
        self.user, self.password, self.database, self.scale = user, password, database, scale
        self.data = os.path.join(folder, 'pgdata')
        self.port = free_port()
        self.postmaster = 0

    def start(self, tls):
        self.bin = os.environ.get('PGBIN') or self._unpack()
        os.makedirs(self.data, mode=0o700)
        password_file = os.path.join(self.folder, 'superuser')
        write_private(password_file, self.password)
        self._own(self.data, password_file)
        self._run('initdb', '-D', self.data, '-U', 'postgres', '-A', 'scram-sha-256', '--pwfile=' + password_file,
                  '-E', 'UTF8', '--locale=C', '--no-sync')
        for source, name in ((tls.cert, 'server.crt'), (tls.key, 'server.key')):
            target = os.path.join(self.data, name)
            shutil.copyfile(source, target)
            os.chmod(target, 0o600)
            self._own(target)
        with open(os.path.join(self.data, 'postgresql.conf'), 'a') as f:
            f.write(SETTINGS + f'port = {self.port}\n')
        self._run('pg_ctl', '-D', self.data, '-w', '-s', '-l', os.path.join(self.data, 'log'), 'start')
        with open(os.path.join(self.data, 'postmaster.pid')) as f:
            self.postmaster = int(f.readline())
        # An ordinary role: a gateway may refuse superusers.
        self.sql(f"create role {self.user} login password '{self.password}'", database='postgres')
        self.sql(f'create database {self.database} owner {self.user}', database='postgres')
        subprocess.run(['pgbench', '-i', '-q', '-s', str(self.scale), self.database], env=self.env(self.user), check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.sql('vacuum freeze analyze')
        self.sql('checkpoint')
        self.version = self.sql('show server_version')
        self.verifier = self.sql(f"select rolpassword from pg_authid where rolname = '{self.user}'")

    def stop(self):
        if self.postmaster:
            self._run('pg_ctl', '-D', self.data, '-m', 'immediate', '-s', 'stop')
            self.postmaster = 0

    def env(self, user='postgres'):
        return dict(os.environ, PGHOST='127.0.0.1', PGPORT=str(self.port), PGUSER=user, PGPASSWORD=self.password,
                    PGDATABASE=self.database)

    def sql(self, text, database=None):
        r = subprocess.run(['psql', '-X', '-tAc', text, '-d', database or self.database], env=self.env(), text=True,
                           capture_output=True)
        if r.returncode:
            raise RuntimeError(f'{text}: {r.stderr.strip()}')
        return r.stdout.strip()

    def _unpack(self):
        """The programs out of the jar that the demo brings along."""
        machine = {'x86_64': ('linux-amd64', 'x86_64'), 'aarch64': ('linux-arm64v8', 'arm_64')}[platform.machine()]
        jars = glob.glob(f'{self.checkout}/examples/demo/target/lib/embedded-postgres-binaries-{machine[0]}-*.jar')
        if not jars:
            raise RuntimeError('no PostgreSQL: give PGBIN, or build the demo (./postern demo --help)')
        target = os.path.join(self.folder, 'postgres')
        with zipfile.ZipFile(jars[0]) as z, z.open(f'postgres-linux-{machine[1]}.txz') as packed:
            with tarfile.open(fileobj=packed, mode='r:xz') as tar:
                tar.extractall(target)
        return os.path.join(target, 'bin')

    def _own(self, *paths):
        if os.getuid() == 0:
            for path in paths:
                shutil.chown(path, self.account)

    def _run(self, program, *arguments):
        words = [os.path.join(self.bin, program), *arguments]
        if os.getuid() == 0:
            words = ['runuser', '-u', self.account, '--'] + words
        r = subprocess.run(words, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, text=True)
        if r.returncode:
            raise RuntimeError(f'{program}: {r.stdout.strip()[-500:]}')


class Tls:
    """A certificate authority and a server certificate, P-256, made with the openssl command."""

    def __init__(self, folder):
        self.folder = folder
        self.ca, self.cert, self.key = (os.path.join(folder, n) for n in ('ca.crt', 'server.crt', 'server.key'))

    def make(self):
        os.makedirs(self.folder)
        path = lambda name: os.path.join(self.folder, name)
        with open(path('extensions'), 'w') as f:
            f.write('subjectAltName=DNS:localhost,IP:127.0.0.1\nbasicConstraints=CA:FALSE\n')
        new_key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
        self._openssl('req', '-x509', *new_key, '-days', '30', '-subj', '/CN=bench CA', '-keyout', path('ca.key'), '-out', self.ca)
        self._openssl('req', *new_key, '-subj', '/CN=localhost', '-keyout', self.key, '-out', path('server.csr'))
        self._openssl('x509', '-req', '-in', path('server.csr'), '-CA', self.ca, '-CAkey', path('ca.key'), '-CAcreateserial',
                      '-days', '30', '-extfile', path('extensions'), '-out', self.cert)
        for name in ('ca.key', 'server.key'):
            os.chmod(path(name), 0o600)

    def give_to(self, account):
        """The key has to be readable by the account that pgbouncer runs as."""
        if os.getuid() == 0:
            shutil.chown(self.key, account)

    def _openssl(self, *arguments):
        r = subprocess.run(['openssl', *arguments], capture_output=True, text=True)
        if r.returncode:
            raise RuntimeError('openssl: ' + r.stderr[-500:])


def write_private(path, text):
    with open(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600), 'w') as f:
        f.write(text)


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


def wait_until(done, seconds, what):
    """Calls `done` until it gives something true; it may give text saying why not by raising."""
    end, why = time.time() + seconds, 'no answer'
    while time.time() < end:
        try:
            value = done()
            if value:
                return value
        except OSError as e:
            why = str(e)
        time.sleep(0.1)
    raise RuntimeError(f'{what}: {why} within {seconds} s')
