# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=perl
prepare=
features='print json time digest unicode sort missing'
command() {
	case $1 in
	print) set -- perl -e 'print "hello\n"' ;;
	json) set -- perl -MJSON::PP -e 'print encode_json({a => [1, 2]}), "\n"' ;;
	time) set -- perl -MPOSIX -e '$ENV{TZ} = "Asia/Tokyo"; POSIX::tzset(); print POSIX::strftime("%H %Z\n", localtime 0)' ;;
	digest) set -- perl -MDigest::SHA=sha256_hex -e 'print sha256_hex("x"), "\n"' ;;
	unicode) set -- perl -CS -e 'print lc("\x{130}"), "\N{GREEK SMALL LETTER ALPHA}\n"' ;;
	sort) set -- perl -MList::Util=sum -MData::Dumper -e 'print Dumper(sum 1 .. 4)' ;;
	missing) set -- perl -MNone::Such -e 1 ;;
	esac
	run "$@"
}
