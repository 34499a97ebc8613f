// SPDX-License-Identifier: BSD-2-Clause
#include "stage/instance/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "db/base/cleanup.h"
#include "db/base/io.h"
#include "db/base/json.h"
#include "db/base/path.h"
#include "pack/layer/extract.h"
#include "pack/layer/layer.h"
#include "pack/oci/store.h"
#include "pack/source/scan.h"
#include "pack/tree/content_file.h"
#include "stage/container/checkpoint.h"
#include "stage/instance/stop.h"
#include "stage/layer/directory.h"
#include "stage/mount/marks.h"
#include "stage/mount/user.h"
#include "stage/mount/work.h"
#include "stage/spec/spec_json.h"
#include "stage/state/event.h"

enum { FORMAT = 1, ABOUT_MAX = 1 << 20, READ_SIZE = 1 << 18 };

/* By this name the state knows one that it made. */
static void object_of(const char *digest, char *buffer, size_t size)
{
	snprintf(buffer, size, "checkpoint/sha256:%s", digest);
}

/* ---- out ---- */

/* What cannot be brought back is not taken away. */
static int refuse(const struct instance *instance, struct error *err)
{
	const char *what = instance->guard		     ? "a guard"
			   : instance->ephemeral	     ? "--ephemeral"
			   : instance->spec.layer_size	     ? "--layer-size"
			   : (instance->spec.network != NETWORK_UNSET && instance->spec.network != NETWORK_HOST) ||
					   instance->spec.ports.count
				   ? "a network of its own"
				   : NULL;

	if (user_is_plain())
		return error_set(err, -EPERM, "a checkpoint is root's alone: CRIU needs to be root of the machine");
	return what ? error_set(err, -EOPNOTSUPP, "%s/%s has %s, which a checkpoint cannot bring back", instance->app,
				instance->name, what)
		    : 0;
}

static int scan_into(struct tree *tree, const char *name, const char *path, struct scan **ret_scan, int *ret_fd,
		     struct error *err)
{
	struct scan_options options = {.no_xattrs = false};
	int r = node_add(tree_root(tree), name, S_IFDIR | 0700, &options.top);

	*ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (*ret_fd < 0)
		return error_errno(err, "cannot open '%s'", path);
	if (r < 0 || scan_new(*ret_fd, &options, ret_scan) < 0)
		return error_oom(err);
	return scan_all(*ret_scan, tree, err);
}

static int add_about(struct tree *tree, const struct instance *instance, struct error *err)
{
	_cleanup_(json_freep) json_t *about =
		json_pack("{s:i, s:s, s:s, s:s, s:o}", "format", FORMAT, "app", instance->app, "instance",
			  instance->name, "package", instance->package, "asked", spec_to_json(&instance->spec));
	_cleanup_(freep) char *text = about ? json_dumps(about, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
	struct node *node;

	if (!text || node_add(tree_root(tree), "checkpoint.json", S_IFREG | 0600, &node) < 0 ||
	    inode_set_bytes(node->inode, text, strlen(text)) < 0)
		return error_oom(err);
	return 0;
}

static int write_file(const struct instance *instance, const char *images, const char *upper,
		      struct io_output *output, struct layer_written *ret_written, struct error *err)
{
	const struct layer_write_options options = {.compression = LAYER_ZSTD};
	_cleanup_(scan_freep) struct scan *of_images = NULL, *of_layer = NULL;
	_cleanup_(closep) int images_fd = -1, layer_fd = -1;
	_cleanup_(tree_freep) struct tree *tree = NULL;
	int r = tree_new(&tree) < 0 ? error_oom(err) : 0;

	if (r == 0)
		r = add_about(tree, instance, err);
	if (r == 0)
		r = scan_into(tree, "images", images, &of_images, &images_fd, err);
	if (r == 0)
		r = scan_into(tree, "layer", upper, &of_layer, &layer_fd, err);
	if (r == 0)
		r = marks_to_names(tree, err);
	if (r == 0)
		r = layer_write(tree_root(tree), &options, output->fd, ret_written, err);
	/* what tree borrows goes after it */
	tree_freep(&tree);
	tree = NULL;
	return r;
}

static int want(struct state *state, struct instance *instance, bool up, struct error *err)
{
	int r = instance_want(state, instance->app, instance->name, up, err);

	if (r == 0)
		instance->wanted = up;
	return r;
}

static int make_images(struct state *state, struct instance *instance, const struct run *run, const char *images,
		       struct error *err)
{
	const struct container_checkpoint request = {
		.spec = &instance->spec,
		.name = run->note.name,
		.work = work_path("/container"),
		.where = (pid_t)run->note.conmon.pid,
		.directory = images,
	};
	struct error other = ERROR_INIT;
	int r = directory_remove_at(AT_FDCWD, images, images, err);

	if (r == 0 && mkdir(images, 0700) < 0)
		r = error_errno(err, "cannot make '%s'", images);
	/* its end is then nobody's to mend */
	if (r == 0)
		r = want(state, instance, false, err);
	if (r < 0)
		return r;
	r = container_checkpoint(&request, err);
	if (r < 0)
		want(state, instance, true, &other);
	return r;
}

static int note(struct state *state, const struct instance *instance, const char *path, const char *digest,
		struct error *err)
{
	char object[160];
	int r;

	object_of(digest, object, sizeof(object));
	r = event_note(state, object, err, "made of %s/%s: %s", instance->app, instance->name, path);
	instance_object(instance->app, instance->name, object, sizeof(object));
	return r < 0 ? r : event_note(state, object, err, "checkpoint %s: sha256:%s", path, digest);
}

int instance_checkpoint(struct state *state, struct instance *instance, struct run *run, const char *path, bool force,
			struct checkpoint_written *ret_written, struct error *err)
{
	_cleanup_(freep) char *images = state_path(state, "app/%s/%s/images", instance->app, instance->name);
	_cleanup_(freep) char *upper = state_path(state, "app/%s/%s/layer/upper", instance->app, instance->name);
	_cleanup_(io_output_release) struct io_output output = IO_OUTPUT_INIT;
	struct layer_written written;
	int r = images && upper ? refuse(instance, err) : error_oom(err);

	if (r == 0 && !force && access(path, F_OK) == 0)
		r = error_set(err, -EEXIST, "'%s' exists; use --force to replace it", path);
	if (r == 0)
		r = io_output_open(&output, path, 0600, err);
	if (r < 0)
		return r;
	output.only_new = !force;
	r = make_images(state, instance, run, images, err);
	if (r == 0) {
		r = write_file(instance, images, upper, &output, &written, err);
		/* on the disk before anybody is told its digest */
		if (r == 0)
			r = io_publish(&output, err);
		if (r == 0)
			r = note(state, instance, path, written.digest, err);
		if (r < 0)
			return error_prefix(err, r, "it has ended, and what it was is in '%s'", images);
		r = instance_take_down(state, instance, run, err);
	}
	directory_remove_at(AT_FDCWD, images, images, NULL);
	if (r == 0) {
		memcpy(ret_written->digest, written.digest, sizeof(written.digest));
		ret_written->size = written.size;
	}
	return r;
}

/* ---- in ---- */

void checkpoint_release(struct checkpoint *checkpoint)
{
	free(checkpoint->app);
	free(checkpoint->name);
	free(checkpoint->package);
	spec_release(&checkpoint->spec);
	tree_free(checkpoint->tree);
	content_file_free(checkpoint->contents);
	*checkpoint = (struct checkpoint)CHECKPOINT_INIT;
}

static int digest_file(int fd, const char *path, char ret_hex[DIGEST_HEX_SIZE], struct error *err)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	_cleanup_(freep) char *buffer = malloc(READ_SIZE);
	uint64_t at = 0;
	ssize_t n;

	if (!buffer || digest_new(&digest) < 0)
		return error_oom(err);
	while ((n = io_pread(fd, buffer, READ_SIZE, at)) > 0) {
		if (digest_add(digest, buffer, (size_t)n) < 0)
			return error_set(err, -EIO, "cannot digest");
		at += (uint64_t)n;
	}
	if (n < 0)
		return error_code(err, (int)n, "cannot read '%s'", path);
	return digest_finish(digest, ret_hex) < 0 ? error_set(err, -EIO, "cannot digest") : 0;
}

static int is_there(const struct event_row *event, void *data)
{
	(void)event;
	(void)data;
	return 1;
}

/* What is in it runs as it says: somebody has to stand for it. */
static int check_known(struct state *state, const char *path, const char *hex, const char *asked, bool *ret_own,
		       struct error *err)
{
	char object[160];
	int r;

	if (asked && (strncmp(asked, "sha256:", 7) != 0 || strcmp(asked + 7, hex) != 0))
		return error_set(err, -EBADMSG, "'%s' is sha256:%s, not %s", path, hex, asked);
	object_of(hex, object, sizeof(object));
	r = event_each(state, object, is_there, NULL, err);
	*ret_own = r > 0;
	return r == 0 && !asked ? error_set(err, -EPERM,
				  "'%s' was not made here, and is as powerful as root: --digest sha256:%s says that it is "
				  "to be believed",
				  path, hex)
		      : r < 0 ? r : 0;
}

static int read_about(struct checkpoint *checkpoint, struct error *err)
{
	struct node *node = tree_find(checkpoint->tree, "/checkpoint.json");
	_cleanup_(freep) char *text = NULL;
	_cleanup_(json_freep) json_t *about = NULL;
	_cleanup_(closep) int fd = -1;
	const char *app, *name, *package;
	uint64_t offset;
	int r;

	if (!node || !S_ISREG(node->inode->mode) || node->inode->size > ABOUT_MAX)
		return error_set(err, -EBADMSG, "is no checkpoint");
	r = content_open(node, &fd, &offset, err);
	if (r < 0)
		return r;
	text = malloc(node->inode->size + 1);
	if (!text)
		return error_oom(err);
	if (io_pread(fd, text, node->inode->size, offset) != (ssize_t)node->inode->size)
		return error_set(err, -EIO, "cannot be read");
	r = json_read(text, node->inode->size, ABOUT_MAX, &about, err);
	if (r < 0)
		return r;
	app = json_text(about, "app");
	name = json_text(about, "instance");
	package = json_text(about, "package");
	if (json_integer_value(json_object_get(about, "format")) != FORMAT || !app || !name || !package)
		return error_set(err, -EBADMSG, "is no checkpoint of this version");
	r = state_check_name("an application", app, err);
	if (r == 0)
		r = state_check_name("an instance", name, err);
	if (r == 0)
		r = spec_from_json(json_object_get(about, "asked"), &checkpoint->spec, err);
	if (r < 0)
		return r == -EINVAL ? -EBADMSG : r;
	checkpoint->app = strdup(app);
	checkpoint->name = strdup(name);
	checkpoint->package = strdup(package);
	return checkpoint->app && checkpoint->name && checkpoint->package ? 0 : error_oom(err);
}

int checkpoint_open(struct state *state, const char *path, const char *digest, struct checkpoint *ret_checkpoint,
		    struct error *err)
{
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	_cleanup_(checkpoint_release) struct checkpoint checkpoint = CHECKPOINT_INIT;
	struct layer_options options = {.digested = true, .max_ratio = UINT64_MAX};
	const struct layer_source source = {.fd = fd, .name = path};
	char whole[8 + DIGEST_HEX_SIZE];
	struct layer_stats stats = {0};
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, "cannot open '%s'", path);
	if (!S_ISREG(st.st_mode))
		return error_set(err, -EBADMSG, "'%s' is not a file", path);
	r = digest_file(fd, path, checkpoint.digest, err);
	if (r == 0)
		r = check_known(state, path, checkpoint.digest, digest, &checkpoint.own, err);
	if (r == 0)
		r = content_file_new(NULL, &checkpoint.contents, err);
	if (r == 0 && tree_new(&checkpoint.tree) < 0)
		r = error_oom(err);
	if (r < 0)
		return r;
	/* what is taken apart is what was digested, whoever writes to it meanwhile */
	snprintf(whole, sizeof(whole), "sha256:%s", checkpoint.digest);
	options.digest = whole;
	options.contents = checkpoint.contents;
	r = layer_apply(&source, &options, checkpoint.tree, &stats, err);
	if (r == 0) {
		r = read_about(&checkpoint, err);
		if (r < 0)
			return error_prefix(err, r, "'%s'", path);
	}
	if (r == 0) {
		*ret_checkpoint = checkpoint;
		checkpoint = (struct checkpoint)CHECKPOINT_INIT;
	}
	return r;
}
