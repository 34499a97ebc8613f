# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=node-express,node-ejs
port=3000
start='node /srv/shop/app.js'
prepare='mkdir -p /srv/shop/views /srv/shop/public /srv/shop/routes /srv/shop/lib && cd /srv/shop && cat >app.js <<"END"
const express = require("express"), path = require("path");
const app = express();
app.set("view engine", "ejs");
app.set("views", path.join(__dirname, "views"));
app.use(express.static(path.join(__dirname, "public")));
app.use(express.json(), express.urlencoded({ extended: true }));
app.get("/", (q, r) => r.render("index", { items: ["nail", "saw"] }));
app.use("/items", (q, r, next) => require("./routes/items")(q, r, next));
app.get("/report", async (q, r) => r.type("text").send(await require("./lib/report").make()));
app.get("/later", (q, r, next) => import("./lib/later.mjs").then(m => r.send(m.text()), next));
app.get("/file", (q, r) => r.download(path.join(__dirname, "public", "page.pdf")));
app.get("/broken", () => { throw new Error("broken"); });
app.get("/dates", (q, r) => r.send(new Date(0).toLocaleString("de-DE", { timeZone: "Asia/Tokyo" })));
app.use((q, r) => r.status(404).render("missing"));
app.use((e, q, r, next) => r.status(500).render("broken", { text: e.message }));
app.listen(3000, "127.0.0.1");
END
	echo "<% items.forEach(i => { %><li><%= i %></li><% }) %>" >views/index.ejs
	echo "<h1>gone</h1>" >views/missing.ejs
	echo "<h1>broken: <%= text %></h1>" >views/broken.ejs
	echo "body {}" >public/style.css; echo "%PDF-" >public/page.pdf
	printf "const items = require(\"../lib/items.json\");\nmodule.exports = (q, r) => q.method === \"POST\" ? r.status(201).json({ got: q.body }) : r.json(items);\n" >routes/items.js
	echo "[{\"name\": \"nail\"}]" >lib/items.json
	printf "const zlib = require(\"zlib\"), { promisify } = require(\"util\"), dns = require(\"dns\");\nexports.make = async () => (await promisify(zlib.gzip)(\"x\".repeat(1000))).length + \" \" + require(\"./sum\")(1, 2);\n" >lib/report.js
	echo "module.exports = (a, b) => a + b" >lib/sum.js
	echo "export const text = () => \"later\"" >lib/later.mjs'
features='index missing style items post report later file broken dates bad'
at=http://127.0.0.1:3000
ask() {
	case $1 in
	index) get $at/ ;;
	missing) get $at/nonesuch ;;
	style) get $at/style.css ;;
	items) get $at/items ;;
	post) get -H 'Content-Type: application/json' -d '{"a": 1}' $at/items ;;
	report) get $at/report ;;
	later) get $at/later ;;
	file) get $at/file ;;
	broken) get $at/broken ;;
	dates) get $at/dates ;;
	bad) get -H 'Content-Type: application/json' -d '{"a' $at/items ;;
	esac
}
