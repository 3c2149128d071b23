# Logs in by OAUTHBEARER with the libpq that psycopg brings. Arguments: connection string, token. Prints the answer to a query, or
# the error. The token is handed over by libpq's hook: its own device flow needs an authorization server.
import ctypes
import glob
import os
import sys

try:
    import psycopg
except ImportError:
    sys.exit("no psycopg")

libs = glob.glob(os.path.join(os.path.dirname(psycopg.__file__), "..", "psycopg_binary.libs", "libpq-*"))
if not libs or psycopg.pq.version() < 180000:
    sys.exit("no libpq 18")
lib = ctypes.CDLL(libs[0])


class Request(ctypes.Structure):
    _fields_ = [
        ("openid_configuration", ctypes.c_char_p),
        ("scope", ctypes.c_char_p),
        ("async_", ctypes.c_void_p),
        ("cleanup", ctypes.c_void_p),
        ("token", ctypes.c_char_p),
        ("user", ctypes.c_void_p),
    ]


conninfo, token = sys.argv[1].encode(), ctypes.create_string_buffer(sys.argv[2].encode())
BEARER_TOKEN = 1


def hook(kind, connection, data):
    if kind != BEARER_TOKEN:
        return 0
    request = ctypes.cast(data, ctypes.POINTER(Request)).contents
    print("asked for", (request.openid_configuration or b"").decode(), (request.scope or b"").decode())
    request.token = ctypes.cast(token, ctypes.c_char_p)
    return 1


kept = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)(hook)
lib.PQsetAuthDataHook(kept)
lib.PQconnectdb.restype = ctypes.c_void_p
for name in ("PQerrorMessage", "PQgetvalue"):
    getattr(lib, name).restype = ctypes.c_char_p
lib.PQexec.restype = ctypes.c_void_p
connection = ctypes.c_void_p(lib.PQconnectdb(conninfo))
if lib.PQstatus(connection) != 0:
    print(lib.PQerrorMessage(connection).decode())
else:
    result = ctypes.c_void_p(lib.PQexec(connection, b"select 'in as ' || session_user"))
    print(lib.PQgetvalue(result, 0, 0).decode())
