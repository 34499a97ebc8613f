#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# No program notices it: some hundreds of questions to a file system (tests/fs/behave.h), asked of a
# plain directory, of overlayfs over it, and of tracefs in both shapes. What may differ is listed, with
# its reason, in tests/fs/behave.differences.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse

behave=$builddir/tests/fs/behave
allowed=$srcdir/tests/fs/behave.differences
# the questions are also asked by other users, who have to get here
chmod 755 "$dir"

# prepare NAME: the old files, in a directory of that name.
prepare() {
	mkdir "$1"
	check "the files of $1 can be prepared" "$behave" prepare "$1"
}

# ask NAME DIRECTORY: the answers, in NAME.answers.
ask() {
	"$behave" check "$2" >"$1.answers"
	check_equal "all questions to $1 are answered" $? 0
}

# same_answers SHAPE NAME: what tracefs in that shape answered, and what NAME did.
# shellcheck disable=SC2317 # check calls it
same_answers() {
	awk -v shape="$1" -f "$srcdir/tests/fs/differences.awk" "$allowed" "$2.answers" "$1.answers"
}

# summary_of DIRECTORY: contents, owners, attributes and times of all there is, looked at without a trace.
summary_of() {
	mkdir -p view
	mount --bind "$1" view
	mount -o remount,bind,noatime view
	tar -C view --numeric-owner --sort=name --xattrs --xattrs-include='*' --acls --format=posix \
		--pax-option=exthdr.name=%d/%f --warning=no-file-ignored -c . | sha256sum
	umount view
}

prepare native
ask native native
check "it is some hundreds of questions" test "$(wc -l <native.answers)" -gt 1500

prepare lower
mkdir upper work overlay
mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay overlay || skip "no overlayfs here"
ask overlay overlay
umount overlay
echo "overlay over native, against native (not ours to judge):"
awk -v shape=none -f "$srcdir/tests/fs/differences.awk" "$allowed" native.answers overlay.answers | tail -1

prepare source
summary_of source >before
mount_tracefs scratch="$dir/scratch" "$dir/source" "$dir/mnt"
ask scratch mnt
unmount_tracefs "$dir/mnt"
check "tracefs with scratch= answers as overlayfs does" same_answers scratch overlay
session_whole "the session with scratch= is whole"
summary_of source >after
check "with scratch= the source is not written" diff before after

prepare first-source
summary_of first-source >before
mount_tracefs mode=first,scratch="$dir/scratch-first" "$dir/first-source" "$dir/mnt"
ask first mnt
unmount_tracefs "$dir/mnt"
check "tracefs with mode=first answers as overlayfs does" same_answers first overlay
session_whole "the session with mode=first is whole"
summary_of first-source >after
check "with mode=first the source is not written" diff before after

prepare plain-source
mount_tracefs label=plain "$dir/plain-source" "$dir/mnt"
ask plain mnt
unmount_tracefs "$dir/mnt"
check "tracefs without scratch= answers as the source does" same_answers plain native
session_whole "the session without scratch= is whole"

# each difference that is allowed is told to the reader of tracefs(1)
sed -n 's/^\(scratch\|first\|plain\) .*# \([^:]*\): .*/\2/p' "$allowed" | sort -u >words
check "there are words to look for" test -s words
while IFS= read -r word; do
	check "tracefs(1) tells of $word" grep -qF -e "$word" "$srcdir/fs/tracefs.1"
done <words
finish
