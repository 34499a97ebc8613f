#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Random layers, as the builders of images write them, come out as umoci unpacks them, or are refused with
# the reason why.
#
# umoci's way stands where engines differ among themselves: containerd and podman make the directory of a
# whiteout that hides nothing, and give a file the attributes of a hard link's header; podman refuses a name twice.
#
# SFC_TEST_LONG: 10,000 layers, others each time; SFC_TEST_LAYERS: so many, SFC_TEST_SEED: from there on.
. "${srcdir:-.}/tests/lib.sh"
requires root
requires umoci --version

wanted=${SFC_TEST_LAYERS:-200} seed=${SFC_TEST_SEED:-1}
[ "${SFC_TEST_LONG:-0}" = 0 ] || wanted=10000 seed=${SFC_TEST_SEED:-$(date +%s)}
layers=3
echo "from seed $seed on"

# What is refused with intent, where umoci stays at the root or goes on.
explained='leads out of the root|is a hard link to .* which leads|more than 40 symbolic links|names nothing'

# What a layer says: times of directories come from where their names last changed, and umoci's from the clock.
listing() {
	"$builddir/tests/image/list-tree" "$1" | sed -E 's/^([^ ]* 04[0-7]* [0-9:]*) [0-9-]+/\1/'
}

# same_as_umoci SEED: what differs stays in out/.
same_as_umoci() {
	rm -rf out && mkdir out || exit 99
	"$builddir/tests/image/random-layers" out/image "$1" "$layers" >out/entries || exit 99
	umoci unpack --image out/image:x out/theirs >out/umoci 2>&1
	theirs=$?
	tracepack import -q out/image -o out/ours 2>out/tracepack
	ours=$?
	case $theirs:$ours in
	0:0)
		both=$((both + layers))
		listing out/theirs/rootfs >out/a
		listing out/ours >out/b
		cmp -s out/a out/b
		;;
	0:1) refused=$((refused + layers)) && grep -qE "$explained" out/tracepack ;;
	*:1) failed=$((failed + layers)) ;;
	*) false ;;
	esac
}

both=0 refused=0 failed=0 different=
while [ $((both + refused + failed)) -lt "$wanted" ] && [ -z "$different" ]; do
	same_as_umoci "$seed" || different=$seed
	seed=$((seed + 1))
done
if [ -n "$different" ]; then
	cat out/entries out/umoci out/tracepack
	diff out/a out/b
fi
check_equal "no image comes out otherwise" "$different" ""
check "most are taken" test "$both" -gt $((wanted / 2))
echo "$both layers alike, $refused refused for a reason, $failed by umoci, too"
finish
