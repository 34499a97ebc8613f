# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh
# CycloneDX's own schema, from the package that publishes it. Sourced after lib.sh, in the test's directory.
#
#	cyclonedx_is_there		it could be had
#	cyclonedx_valid FILE…		each keeps to it
cyclonedx_is_there() { [ -e "$schema/whole" ]; }
cyclonedx_valid() { node validate.js "$library" "$@"; }

schema=${SFC_TEST_CACHE:-/var/tmp/sfc-cache}/cyclonedx
library=$schema/node_modules/@cyclonedx/cyclonedx-library
if [ ! -e "$schema/whole" ] && command -v npm >/dev/null; then
	mkdir -p "$schema.$$" && (cd "$schema.$$" && echo '{"private": true}' >package.json &&
		npm install --ignore-scripts --no-audit --no-fund @cyclonedx/cyclonedx-library@10 \
			ajv@8 ajv-formats@3 ajv-formats-draft2019@1 >npm.log 2>&1 && : >whole) &&
		mv -T "$schema.$$" "$schema" 2>/dev/null
	rm -rf "$schema.$$"
fi
cat >validate.js <<'JS'
const { Validation, Spec } = require(process.argv[2]);
const fs = require('fs');
(async () => {
const validator = new Validation.JsonStrictValidator(Spec.Version.v1dot5);
for (const file of process.argv.slice(3)) {
	const problems = await validator.validate(fs.readFileSync(file, 'utf8'));
	if (problems !== null) {
		console.error(file, JSON.stringify(problems).slice(0, 1000));
		process.exitCode = 1;
	}
}
})();
JS
