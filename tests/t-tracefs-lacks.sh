#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What a mount lacks it says: with however few descriptors tracefs mounts and works, or fails
# with its reason, in no time; and who kills what was to serve it is named. By /dev/fuse and by io_uring.
# shellcheck source=tests/lib.sh
. "${srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/fs/lib.sh
. "$srcdir/tests/fs/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires prlimit --version

mkdir -p source mnt
echo hello >source/file
enable=/sys/module/fuse/parameters/enable_uring
transports=dev
if [ -w $enable ]; then
	on_exit sh -c "echo $(cat $enable) >$enable" # the setting is the whole machine's
	echo Y >$enable
	transports="dev uring"
else
	echo "no $enable: io_uring is not tried"
fi

# mounted OPTIONS LIMIT…: works, refuses or fails with a reason, or anything else
mounted() {
	options=$1
	shift
	prlimit "$@" timeout -k 1 60 tracefs -o "manifest=$manifest,catalog=no,$options" source mnt 2>said
	status=$?
	if [ $status = 0 ]; then
		got=$(timeout -k 1 60 cat mnt/file 2>&1)
		case $got in
		hello) echo works ;;
		*'Too many open files') echo refuses ;; # to whom it has none left for
		*) echo "mounted, and says '$got'" ;;
		esac
		umount mnt
		wait_for 60 no_session_open || echo "its session does not end"
	elif [ $status = 1 ] && grep -q '^tracefs: ..' said; then
		echo fails
	else
		echo "exit $status: $(cat said)"
	fi
	mountpoint -q mnt && umount -l mnt && echo "it is mounted still"
}

for transport in $transports; do
	for shape in scratch=tmpfs rw; do
		rm -f "$manifest"*
		n=6
		while [ $n -le 40 ]; do
			echo "$n $(mounted "$shape,transport=auto" "--nofile=$n:$n")"
			n=$((n + 1))
		done >outcomes
		check_equal "$transport, $shape: with few descriptors it works or says why not" \
			"$(cut -d ' ' -f 2- outcomes | sort -u | grep -vx refuses | tr '\n' ' ')" "fails works "
		check_equal "$transport, $shape: with 40 it works" "$(tail -n 1 outcomes)" "40 works"
	done
	# what io_uring has too few descriptors for goes by /dev/fuse
	[ "$transport" = dev ] || check_equal "that is told when it was asked for" \
		"$(awk '$2 == "works" { print $1; exit }' outcomes | { read -r least; mounted rw,transport=uring "--nofile=$least:$least"; grep -c 'transport=uring, but' said; } | tr '\n' ' ')" "fails 1 "
done

# Who was to serve it is killed while it waits for a manifest that somebody else has locked.
(sqlite3 -bail "$manifest" 'BEGIN EXCLUSIVE' '.shell touch held; while [ -e held ]; do sleep 0.05; done' 'COMMIT' >holder 2>&1) &
holder=$!
wait_for 20 test -e held
tracefs -o "manifest=$manifest" source mnt 2>said &
parent=$!
server() { ps -o pid= --ppid $parent; }
wait_for 20 sh -c "ps -o pid= --ppid $parent | grep -q ." 
kill -9 "$(server | head -n 1 | tr -d ' ')"
wait $parent
check_equal "a server that is killed before it is ready: exit 1" $? 1
check_equal "with the reason" "$(cat said)" "tracefs: the process that was to serve the mount was ended by signal 9 (Killed)"
check "and nothing is mounted" sh -c "! mountpoint -q mnt"
rm -f held
wait $holder
finish
