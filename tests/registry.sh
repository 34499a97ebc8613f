# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2094,SC2154 # dir is of tests/lib.sh; what is set is for who sources this
# A registry of the test's own with a password, on a port of 127.0.0.1, and gone with it. Sourced after lib.sh.
requires command -v docker-registry
requires command -v htpasswd
requires command -v curl
requires python3 --version

# registry_up: at is docker://HOST:PORT, port its port, registry its process; auth.json and creds are what it takes.
registry_up() {
	free_ports 1
	at=docker://127.0.0.1:$port
	htpasswd -Bbn user 'se:cret' >htpasswd 2>/dev/null
	cat >registry.yml <<-YML
		version: 0.1
		log: {level: error}
		storage: {filesystem: {rootdirectory: $dir/registry}}
		http: {addr: "127.0.0.1:$port"}
		auth: {htpasswd: {realm: test, path: $dir/htpasswd}}
	YML
	docker-registry serve registry.yml >registry.log 2>&1 &
	registry=$!
	on_exit sh -c "kill $registry 2>/dev/null"
	printf 'user:se:cret\n' >creds
	jq -n --arg host "127.0.0.1:$port" '{auths: {($host): {auth: ("user:se:cret" | @base64)}}}' >auth.json
	chmod 600 auth.json
	check "a registry runs" wait_for 20 curl -s -o /dev/null "http://127.0.0.1:$port/v2/"
}
