// SPDX-License-Identifier: BSD-2-Clause
#include "stage/layer/quota.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/dqblk_xfs.h>
#include <linux/fs.h>
#include <linux/quota.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "db/base/cleanup.h"

#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

enum { BLOCK = 1024, TRIES = 4096 };

static int call(int fd, unsigned int command, uint32_t id, void *data)
{
	return syscall(SYS_quotactl_fd, fd, QCMD(command, PRJQUOTA), id, data) < 0 ? -errno : 0;
}

/* The project that new files here belong to; 0: none. */
static uint32_t project_of(int directory)
{
	struct fsxattr attributes;

	if (ioctl(directory, FS_IOC_FSGETXATTR, &attributes) < 0 ||
	    !(attributes.fsx_xflags & FS_XFLAG_PROJINHERIT))
		return 0;
	return attributes.fsx_projid;
}

/* Counted is not yet held: a file system may be mounted without the limits. Nor is an account there for us below one. */
bool quota_is_there(int directory)
{
	struct fs_quota_statv state = {.qs_version = FS_QSTATV_VERSION1};

	return project_of(directory) == 0 && call(directory, Q_XGETQSTATV, 0, &state) == 0 &&
	       (state.qs_flags & FS_QUOTA_PDQ_ENFD);
}

/* 1 its account's number, 0 it has none: what it inherited is the account of whoever owns the disk. */
static int number_of(int directory, uint32_t *ret_id)
{
	_cleanup_(closep) int parent = openat(directory, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	uint32_t id = project_of(directory);

	if (parent < 0 || id == 0 || project_of(parent) == id)
		return 0;
	*ret_id = id;
	return 1;
}

int quota_find(int directory, uint64_t *ret_size)
{
	struct if_dqblk account;
	uint32_t id;

	if (!number_of(directory, &id) || call(directory, Q_GETQUOTA, id, &account) < 0)
		return 0;
	*ret_size = account.dqb_bhardlimit * BLOCK;
	return 1;
}

/* One that nobody has: no limit and nothing in it. */
static bool is_free(int directory, uint32_t id)
{
	struct if_dqblk account;
	int r = call(directory, Q_GETQUOTA, id, &account);

	return r == -ENOENT || (r == 0 && !account.dqb_bhardlimit && !account.dqb_curspace &&
				!account.dqb_curinodes);
}

/* The directory's own number is as good as any, and seldom another's. */
static int take_number(int directory, uint32_t *ret_id, struct error *err)
{
	struct fsxattr attributes;
	struct stat st;
	uint32_t id;

	if (fstat(directory, &st) < 0 || ioctl(directory, FS_IOC_FSGETXATTR, &attributes) < 0)
		return error_errno(err, "cannot look at the layer's account");
	id = (uint32_t)st.st_ino;
	for (int i = 0; i < TRIES && (id == 0 || id == UINT32_MAX || !is_free(directory, id)); i++)
		id++;
	if (id == 0 || id == UINT32_MAX || !is_free(directory, id))
		return error_set(err, -ENOSPC, "there is no free account for the layer");
	attributes.fsx_projid = id;
	attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
	if (ioctl(directory, FS_IOC_FSSETXATTR, &attributes) < 0)
		return error_errno(err, "cannot give the layer an account");
	*ret_id = id;
	return 0;
}

int quota_set(int directory, uint64_t size, struct error *err)
{
	struct if_dqblk account = {.dqb_bhardlimit = (size + BLOCK - 1) / BLOCK, .dqb_valid = QIF_BLIMITS};
	uint32_t id = 0;
	int r = number_of(directory, &id) ? 0 : take_number(directory, &id, err);

	if (r < 0)
		return r;
	r = call(directory, Q_SETQUOTA, id, &account);
	return r < 0 ? error_code(err, r, "cannot limit the layer") : 0;
}
