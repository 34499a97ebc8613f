// SPDX-License-Identifier: BSD-2-Clause
#include "pack/distro/purl.h"

#include <stdio.h>
#include <string.h>

void purl_encode(struct text *text, const char *string)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789.-_~:";

	for (; *string; string++) {
		if (strchr(plain, *string))
			text_add_char(text, *string);
		else
			text_printf(text, "%%%02X", (unsigned char)*string);
	}
}

/* The type of a package URL, and who publishes such packages when os-release does not say; or "". */
static const struct {
	const char *type, *vendor;
} purls[] = {
	[DISTRIBUTION_DPKG] = {"deb", "debian"},
	[DISTRIBUTION_DPKG_D] = {"deb", "debian"},
	[DISTRIBUTION_APK] = {"apk", "alpine"},
	[DISTRIBUTION_RPM] = {"rpm", ""},
};

/*
 * Where vulnerabilities are listed by source: of dpkg's "glibc (2.36-9)" and apk's "glibc" what differs from
 * the package, as scanners want it: name@version.
 */
static void add_upstream(struct text *text, const struct installed *installed, char before)
{
	size_t length = strcspn(installed->origin, " ");
	const char *version = strchr(installed->origin, '(');
	bool same = strlen(installed->name) == length && strncmp(installed->name, installed->origin, length) == 0;
	char name[256];

	if (installed->kind == DISTRIBUTION_RPM || length == 0 || length >= sizeof(name) || (same && !version))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)length, installed->origin);
	text_printf(text, "%cupstream=", before);
	purl_encode(text, name);
	if (!version)
		return;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(version + 1, ")"), version + 1);
	text_add(text, "%40");
	purl_encode(text, name);
}

void purl_add(struct text *text, const struct distribution *distribution, const struct installed *installed)
{
	const char *vendor = *distribution->id ? distribution->id : purls[installed->kind].vendor;
	const char *version = installed->version;
	size_t epoch = installed->kind == DISTRIBUTION_RPM ? strspn(version, "0123456789") : 0;
	char before = '?';

	if (version[epoch] != ':')
		epoch = 0;
	text_printf(text, "pkg:%s/", purls[installed->kind].type);
	purl_encode(text, vendor);
	text_add(text, *vendor ? "/" : "");
	purl_encode(text, installed->name);
	if (*version) {
		text_add(text, "@");
		purl_encode(text, version + epoch + (epoch > 0));
	}
	if (*installed->arch) {
		text_add(text, "?arch=");
		purl_encode(text, installed->arch);
		before = '&';
	}
	if (*distribution->id && *distribution->version) {
		text_printf(text, "%cdistro=", before);
		purl_encode(text, distribution->id);
		text_add(text, "-");
		purl_encode(text, distribution->version);
		before = '&';
	}
	if (epoch)
		text_printf(text, "%cepoch=%.*s", before, (int)epoch, version);
	add_upstream(text, installed, before);
}
