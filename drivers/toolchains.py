"""How each driver's program is made ready. Everything goes to target/drivers, through the languages' ordinary clients."""
import functools
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TARGET = os.path.join(os.path.dirname(HERE), 'target', 'drivers')


class Missing(Exception):
    """This driver cannot be had here; the text says why."""


def _run(what, command, **options):
    if not shutil.which(command[0]):
        raise Missing(f'{what}: there is no {command[0]}')
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, **options)
    if done.returncode:
        raise Missing(f'{what}: {" ".join(done.stdout.split())[-300:]}')
    return done.stdout


@functools.cache
def _python():
    folder = os.path.join(TARGET, 'python')
    program = os.path.join(folder, 'bin', 'python')
    _run('a Python of its own', [sys.executable, '-m', 'venv', folder])
    _run('the Python drivers', [program, '-m', 'pip', '-q', 'install', '-r', os.path.join(HERE, 'python', 'requirements.txt')])
    return program


def python(file):
    return lambda: [_python(), os.path.join(HERE, 'python', file)]


@functools.cache
def _node():
    folder = os.path.join(TARGET, 'node')
    shutil.copytree(os.path.join(HERE, 'node'), folder, dirs_exist_ok=True)
    _run('the Node drivers', ['npm', 'install', '--no-package-lock', '--no-audit', '--no-fund', '--silent'], cwd=folder)
    return folder


def node(file):
    return lambda: ['node', os.path.join(_node(), file)]


def go(package):
    def made():
        program = os.path.join(TARGET, 'go', package)
        _run('a Go driver', ['go', 'build', '-o', program, './' + package], cwd=os.path.join(HERE, 'go'))
        return [program]
    return made


def rust(binary):
    def made():
        target = os.path.join(TARGET, 'rust')
        _run('a Rust driver', ['cargo', 'build', '-q', '--bin', binary], cwd=os.path.join(HERE, 'rust'),
             env=dict(os.environ, CARGO_TARGET_DIR=target))
        return [os.path.join(target, 'debug', binary)]
    return made


def php():
    _run('PDO', ['php', '-r', 'exit(extension_loaded("pdo_pgsql") ? 0 : 1);'])
    return ['php', os.path.join(HERE, 'php', 'pdo.php')]


def ruby():
    _run("Ruby's pg", ['ruby', '-e', 'require "pg"'])
    return ['ruby', os.path.join(HERE, 'ruby', 'pg.rb')]


def dotnet():
    folder = os.path.join(TARGET, 'dotnet')
    _run('Npgsql', ['dotnet', 'build', '-nologo', '-v', 'q', '-c', 'Release', '-o', folder, f'-p:BaseIntermediateOutputPath={folder}/obj/'],
         cwd=os.path.join(HERE, 'dotnet'))
    return ['dotnet', os.path.join(folder, 'Drivers.dll')]


DRIVERS = {
    'psycopg3': python('psycopg3.py'),
    'pgx': go('pgx'),
    'node-postgres': node('node-postgres.js'),
    'psycopg2': python('psycopg2_.py'),
    'asyncpg': python('asyncpg_.py'),
    'sqlalchemy': python('sqlalchemy_.py'),
    'lib-pq': go('pq'),
    'postgres.js': node('postgres-js.js'),
    'tokio-postgres': rust('tokio_postgres'),
    'sqlx': rust('sqlx'),
    'php-pdo': php,
    'ruby-pg': ruby,
    'npgsql': dotnet,
}
