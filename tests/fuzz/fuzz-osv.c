// SPDX-License-Identifier: BSD-2-Clause
/*
 * Any bytes as a record of OSV: it is one or it is said why not, and what it says makes documents in both formats.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "pack/distro/vex.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct vex_subject subject = {.name = "web", .product = "pkg:generic/web", .author = "fuzz", .time = 1};
	struct installed items[] = {
		{.name = "tar", .version = "1.34", .arch = "amd64", .origin = ""},
		{.name = "libc-bin", .version = "2.36-9", .arch = "amd64", .origin = "glibc (2.36-9)"},
		{.name = "dash", .version = "0.5", .arch = "amd64", .origin = "", .files_kept = 1},
	};
	char id[] = "debian", release[] = "12";
	const struct distribution distribution = {.items = items, .count = 3, .id = id, .version = release};
	_cleanup_(closep) int fd = memfd_create("osv", MFD_CLOEXEC);
	_cleanup_(vex_release) struct vex vex = {.distribution = &distribution};
	json_auto_t *openvex = NULL, *cyclonedx = NULL;
	struct error err = ERROR_INIT;
	char path[40];
	int r;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (fd < 0 || io_write(fd, data, size) < 0)
		abort();
	r = vex_add(&vex, path, &err);
	if (r < 0 && !*err.message)
		abort();
	openvex = vex_openvex(&vex, &subject);
	cyclonedx = vex_cyclonedx(&vex, &subject);
	if (!openvex || !cyclonedx ||
	    json_array_size(json_object_get(openvex, "statements")) != vex_count(&vex) ||
	    json_array_size(json_object_get(cyclonedx, "vulnerabilities")) != vex_count(&vex))
		abort();
	return 0;
}
