# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=git
prepare='git config --system user.name ann && git config --system user.email ann@mail.example && git config --system safe.directory "*" &&
	git init -q -b main /srv/work && cd /srv/work && echo one >file && git add file && GIT_COMMITTER_DATE="2020-01-01T00:00:00Z" git commit -q -m first --date 2020-01-01T00:00:00Z &&
	echo two >>file && GIT_COMMITTER_DATE="2020-01-02T00:00:00Z" git commit -q -a -m second --date 2020-01-02T00:00:00Z && git tag v1 && git branch side HEAD~1'
features='log status commit clone merge stash blame archive gc bad grep patch'
command() {
	case $1 in
	log) set -- git -C /srv/work log --stat ;;
	status) set -- git -C /srv/work status ;;
	commit) set -- sh -c 'cd /srv/work && echo three >>file && git commit -q -a -m third && git log --format=%s' ;;
	clone) set -- sh -c 'git clone -q --no-hardlinks /srv/work /tmp/copy && cat /tmp/copy/file' ;;
	merge) set -- sh -c 'cd /srv/work && git checkout -q side && git merge -q main && git log --format=%s' ;;
	stash) set -- sh -c 'cd /srv/work && echo x >>file && git stash -q && git stash pop -q && git diff --stat' ;;
	blame) set -- git -C /srv/work blame file ;;
	archive) set -- git -C /srv/work archive --format=tar --prefix=x/ v1 ;;
	gc) set -- sh -c 'cd /srv/work && git gc -q && git fsck && git count-objects' ;;
	bad) set -- git -C /srv/work nonesuch ;;
	grep) set -- git -C /srv/work grep two ;;
	patch) set -- git -C /srv/work format-patch --stdout HEAD~1 --zero-commit ;;
	esac
	run "$@"
}
