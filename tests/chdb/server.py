"""A current ClickHouse behind its HTTP interface, as far as the collector speaks it.

The engine is chdb, which is ClickHouse as a library; its releases as a server are in no package registry. This file
only passes on what a request says: it reads the head, and the engine does the rest. Prints its address.
"""

import gzip
import re
import tempfile
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from chdb import session

OWN = {"query", "database", "wait_end_of_query"}
engine = session.Session()
folder = Path(tempfile.mkdtemp())


class Handler(BaseHTTPRequestHandler):
    # A connection for each request: there is one thread, and the engine has one session.
    protocol_version = "HTTP/1.0"

    def do_GET(self):
        self.tell(200, b"Ok.\n")

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"] or 0))
        if self.headers["content-encoding"] == "gzip":
            body = gzip.decompress(body)
        parameters = dict(parse_qsl(urlsplit(self.path).query, keep_blank_values=True))
        try:
            self.tell(200, answer(parameters, body, self.headers["content-type"] or ""))
        except RuntimeError as error:
            code = re.search(r"Code: (\d+)", str(error))
            self.tell(500, str(error).encode(), code.group(1) if code else "1001")

    def tell(self, status, body, code=None):
        self.send_response(status)
        self.send_header("content-length", str(len(body)))
        if code:
            self.send_header("x-clickhouse-exception-code", code)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def answer(parameters, body, content_type):
    if "database" in parameters:
        do(f"USE `{parameters['database']}`")
    settings = {name: value for name, value in parameters.items() if name not in OWN}
    query = parameters.get("query")
    if query is None:
        # Without a statement in the address it is the body.
        return do(body.decode())
    if content_type.startswith("multipart/form-data"):
        table = external_table(body, content_type, settings)
        query += with_settings(settings)
        try:
            return do(query)
        finally:
            do(f"DROP TABLE `{table}`")
    insert = re.fullmatch(r"(INSERT INTO .*) FORMAT (\w+)", query, re.DOTALL)
    if insert:
        data = folder / "data"
        data.write_bytes(body)
        return do(f"{insert[1]} FROM INFILE '{data}'{with_settings(settings)} FORMAT {insert[2]}")
    return do(query + with_settings(settings))


def external_table(body, content_type, settings):
    """Makes the table that comes as a part of a form."""
    form = BytesParser().parsebytes(b"content-type: " + content_type.encode() + b"\r\n\r\n" + body)
    (part,) = form.get_payload()
    table = part.get_param("name", header="content-disposition")
    structure, format = settings.pop(f"{table}_structure"), settings.pop(f"{table}_format")
    data = folder / "table"
    data.write_bytes(part.get_payload(decode=True))
    do(f"CREATE TEMPORARY TABLE `{table}` ({structure})")
    do(f"INSERT INTO `{table}` FROM INFILE '{data}' FORMAT {format}")
    return table


def with_settings(settings):
    listed = ", ".join(f"{name} = '{value}'" for name, value in settings.items())
    return f" SETTINGS {listed}" if listed else ""


def do(statement):
    return engine.query(statement, "TabSeparated").bytes()


server = HTTPServer(("127.0.0.1", 0), Handler)
print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
server.serve_forever()
