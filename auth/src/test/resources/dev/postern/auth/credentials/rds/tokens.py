"""Tokens as botocore makes them: a JSON array of requests on standard input, one token a line on standard output."""
import datetime
import json
import sys

import botocore.auth
import botocore.session

session = botocore.session.Session()
for request in json.load(sys.stdin):
    at = datetime.datetime.strptime(request["time"], "%Y-%m-%dT%H:%M:%SZ")
    botocore.auth.get_current_datetime = lambda at=at: at
    client = session.create_client(
        "rds",
        region_name=request["region"],
        aws_access_key_id=request["id"],
        aws_secret_access_key=request["secret"],
        aws_session_token=request["session"] or None,
    )
    print(client.generate_db_auth_token(request["host"], request["port"], request["user"]))
