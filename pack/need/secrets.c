// SPDX-License-Identifier: BSD-2-Clause
#include "pack/need/secrets.h"

#include <string.h>

#include "db/base/path.h"

static const struct {
	const char *pattern;
	const char *what;
	bool unless_read; /* a program that reads it cannot do without */
	bool harmless;    /* an exception to what stands below */
} places[] = {
	{"/etc/ssh/ssh_host_*_key.pub", NULL, false, true},
	{".ssh/known_hosts", "SSH known hosts", false, false},
	{".ssh/**", "SSH directory", false, false},
	{"/etc/ssh/ssh_host_*_key", "SSH host key", false, false},
	{"id_rsa", "SSH key", false, false},
	{"id_ecdsa", "SSH key", false, false},
	{"id_ed25519", "SSH key", false, false},
	{"/etc/shadow*", "password hashes", true, false},
	{"/etc/gshadow*", "password hashes", true, false},
	{"/etc/security/opasswd", "password hashes", true, false},
	{"/etc/krb5.keytab", "Kerberos key", true, false},
	{"/etc/sudoers.d/**", "sudo rules", true, false},
	{".netrc", "login data", false, false},
	{".pgpass", "login data", false, false},
	{".my.cnf", "login data", false, false},
	{".git-credentials", "login data", false, false},
	{".npmrc", "login data", false, false},
	{".pypirc", "login data", false, false},
	{".htpasswd", "password hashes", true, false},
	{".aws/**", "cloud credentials", false, false},
	{".azure/**", "cloud credentials", false, false},
	{".config/gcloud/**", "cloud credentials", false, false},
	{".config/gh/**", "login data", false, false},
	{".kube/**", "cloud credentials", false, false},
	{".docker/config.json", "login data", false, false},
	{".config/containers/auth.json", "login data", false, false},
	{".gnupg/**", "GnuPG directory", false, false},
	{".password-store/**", "passwords", false, false},
	{".vault-token", "login data", false, false},
	{".bash_history", "shell history", false, false},
	{".zsh_history", "shell history", false, false},
	{".ash_history", "shell history", false, false},
	{".sh_history", "shell history", false, false},
	{".local/share/fish/fish_history", "shell history", false, false},
	{".python_history", "history", false, false},
	{".node_repl_history", "history", false, false},
	{".psql_history", "history", false, false},
	{".mysql_history", "history", false, false},
	{".sqlite_history", "history", false, false},
	{".rediscli_history", "history", false, false},
	{".lesshst", "history", false, false},
	{".viminfo", "history", false, false},
};

const char *secrets_of_path(const char *path, bool *ret_unless_read)
{
	uint64_t initials = path_initials(path);

	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (!path_may_match(places[i].pattern, initials) ||
		    !path_match(places[i].pattern, path))
			continue;
		*ret_unless_read = places[i].unless_read;
		return places[i].harmless ? NULL : places[i].what;
	}
	return NULL;
}

/* Is a line of the area "-----BEGIN … PRIVATE KEY-----" (PEM, RFC 7468) or OpenSSH's or PGP's like? */
static bool has_pem_key(const char *head, size_t size)
{
	static const char begin[] = "-----BEGIN ", key[] = "PRIVATE KEY";
	const char *at = head, *end = head + size, *line_end;

	while ((at = memmem(at, (size_t)(end - at), begin, sizeof(begin) - 1))) {
		line_end = memchr(at, '\n', (size_t)(end - at));
		if (!line_end)
			line_end = end;
		if ((at == head || at[-1] == '\n') &&
		    memmem(at, (size_t)(line_end - at), key, sizeof(key) - 1) &&
		    line_end < end)
			return true;
		at = line_end;
	}
	return false;
}

const char *secrets_of_contents(const char *head, size_t size)
{
	static const char putty[] = "PuTTY-User-Key-File-";

	/* programs that know the words are not keys: a key is text */
	if (memchr(head, '\0', size))
		return NULL;
	if (size > sizeof(putty) && memcmp(head, putty, sizeof(putty) - 1) == 0)
		return "private key";
	return has_pem_key(head, size) ? "private key" : NULL;
}
