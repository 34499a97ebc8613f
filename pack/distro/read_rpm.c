// SPDX-License-Identifier: BSD-2-Clause
/* The records of rpm: one header a package, in a database. */
#include "pack/distro/read_rpm.h"

#include <errno.h>
#include <string.h>

#include "db/base/cleanup.h"
#include "pack/distro/rpm_header.h"

/* "1:2.36-9", as rpm itself compares it. */
static const char *version_of(struct reading *reading, const struct rpm_header *header)
{
	const char *version = rpm_header_string(header, RPM_VERSION);
	const char *release = rpm_header_string(header, RPM_RELEASE);
	_cleanup_(text_release) struct text text = TEXT_INIT;
	uint32_t epoch;

	if (rpm_header_number(header, RPM_EPOCH, 0, &epoch) && epoch)
		text_printf(&text, "%u:", epoch);
	text_add(&text, version ? version : "");
	if (release)
		text_printf(&text, "-%s", release);
	return reading_keep(reading, text_take(&text));
}

/* All strings of a tag, blanks between. */
static const char *list_of(struct reading *reading, const struct rpm_header *header, enum rpm_tag tag)
{
	struct rpm_strings strings = rpm_header_strings(header, tag);
	_cleanup_(text_release) struct text text = TEXT_INIT;
	const char *string;

	while ((string = rpm_strings_next(&strings)))
		text_printf(&text, "%s%s", text.size ? " " : "", string);
	return reading_keep(reading, text_take(&text));
}

static int add_fields(struct reading *reading, const struct rpm_header *header,
		      struct installed *installed)
{
	const struct {
		enum rpm_tag tag;
		const char **value;
	} fields[] = {
		{RPM_NAME, &installed->name},	     {RPM_ARCH, &installed->arch},
		{RPM_SOURCERPM, &installed->origin}, {RPM_LICENSE, &installed->license},
		{RPM_URL, &installed->url},	     {RPM_VENDOR, &installed->maintainer},
		{RPM_SUMMARY, &installed->summary},
	};

	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++) {
		const char *value = rpm_header_string(header, fields[i].tag);

		if (value)
			*fields[i].value = value; /* in the stream, which is kept */
	}
	installed->version = version_of(reading, header);
	installed->depends = list_of(reading, header, RPM_REQUIRENAME);
	installed->provides = list_of(reading, header, RPM_PROVIDENAME);
	return installed->version && installed->depends && installed->provides
		       ? 0
		       : error_oom(reading->err);
}

static int add_files(struct reading *reading, const struct rpm_header *header,
		     struct installed *installed)
{
	_cleanup_(text_release) struct text path = TEXT_INIT;
	_cleanup_(rpm_files_end) struct rpm_files files;
	int r = 0;

	if (rpm_files_begin(header, &files) < 0)
		return error_oom(reading->err);
	while (r == 0 && rpm_files_next(&files, &path)) {
		const char *listed = text_failed(&path)
					     ? NULL
					     : reading_keep_part(reading, path.bytes, path.size);

		r = listed ? reading_add_file(reading, installed, listed) : error_oom(reading->err);
	}
	return r;
}

int distribution_read_rpm(struct reading *reading)
{
	struct rpm_database *database = &reading->distribution->rpm;
	struct error why = ERROR_INIT;
	struct rpm_header header;
	const char *at;
	int r = rpm_read(reading->source, database, &why);

	if (r == -ENOPKG) { /* worth a word, and no reason to fail */
		reading->distribution->unread = "rpm";
		reading->distribution->because = strdup(why.message);
		return reading->distribution->because ? 0 : error_oom(reading->err);
	}
	if (r < 0)
		return error_set(reading->err, r, "%s", why.message);
	at = database->stream.bytes;
	while ((r = rpm_header_next(&at, database->stream.bytes + database->stream.size, &header)) > 0) {
		struct installed *installed =
			reading_add(reading, DISTRIBUTION_RPM, header.start, header.size);

		if (!installed)
			return error_oom(reading->err);
		r = add_fields(reading, &header, installed);
		if (r == 0)
			r = add_files(reading, &header, installed);
		if (r < 0)
			return r;
	}
	return r < 0 ? error_set(reading->err, r, "what rpmdb says of '%s' cannot be understood",
				 database->directory)
		     : 0;
}
