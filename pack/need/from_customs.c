// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/from_customs.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "db/base/path.h"
#include "db/base/text.h"
#include "pack/need/ecosystem.h"
#include "pack/need/python_distributions.h"

enum { WORDS_FILE_MAX = 64 * 1024 };

/*
 * When a path that matches `when` is in, add what exists of `add`: patterns with blanks between. In
 * them {dir} is the directory of the path, {up} and {top} the ones above that, {base} the name up to
 * its first dot. With an anchor, {before} is what stands before it in the path, {after} the part
 * behind it and {next} the part behind that. With `words`, there is one round for each word of the
 * file that matches it, as {word}; "include *": for each that stands behind that word.
 */
static const struct custom {
	enum ecosystem ecosystem;
	const char *when;
	const char *anchor;
	const char *words;
	const char *add;
} customs[] = {
	{NSS, "/etc/nsswitch.conf", NULL, "*",
	 "/usr/lib/*/libnss_{word}.so.2 /usr/lib64/libnss_{word}.so.2 /lib/*/libnss_{word}.so.2"},
	{NSS, "/etc/nsswitch.conf", NULL, NULL, "/etc/passwd /etc/group /etc/hosts"},

	{GCONV, "gconv/*.so", NULL, NULL,
	 "{dir}/gconv-modules {dir}/gconv-modules.cache {dir}/gconv-modules.d/*.conf"},

	{LOCALE, "/usr/lib/locale/*/LC_*", NULL, NULL, "{dir}/**"},
	{LOCALE, "/usr/lib/locale/**", NULL, NULL, "/usr/lib/locale/C.utf8/**"},

	{ZONEINFO, "/usr/share/zoneinfo/**", NULL, NULL,
	 "/usr/share/zoneinfo/UTC /usr/share/zoneinfo/Etc/UTC"},

	{CA, "/etc/ssl/certs/????????.?", NULL, NULL, "{dir}/*"},
	{CA, "/etc/ssl/certs/**", NULL, NULL, "/etc/ssl/certs/ca-certificates.crt"},
	{CA, "/etc/pki/tls/certs/**", NULL, NULL,
	 "/etc/pki/tls/certs/ca-bundle.crt /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"},

	{PYTHON, "__pycache__/*.pyc", NULL, NULL, "{up}/{base}.py {up}/__init__.py"},
	{PYTHON, "*.py", NULL, NULL,
	 "{dir}/__pycache__/{base}.*.pyc {dir}/__init__.py {dir}/__pycache__/__init__.*.pyc"},
	{PYTHON, "site-packages/*/**", "/site-packages/", NULL,
	 "{before}/site-packages/{after}-*.dist-info/* {before}/site-packages/{after}-*.egg-info/*"},
	{PYTHON, "dist-packages/*/**", "/dist-packages/", NULL,
	 "{before}/dist-packages/{after}-*.dist-info/* {before}/dist-packages/{after}-*.egg-info/*"},
	{PYTHON, "site-packages/*.py", NULL, NULL,
	 "{dir}/{base}-*.dist-info/* {dir}/{base}-*.egg-info/*"},
	{PYTHON, "dist-packages/*.py", NULL, NULL,
	 "{dir}/{base}-*.dist-info/* {dir}/{base}-*.egg-info/*"},

	{NODE, "node_modules/*/**", "/node_modules/", NULL,
	 "{before}/node_modules/{after}/package.json"},
	{NODE, "node_modules/@*/**", "/node_modules/", NULL,
	 "{before}/node_modules/{after}/{next}/package.json"},
	{NODE, "*.js", NULL, NULL, "{dir}/package.json"},
	{NODE, "*.mjs", NULL, NULL, "{dir}/package.json"},

	{RUBY, "gems/*/lib/**", "/gems/", NULL, "{before}/specifications/{after}.gemspec"},
	{RUBY, "gems/*/lib/**", "/gems/", NULL,
	 "{before}/specifications/default/{after}.gemspec"},
	{RUBY, "gems/*/lib/**", "/gems/", NULL,
	 "{before}/extensions/*/*/{after}/gem.build_complete"},

	{PERL, "perl*/**/Config.pm", NULL, NULL, "{dir}/Config_heavy.pl {dir}/Config_git.pl"},
	{PERL, "perl*/**/utf8.pm", NULL, NULL, "{dir}/utf8_heavy.pl {dir}/unicore/**/*.pl"},

	{JVM, "lib/server/libjvm.so", NULL, NULL,
	 "{up}/modules {up}/jvm.cfg {up}/tzdb.dat {up}/*.properties {up}/security/** {top}/conf/** "
	 "{up}/libjava.so {up}/libjimage.so {up}/libnet.so {up}/libnio.so {up}/libverify.so "
	 "{up}/libzip.so"},

	{JVM, "lib/*/server/libjvm.so", NULL, NULL, /* before version 9 */
	 "{top}/*.jar {top}/*.properties {top}/currency.data {top}/tzdb.dat {top}/meta-index "
	 "{top}/ext/* {top}/security/** {up}/jvm.cfg {up}/libjava.so {up}/libnet.so {up}/libnio.so "
	 "{up}/libverify.so {up}/libzip.so"},

	{TERMINFO, "terminfo/?/*", "/terminfo/", NULL,
	 "{before}/terminfo/d/dumb {before}/terminfo/l/linux {before}/terminfo/v/vt100 "
	 "{before}/terminfo/x/xterm {before}/terminfo/x/xterm-256color"},

	{PAM, "/etc/pam.d/*", NULL, "*.so",
	 "/usr/lib/*/security/{word} /usr/lib64/security/{word} /lib/*/security/{word} "
	 "/usr/lib/security/{word} {word}"},
	{PAM, "/etc/pam.d/*", NULL, "@include *", "/etc/pam.d/{word} {word}"},
	{PAM, "/etc/pam.d/*", NULL, "include *", "/etc/pam.d/{word} {word}"},
	{PAM, "/etc/pam.d/*", NULL, "substack *", "/etc/pam.d/{word} {word}"},
	{PAM, "/etc/pam.d/*", NULL, NULL, "/etc/pam.d/other"},

	{HTTPD, "/usr/sbin/nginx", NULL, NULL, "/etc/nginx/modules-enabled/*.conf"},
	{HTTPD, "/usr/share/nginx/modules-available/*.conf", NULL, "*.so",
	 "/usr/share/nginx/{word} /usr/lib/nginx/{word}"},
	{HTTPD, "/etc/nginx/modules-enabled/*.conf", NULL, "*.so",
	 "/usr/share/nginx/{word} /usr/lib/nginx/{word}"},
	{HTTPD, "/usr/sbin/apache2", NULL, NULL, "/etc/apache2/mods-enabled/*"},
	{HTTPD, "/etc/apache2/mods-available/*.load", NULL, "*.so", "{word}"},
	{HTTPD, "/usr/sbin/httpd", NULL, NULL,
	 "/etc/httpd/conf.modules.d/*.conf"},
	{HTTPD, "/etc/apache2/httpd.conf", NULL, "*.so", "/var/www/{word} {word}"}, /* Alpine */
	{HTTPD, "/etc/apache2/httpd.conf", NULL, NULL, "/etc/apache2/conf.d/*.conf"},
	{HTTPD, "/etc/apache2/conf.d/*.conf", NULL, "*.so", "/var/www/{word} {word}"},
	{HTTPD, "/etc/httpd/conf.modules.d/*.conf", NULL, "*.so", "/etc/httpd/{word} {word}"},
};

/* One custom being applied to one entry. */
struct application {
	struct closure *closure;
	const struct custom *custom;
	struct closure_entry *trigger;
	struct error *err;
};

static void add_above(struct text *text, const char *path, int levels)
{
	size_t length = strlen(path);

	for (; levels > 0 && length > 0; levels--)
		while (length > 0 && path[--length] != '/')
			;
	ecosystem_literal(text, path, length);
}

/* The part of a relative path that has so many before it; nothing when it has fewer. */
static void add_part(struct text *text, const char *path, int before)
{
	for (; before > 0; before--) {
		path += strcspn(path, "/");
		path += *path == '/';
	}
	ecosystem_literal(text, path, strcspn(path, "/"));
}

static void add_token(struct text *text, const struct application *application, const char *token,
		      size_t length, const char *word)
{
	const char *path = application->trigger->file->path;
	const char *anchor = application->custom->anchor;
	const char *at = anchor ? strstr(path, anchor) : NULL;

	/* the innermost: gems bundled in gems */
	for (const char *next = at; next; next = strstr(next + 1, anchor))
		at = next;
	if (strncmp(token, "dir", length) == 0)
		add_above(text, path, 1);
	else if (strncmp(token, "up", length) == 0)
		add_above(text, path, 2);
	else if (strncmp(token, "top", length) == 0)
		add_above(text, path, 3);
	else if (strncmp(token, "base", length) == 0)
		ecosystem_literal(text, path_name(path), strcspn(path_name(path), "."));
	else if (strncmp(token, "word", length) == 0 && word)
		ecosystem_literal(text, word, strlen(word));
	else if (strncmp(token, "before", length) == 0 && at)
		ecosystem_literal(text, path, (size_t)(at - path));
	else if (strncmp(token, "after", length) == 0 && at)
		add_part(text, at + strlen(anchor), 0);
	else if (strncmp(token, "next", length) == 0 && at)
		add_part(text, at + strlen(anchor), 1);
}

/* One pattern of the add list, tokens replaced. */
static void fill_pattern(struct text *text, const struct application *application,
			 const char *pattern, size_t length, const char *word)
{
	for (const char *p = pattern, *end = pattern + length; p < end; p++) {
		const char *close = *p == '{' ? memchr(p, '}', (size_t)(end - p)) : NULL;

		if (!close) {
			text_add_char(text, *p);
			continue;
		}
		add_token(text, application, p + 1, (size_t)(close - p - 1), word);
		p = close;
	}
}

/* Take the backslashes away of a pattern that can match one path only; false: it may match more. */
static bool unescape(char *pattern)
{
	char *end = pattern;

	for (const char *p = pattern; *p; p++) {
		if (strchr("*?[", *p))
			return false;
		if (*p == '\\' && p[1])
			p++;
	}
	for (const char *p = pattern; *p; p++) {
		if (*p == '\\' && p[1])
			p++;
		*end++ = *p;
	}
	*end = '\0';
	return true;
}

static int apply_once(struct application *application, const char *word)
{
	int r = 0;

	for (const char *p = application->custom->add; *p && r == 0; p += strspn(p, " ")) {
		_cleanup_(text_release) struct text pattern = TEXT_INIT;
		size_t length = strcspn(p, " ");

		fill_pattern(&pattern, application, p, length, word);
		p += length;
		if (text_failed(&pattern))
			return error_oom(application->err);
		if (pattern.bytes[0] != '/')
			continue;
		/* by its own name, not by what a search finds: links on the way are needed, too */
		if (unescape(pattern.bytes))
			r = ecosystem_add_path(application->closure, application->trigger,
					       application->custom->ecosystem, pattern.bytes,
					       application->err);
		else
			r = ecosystem_add(application->closure, application->trigger,
					  application->custom->ecosystem, pattern.bytes,
					  application->err);
	}
	return r;
}

/* What stands behind a # is said to people. */
static void remove_comments(char *text)
{
	for (char *p = text; *p; p++)
		if (*p == '#' && (p == text || strchr(" \t\n", p[-1])))
			for (; *p && *p != '\n' && p[1]; p++)
				*p = ' ';
}

/* Is it a word to be taken, as it stands behind another? */
static bool word_matches(const char *words, const char *before, const char *word)
{
	const char *blank = strchr(words, ' '), *last = strrchr(word, '/');
	size_t length = strlen(before);

	if (!blank)
		return path_match(words, last ? last : word);
	return (size_t)(blank - words) == length && strncmp(words, before, length) == 0 &&
	       path_match(blank + 1, last ? last : word);
}

static int apply_words(struct application *application)
{
	static const char blanks[] = " \t\r\n;\"'[]:=,";
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *before = "";
	char *saved, *word;
	int r;

	r = source_read(application->closure->source, application->trigger->file->path,
			WORDS_FILE_MAX, &text, application->err);
	if (r < 0) /* too large, or not a file: it holds no words for us */
		return r == -EFBIG || r == -EINVAL || source_has_none(r) ? 0 : r;
	remove_comments(text.bytes);
	for (word = strtok_r(text.bytes, blanks, &saved); word && r == 0;
	     word = strtok_r(NULL, blanks, &saved)) {
		if (word_matches(application->custom->words, before, word))
			r = apply_once(application, word);
		before = word;
	}
	return r;
}

static bool is_off(const struct closure *closure, enum ecosystem ecosystem)
{
	return closure->options.ecosystems_off & 1U << ecosystem;
}

static int apply_customs(struct closure *closure, struct closure_entry *entry, struct error *err)
{
	const char *path = entry->file->path;
	uint64_t initials = path_initials(path);

	for (size_t i = 0; i < sizeof(customs) / sizeof(*customs); i++) {
		const struct custom *custom = &customs[i];
		struct application application = {closure, custom, entry, err};
		int r;

		if (is_off(closure, custom->ecosystem) ||
		    !path_may_match(custom->when, initials) || !path_match(custom->when, path))
			continue;
		r = custom->words ? apply_words(&application) : apply_once(&application, NULL);
		if (r < 0)
			return r;
	}
	return is_off(closure, PYTHON) ? 0 : python_distributions_add(closure, entry, err);
}

int closure_add_customs(struct closure *closure, struct error *err)
{
	/* only what is there now: what this round adds gets its turn in the next */
	size_t count = closure->entries.count;

	for (; closure->customs_done < count; closure->customs_done++) {
		struct closure_entry *entry = closure->entries.items[closure->customs_done];
		int r;

		if (!closure_entry_in(entry) || entry->file->kind == ENTRY_DIR)
			continue;
		r = apply_customs(closure, entry, err);
		if (r < 0)
			return r;
	}
	return 0;
}
