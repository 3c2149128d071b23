"""What the Python programs share: scenarios in order, one line for each thing seen. See ../README.md."""
import os
import sys
import traceback

_scenarios = []


def scenario(function):
    """The function yields what it sees; its name is the scenario's."""
    _scenarios.append((function.__name__.replace('_', '-'), function))
    return function


def say(name, text):
    print(f'{name}\t{text}', flush=True)


def broken(name, failure):
    """Nobody expected this, neither here nor there: it never counts as equal."""
    traceback.print_exc(file=sys.stderr)
    say(name, f'BROKEN {type(failure).__name__}: {" ".join(str(failure).split())}')


def scenarios():
    return _scenarios


def run():
    for name, function in _scenarios:
        try:
            for text in function():
                say(name, text)
        except Exception as failure:
            broken(name, failure)


async def run_async():
    for name, function in _scenarios:
        try:
            async for text in function():
                say(name, text)
        except Exception as failure:
            broken(name, failure)


def wrong_authority():
    return os.environ['DRIVERS_OTHER_CA']
