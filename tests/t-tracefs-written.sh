#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is written to a scratch is in the manifest, though the overlay takes it: made, changed, taken away, a new
# directory for all that is in it; what is only read is not, nor are the overlay's own marks.
. "${srcdir:-.}/tests/lib.sh"
requires root
requires fuse
requires sqlite3 --version
requires busybox true

mkdir -p root/bin root/dev root/etc root/log/deep root/proc root/sys root/tmp
cp "$(command -v busybox)" root/bin/busybox
for applet in sh cat rm mkdir touch ln mv; do ln -s busybox "root/bin/$applet"; done
for file in read changed gone moved; do echo $file >root/etc/$file; done
chmod 1777 root/tmp

written() {
	sqlite3 "$1" "SELECT op || ' ' || path FROM accesses WHERE exe = '' AND comm = '' ORDER BY path" | paste -sd' '
}
run='cat /etc/read; echo x >>/etc/changed; rm /etc/gone; mkdir -p /log/new/er; touch /log/new/er/file /log/deep/a /tmp/t; ln -s a /log/link; mv /etc/moved /log/deep/moved'
for scratch in tmpfs "$dir/scratch"; do
	tracefs -o "manifest=$dir/m.db,scratch=$scratch" root -- /bin/sh -c "$run" >/dev/null
	check_equal "${scratch##*/}: what was written, and no more" "$(written m.db)" \
		'write /etc/changed unlink /etc/gone unlink /etc/moved create /log/deep/a create /log/deep/moved symlink /log/link mkdir /log/new create /tmp/t'
	check_equal "${scratch##*/}: it is no event" "$(sqlite3 m.db "SELECT events = (SELECT sum(count) FROM accesses WHERE exe <> '' OR comm <> '') FROM session")" 1
	check_equal "${scratch##*/}: what is new is no file of the source" "$(sqlite3 m.db "SELECT count(*) FROM needed WHERE path LIKE '/log/%/%'")" 0
	check_equal "${scratch##*/}: the session is whole" "$(sqlite3 m.db 'SELECT state, dropped FROM session')" 'complete|0'
	rm -f m.db*
done
tracefs -o "manifest=$dir/none.db,scratch=tmpfs" root -- /bin/cat /etc/read >/dev/null
check_equal "nothing was written, nothing is noted" "$(written none.db)" ''
finish
