# shellcheck shell=sh disable=SC2016,SC2034 # what another shell reads; what tests/apps/README says
packages=gcc,libc6-dev
prepare='mkdir -p /srv/c && cd /srv/c && printf "#include <stdio.h>\nint main(void) { puts(\"hello\"); return 0; }\n" >hello.c &&
	printf "#include <math.h>\n#include <stdlib.h>\n#include <stdio.h>\nint main(int n, char **v) { printf(\"%%.3f\\\\n\", sqrt(n + 1.0)); (void)v; return 0; }\n" >root.c && echo "int x = ;" >wrong.c &&
	printf "#include <pthread.h>\n#include <stdio.h>\nstatic void *f(void *d) { return d; }\nint main(void) { pthread_t t; pthread_create(&t, 0, f, 0); pthread_join(t, 0); puts(\"joined\"); return 0; }\n" >thread.c'
features='compile math static wrong shared sanitize openmp assembly lto coverage header'
command() {
	case $1 in
	compile) set -- sh -c 'cd /tmp && gcc -o a /srv/c/hello.c && ./a' ;;
	math) set -- sh -c 'cd /tmp && gcc -O2 -o a /srv/c/root.c -lm && ./a' ;;
	static) set -- sh -c 'cd /tmp && gcc -static -o a /srv/c/hello.c && ./a' ;;
	wrong) set -- gcc -c -o /tmp/x.o /srv/c/wrong.c ;;
	shared) set -- sh -c 'cd /tmp && gcc -shared -fPIC -o libx.so /srv/c/thread.c && echo made' ;;
	sanitize) set -- sh -c 'cd /tmp && gcc -fsanitize=undefined -o a /srv/c/hello.c && ./a' ;;
	openmp) set -- sh -c 'cd /tmp && gcc -fopenmp -o a /srv/c/thread.c && ./a' ;;
	assembly) set -- gcc -S -O1 -o - /srv/c/hello.c ;;
	lto) set -- sh -c 'cd /tmp && gcc -flto -O2 -o a /srv/c/hello.c && ./a' ;;
	coverage) set -- sh -c 'cd /tmp && gcc --coverage -o a /srv/c/hello.c && ./a' ;;
	header) set -- sh -c 'printf "#include <sys/socket.h>\n#include <netdb.h>\n#include <limits.h>\nint x = AF_INET;\n" | gcc -x c -fsyntax-only - && echo fine' ;;
	esac
	run "$@"
}
