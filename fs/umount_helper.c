// SPDX-License-Identifier: BSD-2-Clause
#include "fs/umount_helper.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "db/base/array.h"
#include "db/base/cleanup.h"
#include "db/base/log.h"
#include "db/base/text.h"
#include "fs/control.h"

/* umount(8) without its helpers, that is, without us; its status. */
static int umount_by_itself(const char **words)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		execvp(words[0], (char **)words);
		log_error("cannot run umount: %s", strerror(errno));
		_exit(1);
	}
	while (child > 0 && waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return 1;
	return child > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

/* TARGET [-flnrv] [-N NAMESPACE] [-t TYPE], as it calls its helpers; true when it is to be lazy. */
static bool words_of(int argc, char **argv, const char **words, size_t room)
{
	bool lazy = false;
	size_t n = 0;

	words[n++] = "umount";
	words[n++] = "-i";
	for (int i = 2; i < argc && n + 3 < room; i++) {
		if (strcmp(argv[i], "-t") == 0 || strcmp(argv[i], "-N") == 0) {
			i++;
			continue;
		}
		lazy |= argv[i][0] == '-' && strchr(argv[i], 'l');
		words[n++] = argv[i];
	}
	words[n++] = "--";
	words[n++] = argv[1];
	words[n] = NULL;
	return lazy;
}

int umount_helper(int argc, char **argv)
{
	_cleanup_(text_release) struct text answer = TEXT_INIT;
	struct error err = ERROR_INIT;
	const char *words[24];
	int status, fd = -1;

	if (argc < 2) {
		log_error("this is for umount(8) to call; say umount MOUNTPOINT");
		return 2;
	}
	/* whoever is inside goes on after a lazy one, and so does the session */
	if (!words_of(argc, argv, words, sizeof(words) / sizeof(*words)))
		fd = control_begin(argv[1], "follow", NULL);
	status = umount_by_itself(words);
	if (fd < 0 || status != 0) {
		closep(&fd);
		return status;
	}
	if (control_end(fd, argv[1], &answer, &err) == 0)
		return 0;
	log_error("%s", err.message);
	return 1;
}

/*
 * The table is libmount's. It is taken from whoever called us, mount(8), and not linked: nobody else
 * needs it, and where there is none there is no mount(8) to ask it.
 */
static bool note_by(void *library, const char *source, const char *mountpoint)
{
	void *(*fs_new)(void) = dlsym(library, "mnt_new_fs");
	void (*fs_free)(void *) = dlsym(library, "mnt_unref_fs");
	int (*fs_source)(void *, const char *) = dlsym(library, "mnt_fs_set_source");
	int (*fs_target)(void *, const char *) = dlsym(library, "mnt_fs_set_target");
	int (*fs_options)(void *, const char *) = dlsym(library, "mnt_fs_set_options");
	void *(*update_new)(void) = dlsym(library, "mnt_new_update");
	void (*update_free)(void *) = dlsym(library, "mnt_free_update");
	int (*update_set)(void *, unsigned long, const char *, void *) =
		dlsym(library, "mnt_update_set_fs");
	int (*update_table)(void *, void *) = dlsym(library, "mnt_update_table");
	void *fs, *update;
	bool done;

	if (!fs_new || !fs_free || !fs_source || !fs_target || !fs_options || !update_new ||
	    !update_free || !update_set || !update_table)
		return false;
	fs = fs_new();
	update = update_new();
	done = fs && update && fs_source(fs, source) == 0 && fs_target(fs, mountpoint) == 0 &&
	       fs_options(fs, "helper=tracefs") == 0 && update_set(update, 0, NULL, fs) == 0 &&
	       update_table(update, NULL) == 0;
	if (update)
		update_free(update);
	if (fs)
		fs_free(fs);
	return done;
}

void umount_helper_note(const char *source, const char *mountpoint)
{
	void *library = dlopen("libmount.so.1", RTLD_NOW | RTLD_LOCAL);

	if (!library || !note_by(library, source, mountpoint))
		log_note("umount(8) will not wait for the end of the session: its table could not be "
			 "written");
	if (library)
		dlclose(library);
}
