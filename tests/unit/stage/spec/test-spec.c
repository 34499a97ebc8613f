// SPDX-License-Identifier: BSD-2-Clause
/* What can be asked: every option with good and bad words, and the same as JSON. */
#include "stage/spec/options.h"

#include <errno.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/suggest.h"
#include "db/base/text.h"
#include "stage/spec/spec_json.h"
#include "tests/test.h"

/* ---- words ---- */

/* As prod start takes it, or slim where that does not; what is kept of it is its JSON on one line. */
static const struct {
	const char *option, *word;
	const char *kept; /* NULL: it is refused */
	const char *said; /* of a refused one */
} cases[] = {
	{"env", "A=b", "[\"A=b\"]", NULL},
	{"env", "A=", "[\"A=\"]", NULL},
	{"env", "A=b=c\n", "[\"A=b=c\\\\n\"]", NULL},
	{"env", "SFC_TEST_THERE", "[\"SFC_TEST_THERE=yes\"]", NULL},
	{"env", "=b", NULL, "--env wants NAME[=VALUE], not '=b'"},
	{"env", "", NULL, "--env wants NAME[=VALUE], not ''"},
	{"env", "A B=c", NULL, "--env wants NAME[=VALUE], not 'A B=c'"},
	{"env", "A\n=c", NULL, "--env wants NAME[=VALUE], not 'A\\n=c'"},
	{"user", "www-data", "\"www-data\"", NULL},
	{"user", "33:33", "\"33:33\"", NULL},
	{"user", ":33", NULL, "--user wants USER[:GROUP], not ':33'"},
	{"user", "33:", NULL, "--user wants USER[:GROUP], not '33:'"},
	{"user", "1:2:3", NULL, "--user wants USER[:GROUP], not '1:2:3'"},
	{"user", "a b", NULL, "--user wants USER[:GROUP], not 'a b'"},
	{"cwd", "/srv//x/./y/", "\"/srv/x/y\"", NULL},
	{"cwd", "srv", NULL, "--cwd: 'srv' is not absolute"},
	{"cwd", "/srv/../etc", NULL, "--cwd: '/srv/../etc' has '..' in it; say it without"},
	{"cwd", "/srv/..x", "\"/srv/..x\"", NULL},
	{"cwd", "", NULL, "--cwd wants DIR, not ''"},
	{"hostname", "web-1.example", "\"web-1.example\"", NULL},
	{"hostname", "web_1", NULL, "--hostname wants NAME, not 'web_1'"},
	{"hostname", "-x", NULL, "--hostname wants NAME, not '-x'"},
	{"volume", "/srv:/data", "[\"/srv:/data\"]", NULL},
	{"volume", "//srv/./a/:/data//:ro", "[\"/srv/a:/data:ro\"]", NULL},
	{"volume", "/srv:/data:rw", "[\"/srv:/data\"]", NULL},
	{"volume", "/srv:/data:rox", NULL, "--volume wants SRC:DST[:ro], not '/srv:/data:rox'"},
	{"volume", "/srv", NULL, "--volume wants SRC:DST[:ro], not '/srv'"},
	{"volume", "/srv:", NULL, "--volume wants SRC:DST[:ro], not '/srv:'"},
	{"volume", ":/data", NULL, "--volume wants SRC:DST[:ro], not ':/data'"},
	{"volume", "srv:/data", NULL, "--volume: 'srv' is not absolute"},
	{"volume", "/srv:data", NULL, "--volume: 'data' is not absolute"},
	{"volume", "/srv:/a/../../etc", NULL, "--volume: '/a/../../etc' has '..' in it; say it without"},
	{"volume", "/srv://", NULL, "--volume: nothing can be put in the place of the root itself"},
	{"tmpfs", "/tmp", "[\"/tmp\"]", NULL},
	{"tmpfs", "/tmp:64M", "[\"/tmp:67108864\"]", NULL},
	{"tmpfs", "/tmp:0", NULL, "--tmpfs wants DIR[:SIZE], not '/tmp:0'"},
	{"tmpfs", "/tmp:x", NULL, "--tmpfs wants DIR[:SIZE], not '/tmp:x'"},
	{"tmpfs", "/", NULL, "--tmpfs: nothing can be put in the place of the root itself"},
	{"network", "host", "\"host\"", NULL},
	{"network", "none", "\"none\"", NULL},
	{"network", "private", "\"private\"", NULL},
	{"network", "/run/netns/x", "\"/run/netns/x\"", NULL},
	{"network", "app:web/1", "\"app:web/1\"", NULL},
	{"network", "app:web", NULL, "--network wants host|none|private|PATH|app:APP/I, not 'app:web'"},
	{"network", "app:../1", NULL, "--network wants host|none|private|PATH|app:APP/I, not 'app:../1'"},
	{"network", "app:web/1/2", NULL, "--network wants host|none|private|PATH|app:APP/I, not 'app:web/1/2'"},
	{"network", "bridge", NULL, "--network wants host|none|private|PATH|app:APP/I, not 'bridge'"},
	{"publish", "8080:80", "[\"8080:80\"]", NULL},
	{"publish", ":80", "[\":80\"]", NULL},
	{"publish", "127.0.0.1:8080:80/udp", "[\"127.0.0.1:8080:80/udp\"]", NULL},
	{"publish", "127.0.0.1::80/tcp", "[\"127.0.0.1::80\"]", NULL},
	{"publish", "[::1]:8080:80", "[\"[::1]:8080:80\"]", NULL},
	{"publish", "80", NULL, "--publish wants [ADDR:][HOST]:PORT[/udp], not '80'"},
	{"publish", "0:80", NULL, "--publish wants [ADDR:][HOST]:PORT[/udp], not '0:80'"},
	{"publish", "8080:65536", NULL, "--publish wants [ADDR:][HOST]:PORT[/udp], not '8080:65536'"},
	{"publish", "8080:80/sctp", NULL, "--publish wants [ADDR:][HOST]:PORT[/udp], not '8080:80/sctp'"},
	{"publish", "1.2.3:8080:80", NULL, "--publish wants [ADDR:][HOST]:PORT[/udp], not '1.2.3:8080:80'"},
	{"publish", "::1:8080:80", NULL, "--publish wants [ADDR:][HOST]:PORT[/udp], not '::1:8080:80'"},
	{"publish", "8080:+80", NULL, "--publish wants [ADDR:][HOST]:PORT[/udp], not '8080:+80'"},
	{"memory", "64M", "67108864", NULL},
	{"memory", "1023K", NULL, "--memory: '1023K' is too little to start anything"},
	{"memory", "0", NULL, "--memory wants SIZE, not '0'"},
	{"memory", "-1", NULL, "--memory wants SIZE, not '-1'"},
	{"memory", "16777216T", NULL, "--memory wants SIZE, not '16777216T'"},
	{"memory-reservation", "2G", "2147483648", NULL},
	{"cpus", "2", "2", NULL},
	{"cpus", "0.5", "\"0.500\"", NULL},
	{"cpus", ".25", "\"0.250\"", NULL},
	{"cpus", "0.01", "\"0.010\"", NULL},
	{"cpus", "0", NULL, "--cpus wants N, not '0'"},
	{"cpus", "0.001", NULL, "--cpus wants N, not '0.001'"},
	{"cpus", "1.5000", NULL, "--cpus wants N, not '1.5000'"},
	{"cpus", "1.", NULL, "--cpus wants N, not '1.'"},
	{"cpus", ".", NULL, "--cpus wants N, not '.'"},
	{"cpus", "1e3", NULL, "--cpus wants N, not '1e3'"},
	{"cpus", "99999999999999", NULL, "--cpus wants N, not '99999999999999'"},
	{"cpu-weight", "10000", "10000", NULL},
	{"cpu-weight", "10001", NULL, "--cpu-weight wants N, not '10001'"},
	{"io-weight", "1", "1", NULL},
	{"io-weight", "0", NULL, "--io-weight wants N, not '0'"},
	{"pids", "100", "100", NULL},
	{"pids", "0", NULL, "--pids wants N, not '0'"},
	{"pids", "99999999999999999999999", NULL, "--pids wants N, not '99999999999999999999999'"},
	{"device-read-bps", "/dev/vda:10M", "[\"/dev/vda:10485760\"]", NULL},
	{"device-write-bps", "/dev/vda:1", "[\"/dev/vda:1\"]", NULL},
	{"device-write-bps", "/dev/vda", NULL, "--device-write-bps wants DEVICE:RATE, not '/dev/vda'"},
	{"device-write-bps", "vda:1", NULL, "--device-write-bps: 'vda' is not absolute"},
	{"ulimit", "nofile=1024", "[\"nofile=1024:1024\"]", NULL},
	{"ulimit", "nofile=1024:4096", "[\"nofile=1024:4096\"]", NULL},
	{"ulimit", "core=0:unlimited", "[\"core=0:unlimited\"]", NULL},
	{"ulimit", "core=-1", "[\"core=unlimited:unlimited\"]", NULL},
	{"ulimit", "nofile=2:1", NULL, "--ulimit: the soft limit '2' is above the hard one"},
	{"ulimit", "nofile", NULL, "--ulimit wants NAME=SOFT[:HARD], not 'nofile'"},
	{"ulimit", "nofile=", NULL, "--ulimit wants NAME=SOFT[:HARD], not 'nofile='"},
	{"ulimit", "nofiles=1", NULL, "--ulimit: there is no limit 'nofiles'; nofile and nproc are the usual ones"},
	{"layer-size", "1G", "1073741824", NULL},
	{"layer-size", "", NULL, "--layer-size wants SIZE, not ''"},
	{"cap-add", "net_raw", "[\"CAP_NET_RAW\"]", NULL},
	{"cap-add", "CAP_SYS_ADMIN", "[\"CAP_SYS_ADMIN\"]", NULL},
	{"cap-add", "all", "[\"ALL\"]", NULL},
	{"cap-add", "CAP_ALL", NULL, "--cap-add: there is no capability 'CAP_ALL'; see capabilities(7)"},
	{"cap-drop", "NET_RAWW", NULL, "--cap-drop: there is no capability 'NET_RAWW'; see capabilities(7)"},
	{"device", "/dev/fuse", "[\"/dev/fuse:/dev/fuse:rwm\"]", NULL},
	{"device", "/dev/fuse:r", "[\"/dev/fuse:/dev/fuse:r\"]", NULL},
	{"device", "/dev/sda:/dev/xvda:rw", "[\"/dev/sda:/dev/xvda:rw\"]", NULL},
	{"device", "/dev/sda:/dev/xvda:rr", NULL, "--device wants PATH[:INSIDE][:rwm], not '/dev/sda:/dev/xvda:rr'"},
	{"device", "/dev/sda:/dev/xvda:rwmr", NULL, "--device wants PATH[:INSIDE][:rwm], not '/dev/sda:/dev/xvda:rwmr'"},
	{"device", "fuse", NULL, "--device: 'fuse' is not absolute"},
	{"device", "/dev/sda:/../dev/mem", NULL, "--device: '/../dev/mem' has '..' in it; say it without"},
	{"seccomp", "unconfined", "\"unconfined\"", NULL},
	{"seccomp", "", NULL, "--seccomp wants default|unconfined|FILE, not ''"},
	{"ready", "tcp:80", "\"tcp:80\"", NULL},
	{"ready", "80", "\"tcp:80\"", NULL},
	{"ready", "http://localhost:80/x", "\"http://localhost:80/x\"", NULL},
	{"ready", "curl -fsS localhost", "\"curl -fsS localhost\"", NULL},
	{"ready", "tcp:", NULL, "--ready wants tcp:PORT|http://…|COMMAND, not 'tcp:'"},
	{"ready", "tcp:0", NULL, "--ready wants tcp:PORT|http://…|COMMAND, not 'tcp:0'"},
	{"ready", "70000", NULL, "--ready wants tcp:PORT|http://…|COMMAND, not '70000'"},
	{"ready", "http://", NULL, "--ready wants tcp:PORT|http://…|COMMAND, not 'http://'"},
	{"ready", "https://x/", NULL,
	 "--ready: only http:// is asked directly; use a command such as 'curl -fsS https://x/'"},
	{"health", "http://localhost/", "\"http://localhost/\"", NULL},
	{"health", "", NULL, "--health wants COMMAND|http://…, not ''"},
	{"probe", "true", "[\"true\"]", NULL},
	{"restart", "always", "\"always\"", NULL},
	{"restart", "on-failure", "\"on-failure\"", NULL},
	{"restart", "on-failure:3", "\"on-failure:3\"", NULL},
	{"restart", "on-failure:0", NULL, "--restart wants no|always|on-failure[:N], not 'on-failure:0'"},
	{"restart", "on-failures", NULL, "--restart wants no|always|on-failure[:N], not 'on-failures'"},
	{"restart", "sometimes", NULL, "--restart wants no|always|on-failure[:N], not 'sometimes'"},
	{"timeout", "30", "30", NULL},
	{"timeout", "1.5", "\"1.500\"", NULL},
	{"timeout", "0", NULL, "--timeout wants SECONDS, not '0'"},
	{"timeout", "2m", NULL, "--timeout wants SECONDS, not '2m'"},
	{"grace", "0", "0", NULL},
	{"grace", "-1", NULL, "--grace wants SECONDS, not '-1'"},
	{"runtime", "crun", "\"crun\"", NULL},
	{"runtime", "/usr/bin/../runsc", NULL, "--runtime: '/usr/bin/../runsc' has '..' in it; say it without"},
	{"runtime", "/usr/bin/runsc", "\"/usr/bin/runsc\"", NULL},
	{"runtime", "kata", NULL, "--runtime wants crun|runc|PATH, not 'kata'"},
	{"runtime", "lxc", NULL,
	 "--runtime: lxc is no OCI runtime; 'sfc test mount' gives lxc-execute a traced root, 'sfc export --to "
	 "lxc' a configuration"},
	{"runtime-arg", "--platform=ptrace", "[\"--platform=ptrace\"]", NULL},
	{"input", "-", "\"-\"", NULL},
	{"read-only", NULL, "true", NULL},
	{"privileged", NULL, "true", NULL},
};

enum { CASE_COUNT = sizeof(cases) / sizeof(*cases) };

static char *json_of(const struct spec *spec, const char *member)
{
	json_t *json = spec_to_json(spec);
	char *text = json_dumps(member ? json_object_get(json, member) : json,
				JSON_ENCODE_ANY | JSON_COMPACT);

	json_decref(json);
	return text;
}

/* Read what was kept of a spec, and keep that again. */
static void comes_back(const struct spec *spec)
{
	_cleanup_(freep) char *kept = json_of(spec, NULL);
	_cleanup_(freep) char *again = NULL;
	struct spec other = SPEC_INIT;
	struct error err = ERROR_INIT;

	REQUIRE(kept);
	CHECK_INT(spec_from_text(kept, strlen(kept), &other, &err), 0);
	CHECK_STRING(err.message, "");
	again = json_of(&other, NULL);
	CHECK_STRING(again, kept);
	spec_release(&other);
}

static void a_word_is_taken_or_refused(void)
{
	setenv("SFC_TEST_THERE", "yes", 1);
	for (size_t i = 0; i < CASE_COUNT; i++) {
		_cleanup_(asked_release) struct asked asked = ASKED_INIT;
		_cleanup_(freep) char *kept = NULL;
		struct error err = ERROR_INIT;
		const struct option_row *row = option_find(cases[i].option, OF(PROD_START) | OF(SLIM));
		int r;

		REQUIRE(row);
		r = option_apply(&asked, row, cases[i].word, &err);
		CHECK_INT(r, cases[i].kept ? 0 : -EINVAL);
		if (r == 0) {
			kept = json_of(&asked.spec, cases[i].option);
			CHECK_STRING(kept, cases[i].kept);
			comes_back(&asked.spec);
		} else {
			CHECK_STRING(err.message, cases[i].said);
		}
	}
}

static void every_option_of_a_start_was_tried(void)
{
	for (const struct option_row *row = option_rows; row->name || row->help; row++) {
		bool tried = false;

		if (!row->name || !(row->commands & OF(RUN)) || strcmp(row->name, "env-file") == 0 ||
		    strcmp(row->name, "quiet") == 0 || strcmp(row->name, "layer") == 0)
			continue;
		for (size_t i = 0; i < CASE_COUNT; i++)
			tried = tried || strcmp(cases[i].option, row->name) == 0;
		if (!tried)
			fprintf(stderr, "\t--%s\n", row->name);
		CHECK(tried);
	}
}

static void all_of_them_together_come_back(void)
{
	_cleanup_(asked_release) struct asked asked = ASKED_INIT;

	for (size_t i = 0; i < CASE_COUNT; i++)
		if (cases[i].kept && strcmp(cases[i].option, "memory-reservation") != 0)
			CHECK_INT(option_apply(&asked,
					       option_find(cases[i].option, OF(PROD_START) | OF(SLIM)),
					       cases[i].word, NULL), 0);
	asked.spec.network = NETWORK_PRIVATE;
	CHECK_INT(spec_strings_add(&asked.spec.args, "-q"), 0);
	CHECK_INT(spec_strings_add(&asked.spec.args, "\\x00\n\xff…"), 0);
	CHECK_INT(spec_strings_add(&asked.spec.args, ""), 0);
	comes_back(&asked.spec);
}

static void json_that_no_spec_has_is_refused(void)
{
	static const struct {
		const char *text, *said;
	} bad[] = {
		{"", "what was asked is no JSON: line 1: '[' or '{' expected near end of file"},
		{"[]", "what was asked is not an object"},
		{"{} {}", "what was asked is no JSON: line 1: end of file expected near '{'"},
		{"{\"memory\":1,\"memory\":2}", "what was asked is no JSON: line 1: duplicate object key near '\"memory\"'"},
		{"{\"hooks\":[]}", "nothing that can be asked is called 'hooks'"},
		{"{\"output\":\"x\"}", "nothing that can be asked is called 'output'"},
		{"{\"env\":[\"A\"]}", "env: 'A' is not NAME=VALUE"},
		{"{\"env\":\"A=b\"}", "'env' is of the wrong kind"},
		{"{\"env\":[[\"A=b\"]]}", "'env' is of the wrong kind"},
		{"{\"env\":[1]}", "env: '1' is not NAME=VALUE"},
		{"{\"memory\":[67108864]}", "'memory' is of the wrong kind"},
		{"{\"memory\":6.5e7}", "'memory' is of the wrong kind"},
		{"{\"memory\":-67108864}", "--memory wants SIZE, not '-67108864'"},
		{"{\"memory\":null}", "'memory' is of the wrong kind"},
		{"{\"read-only\":false}", "'read-only' is true or not there"},
		{"{\"read-only\":\"yes\"}", "'read-only' is true or not there"},
		{"{\"command\":[\"a\\\\x00b\"]}", "'command' has a string that is not spelled as we do"},
		{"{\"volume\":[\"/a:/b:ro:x\"]}", "--volume wants SRC:DST[:ro], not '/a:/b:ro:x'"},
		{"{\"network\":\"host\",\"publish\":[\":80\"]}",
		 "--publish wants a network of its own: on the host's the program takes the port it wants"},
	};

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct spec spec = SPEC_INIT;
		struct error err = ERROR_INIT;

		CHECK_INT(spec_from_text(bad[i].text, strlen(bad[i].text), &spec, &err), -EBADMSG);
		CHECK_STRING(err.message, bad[i].said);
	}
}

int main(void)
{
	RUN(a_word_is_taken_or_refused);
	RUN(every_option_of_a_start_was_tried);
	RUN(all_of_them_together_come_back);
	RUN(json_that_no_spec_has_is_refused);
	return test_end();
}
