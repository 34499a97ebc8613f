# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=python3
port=8000
start='python3 /srv/app/main.py'
prepare='mkdir -p /srv/app/pages /srv/app/templates && cd /srv/app && cat >main.py <<"END"
import http.server, urllib.parse
class Handler(http.server.BaseHTTPRequestHandler):
    def log_message(self, *words):
        pass
    def do_GET(self):
        name = urllib.parse.urlparse(self.path).path.strip("/") or "index"
        try:
            module = __import__("pages." + name, fromlist=["page"])
            status, body = 200, module.page()
        except ModuleNotFoundError as problem:
            if not str(problem.name).startswith("pages"):
                raise
            with open("/srv/app/templates/missing.html") as file:
                status, body = 404, file.read()
        self.send_response(status)
        self.end_headers()
        self.wfile.write(body.encode())
http.server.HTTPServer(("", 8000), Handler).serve_forever()
END
	: >pages/__init__.py
	echo "<p>missing" >templates/missing.html
	printf "def page():\n    return \"hello\"\n" >pages/index.py
	printf "def page():\n    import json\n    return json.dumps({1: 2})\n" >pages/data.py
	printf "def page():\n    import sqlite3\n    return str(sqlite3.connect(\":memory:\").execute(\"select 6*7\").fetchone()[0])\n" >pages/database.py
	printf "def page():\n    import decimal, csv, io\n    out = io.StringIO()\n    csv.writer(out).writerow([decimal.Decimal(1) / 3])\n    return out.getvalue()\n" >pages/table.py
	printf "def page():\n    return b\"\\\\xe4\".decode(\"iso8859-15\") + \"x\".encode(\"utf-16\").hex()\n" >pages/encoding.py
	printf "def page():\n    import zipfile, io\n    out = io.BytesIO()\n    with zipfile.ZipFile(out, \"w\", zipfile.ZIP_BZIP2) as file:\n        file.writestr(\"a\", \"b\" * 1000)\n    return str(len(out.getvalue()))\n" >pages/archive.py
	printf "def page():\n    import xml.etree.ElementTree as tree\n    return tree.fromstring(\"<a><b/></a>\")[0].tag\n" >pages/xml_page.py'
features='index data database table encoding archive xml_page missing'
ask() { curl -sS -w '%{http_code}' "http://127.0.0.1:8000/$1"; }
