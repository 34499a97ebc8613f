// SPDX-License-Identifier: BSD-2-Clause
#include "fs/operations.h"

static void op_init(void *userdata, struct fuse_conn_info *conn)
{
	const struct tracefs *fs = userdata;
	unsigned int want = FUSE_CAP_ASYNC_READ | FUSE_CAP_PARALLEL_DIROPS | FUSE_CAP_ASYNC_DIO |
			    FUSE_CAP_IOCTL_DIR;

	if (!fs->read_only)
		want |= FUSE_CAP_DONT_MASK | FUSE_CAP_AUTO_INVAL_DATA;
	if (fs->permissions)
		want |= FUSE_CAP_POSIX_ACL;
	if (fs->nodes.kept.limit)
		want |= FUSE_CAP_EXPORT_SUPPORT;
	if (fs->options->mode == MODE_FIRST)
		want |= FUSE_CAP_CACHE_SYMLINKS;
	conn->want = want & conn->capable;
	conn->max_background = 64;
	if (fs->read_only) /* nothing is written; and replies need no more room than this either */
		conn->max_write = 128 * 1024;
}

void operations_list(const struct tracefs *fs, struct fuse_lowlevel_ops *ret_ops)
{
	/* flush is missing on purpose: nothing is held back, and the kernel stops asking */
	*ret_ops = (struct fuse_lowlevel_ops){
		.init = op_init,
		.lookup = op_lookup,
		.forget = op_forget,
		.forget_multi = op_forget_multi,
		.getattr = op_getattr,
		.readlink = op_readlink,
		.access = op_access,
		.statfs = op_statfs,
		.open = op_open,
		.read = op_read,
		.release = op_release,
		.lseek = op_lseek,
		.opendir = op_opendir,
		.readdir = op_readdir,
		.releasedir = op_releasedir,
		.ioctl = op_ioctl,
		.getxattr = op_getxattr,
		.listxattr = op_listxattr,
	};
	if (fs->read_only)
		return;
	ret_ops->setattr = op_setattr;
	ret_ops->create = op_create;
	ret_ops->write = op_write;
	ret_ops->fsync = op_fsync;
	ret_ops->fsyncdir = op_fsyncdir;
	ret_ops->fallocate = op_fallocate;
	ret_ops->copy_file_range = op_copy_file_range;
	ret_ops->mknod = op_mknod;
	ret_ops->mkdir = op_mkdir;
	ret_ops->symlink = op_symlink;
	ret_ops->link = op_link;
	ret_ops->unlink = op_unlink;
	ret_ops->rmdir = op_rmdir;
	ret_ops->rename = op_rename;
	ret_ops->setxattr = op_setxattr;
	ret_ops->removexattr = op_removexattr;
}
