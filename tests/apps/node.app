# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=nodejs
port=8001
start='node /srv/app/main.js'
prepare='mkdir -p /srv/app/pages /srv/app/node_modules/left/lib && cd /srv/app && cat >main.js <<"END"
const http = require("http");
http.createServer(async (q, r) => {
	try {
		r.end(await require("./pages" + q.url)());
	} catch (problem) {
		r.statusCode = problem.code === "MODULE_NOT_FOUND" ? 404 : 500;
		r.end(require("fs").readFileSync(__dirname + "/error.html"));
	}
}).listen(8001);
END
	echo "<p>error" >error.html
	echo "module.exports = () => \"hello\"" >pages/index.js
	echo "module.exports = () => require(\"left\")(\"x\")" >pages/left.js
	echo "{\"main\": \"lib/left.js\"}" >node_modules/left/package.json
	echo "module.exports = x => require(\"./pad\") + x" >node_modules/left/lib/left.js
	echo "module.exports = \"...\"" >node_modules/left/lib/pad.js
	printf "const { Worker } = require(\"worker_threads\");\nmodule.exports = () => new Promise(done => new Worker(__dirname + \"/../work.js\").on(\"message\", done));\n" >pages/worker.js
	echo "require(\"worker_threads\").parentPort.postMessage(\"worked\")" >work.js
	echo "module.exports = () => require(\"crypto\").createHash(\"sha256\").update(\"x\").digest(\"hex\")" >pages/hash.js
	echo "module.exports = () => import(\"../extra.mjs\").then(m => m.default)" >pages/lazy.js
	echo "export default \"extra\"" >extra.mjs
	echo "module.exports = () => new Intl.DateTimeFormat(\"de\", { month: \"long\", timeZone: \"Asia/Tokyo\" }).format(0)" >pages/intl.js'
features='index left worker hash lazy intl missing'
ask() { curl -sS -w '%{http_code}' "http://127.0.0.1:8001/$1"; }
