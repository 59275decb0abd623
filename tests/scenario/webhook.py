# SPDX-License-Identifier: Apache-2.0
"""A receiver of webhooks: python3 webhook.py PORT CERTIFICATE KEY OUT

Each call is a line of OUT: {time, signature, type, body}. It answers 500 while there is a file OUT.refuse, 302 while there
is OUT.move, and takes a call but ends without an answer, once, where there is OUT.drop.
"""
import http.server
import json
import os
import ssl
import sys

port, certificate, key, out = int(sys.argv[1]), *sys.argv[2:5]


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(405)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        if os.path.exists(out + ".refuse"):
            return self.answer(500)
        if os.path.exists(out + ".move"):
            return self.answer(302)
        names = {"time": "Orcon-Time", "signature": "Orcon-Signature", "type": "Content-Type"}
        row = {name: self.headers[header] for name, header in names.items()}
        with open(out, "a", encoding="utf-8") as file:
            file.write(json.dumps(row | {"path": self.path, "body": body}) + "\n")
        if os.path.exists(out + ".drop"):
            os.remove(out + ".drop")
            self.close_connection = True
            return None
        return self.answer(204)

    def answer(self, status):
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format, *args):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Receiver)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(certificate, key)
server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
