#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Drives otdf-python's own command line, unmodified: python.py ARGUMENT...

Of its two HTTP libraries one takes further trusted certificates from SSL_CERT_FILE; the other has no such switch, so
it is given the same file here. Nothing else is touched."""
import functools
import os
import pathlib
import sys

import pyqwest

trusted = pathlib.Path(os.environ["SSL_CERT_FILE"]).read_bytes()
pyqwest.SyncHTTPTransport = functools.partial(pyqwest.SyncHTTPTransport, tls_ca_cert=trusted)

from otdf_python.cli import main  # noqa: E402: after the certificate is in place

sys.exit(main())
