-- SPDX-License-Identifier: BSD-2-Clause
-- The manifest: what traced runs touched. This file is its definition; the build embeds it, and
-- `sqlite3 new.db < schema.sql` makes an empty manifest by hand. manifest(5) is its manual.
-- Paths are raw bytes stored as TEXT: absolute inside the traced root, no trailing slash, "/" is the
-- root. Times are nanoseconds since 1970 (CLOCK_REALTIME). A boolean is 0 or 1.

PRAGMA application_id = 1397965645;	-- 'SSCM': file(1) and manifest_open() know a manifest by it
PRAGMA user_version = 4;		-- the version of this schema; a change of meaning raises it

-- One run under trace, from mount to unmount.
CREATE TABLE session (
	id         INTEGER PRIMARY KEY,
	uuid       TEXT    NOT NULL UNIQUE,	-- lower-case, with dashes; merging goes by it
	label      TEXT    NOT NULL,		-- what the operator called it; need not be unique
	kind       TEXT    NOT NULL		-- 'test', or 'prod' for misses that came back
	           CHECK (kind IN ('test', 'prod')),
	mode       TEXT    NOT NULL		-- 'every' call seen, or the 'first' use of each path
	           CHECK (mode IN ('every', 'first')),
	exact      INTEGER NOT NULL DEFAULT 1,	-- 0: counts are lower bounds (attr_timeout, mode first)
	source     TEXT    NOT NULL,		-- the traced root as the host names it
	command    TEXT,			-- JSON array: argv of what was run; NULL when unknown
	cwd        TEXT,			-- of the start, inside the root; NULL when unknown
	uid        INTEGER,			-- of the start; NULL when unknown
	gid        INTEGER,
	env        TEXT,			-- JSON object: variables of the start that matter
	host       TEXT    NOT NULL,		-- uname -n
	kernel     TEXT    NOT NULL,		-- uname -r
	tool       TEXT    NOT NULL,		-- 'tracefs 0.1.0'
	started_ns INTEGER NOT NULL,
	ended_ns   INTEGER,			-- NULL until ended
	state      TEXT    NOT NULL		-- open: being written (or its writer died unnoticed)
	           CHECK (state IN ('open', 'complete', 'interrupted')),
	pid        INTEGER NOT NULL DEFAULT 0,	-- of the writer, 0 when none is left
	pid_started INTEGER NOT NULL DEFAULT 0,	-- field 22 of /proc/PID/stat, so a reused pid is told apart
	pidns      INTEGER NOT NULL DEFAULT 0,	-- inode of its pid namespace: a pid means nothing outside it
	boot       TEXT    NOT NULL DEFAULT '',	-- /proc/sys/kernel/random/boot_id of the writer
	events     INTEGER NOT NULL DEFAULT 0,	-- operations seen
	dropped    INTEGER NOT NULL DEFAULT 0,	-- operations seen and not recorded: 0, or not to be trusted
	problem    TEXT				-- why it is not whole, in words; NULL when nothing went wrong
);

-- One path inside the root, and what was there when the newest mount first saw it. A row only learns:
--   nothing was found, later something is   what is found now is kept, and whose work it is;
--   a run created it, later a session
--     finds it in the source                the source is kept;
--   it was in the source                    kept as it was, whatever runs change, delete or re-create,
--                                           until tracefs is mounted anew and finds it in the source.
CREATE TABLE entry (
	id       INTEGER PRIMARY KEY,
	path     TEXT    NOT NULL UNIQUE,
	kind     TEXT				-- NULL: nothing was found there, or nothing looked
	         CHECK (kind IN ('file', 'dir', 'link', 'char', 'block', 'fifo', 'socket')),
	size     INTEGER,			-- bytes; of a link, of its target's name
	mode     INTEGER,			-- permission bits, 07777
	uid      INTEGER,
	gid      INTEGER,
	mtime_ns INTEGER,
	nlink    INTEGER,
	target   TEXT,				-- of a link; NULL when nobody read it
	origin   TEXT    NOT NULL DEFAULT 'source'	-- 'created' by the run itself, else 'source'
	         CHECK (origin IN ('source', 'created'))
);

-- Who did it.
CREATE TABLE program (
	id   INTEGER PRIMARY KEY,
	exe  TEXT NOT NULL,			-- path as seen inside the root; '' when it could not be known
	comm TEXT NOT NULL,			-- the task's name, 15 bytes at most
	UNIQUE (exe, comm)
);

-- Many operations of one kind on one path by one program with one result, added up. The key starts
-- with the entry, so that one path's accesses lie together and the views below need no sorting.
CREATE TABLE access (
	session   INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
	entry     INTEGER NOT NULL REFERENCES entry (id),
	op        TEXT    NOT NULL
	          CHECK (op IN ('lookup', 'stat', 'access', 'readlink', 'open', 'exec', 'readdir',
	                        'getxattr', 'create', 'mkdir', 'mknod', 'symlink', 'link', 'unlink',
	                        'rmdir', 'rename', 'write', 'setattr', 'setxattr')),
	errno     INTEGER NOT NULL,		-- 0: success
	program   INTEGER NOT NULL REFERENCES program (id),
	count     INTEGER NOT NULL,		-- how many operations
	reading   INTEGER NOT NULL DEFAULT 0,	-- for opens: any of them for reading
	writing   INTEGER NOT NULL DEFAULT 0,	-- for opens: any of them for writing
	executing INTEGER NOT NULL DEFAULT 0,	-- for opens: any of them by exec
	first_seq INTEGER NOT NULL,		-- number of the first in the order of the session, from 1
	first_ns  INTEGER NOT NULL,
	last_ns   INTEGER NOT NULL,
	PRIMARY KEY (entry, session, op, errno, program)
) WITHOUT ROWID;

-- Every path of the source root, so that "left out" and "never existed" can be told apart. In a
-- package, directories far from all that was used may be folded: such a row is the directory and what
-- is in it; of that only the directories have rows of their own, folded too.
CREATE TABLE catalog (
	path   TEXT    PRIMARY KEY,
	kind   TEXT    NOT NULL			-- as in entry
	       CHECK (kind IN ('file', 'dir', 'link', 'char', 'block', 'fifo', 'socket')),
	size   INTEGER NOT NULL,		-- bytes; 0 for what has no contents; folded: of all files in it
	mode   INTEGER,				-- permission bits, 07777; NULL: listed before version 3
	names  INTEGER,				-- folded: how many names are in the directory; else NULL
	files  INTEGER,				-- folded: how many of them are regular files; else NULL
	digest BLOB				-- folded: of the sorted names, each with a byte 0 behind it, the
						-- first 8 bytes of their SHA-256; else NULL
) WITHOUT ROWID;

-- The raw stream, one row per operation; empty unless tracefs was told log=events.
CREATE TABLE event (
	session INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
	seq     INTEGER NOT NULL,		-- order within the session, from 1
	ns      INTEGER NOT NULL,
	pid     INTEGER NOT NULL,		-- thread id as the host sees it, 0 when unknown
	program INTEGER NOT NULL REFERENCES program (id),
	op      TEXT    NOT NULL,
	entry   INTEGER NOT NULL REFERENCES entry (id),
	errno   INTEGER NOT NULL,
	PRIMARY KEY (session, seq)
) WITHOUT ROWID;

-- What a session that was told to learn used of what a profile can take away: kind 'calls' is a family of system
-- calls, 'capability' one of those that containers have by default. A row for each it looked for, used 0 or 1; a
-- session without any did not look.
CREATE TABLE learned (
	session INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
	kind    TEXT    NOT NULL CHECK (kind IN ('calls', 'capability')),
	name    TEXT    NOT NULL,
	used    INTEGER NOT NULL,
	PRIMARY KEY (session, kind, name)
) WITHOUT ROWID;

-- What a package was made of: each path in it, and what brought it in, as "tracepack why" says it. Empty
-- but in the manifest of a package.
CREATE TABLE packed (
	path    TEXT    PRIMARY KEY,
	kind    TEXT    NOT NULL		-- as in entry
	        CHECK (kind IN ('file', 'dir', 'link', 'char', 'block', 'fifo', 'socket')),
	size    INTEGER NOT NULL,		-- bytes; 0 for what has no contents
	package TEXT,				-- of the distribution, that has it; NULL: none, or unknown
	reason  TEXT    NOT NULL,		-- 'session', 'rule', 'needed', 'interpreter', ...
	because TEXT,				-- the path it is in for; NULL: none
	detail  TEXT				-- of the reason: a rule, a custom, a library's name; or NULL
) WITHOUT ROWID;

-- The distribution's packages that were installed in the source, and what of them is in the package.
-- Files are all but directories.
CREATE TABLE package (
	name       TEXT    PRIMARY KEY,
	version    TEXT    NOT NULL,
	files      INTEGER NOT NULL,
	bytes      INTEGER NOT NULL,
	files_kept INTEGER NOT NULL,
	bytes_kept INTEGER NOT NULL
) WITHOUT ROWID;

-- When a service came into another state, as who started it saw: 'started', 'ready', 'probe', 'stopping'.
CREATE TABLE phase (
	session INTEGER NOT NULL REFERENCES session (id) ON DELETE CASCADE,
	name    TEXT    NOT NULL,
	ns      INTEGER NOT NULL,
	PRIMARY KEY (session, name)
) WITHOUT ROWID;

-- Errors by name, with the numbers of most Linux; 0 is success.
CREATE VIEW error (errno, name) AS
	VALUES (0, 'ok'), (1, 'EPERM'), (2, 'ENOENT'), (4, 'EINTR'), (5, 'EIO'), (6, 'ENXIO'), (9, 'EBADF'),
	       (11, 'EAGAIN'), (12, 'ENOMEM'), (13, 'EACCES'), (16, 'EBUSY'), (17, 'EEXIST'), (18, 'EXDEV'),
	       (19, 'ENODEV'), (20, 'ENOTDIR'), (21, 'EISDIR'), (22, 'EINVAL'), (23, 'ENFILE'), (24, 'EMFILE'),
	       (26, 'ETXTBSY'), (27, 'EFBIG'), (28, 'ENOSPC'), (30, 'EROFS'), (31, 'EMLINK'), (34, 'ERANGE'),
	       (36, 'ENAMETOOLONG'), (38, 'ENOSYS'), (39, 'ENOTEMPTY'), (40, 'ELOOP'), (61, 'ENODATA'),
	       (75, 'EOVERFLOW'), (95, 'EOPNOTSUPP'), (116, 'ESTALE'), (122, 'EDQUOT');

-- Programs, and whether one is the tool's own: what puts the container up before the service's program
-- runs. The runtime's may be a copy in memory, which inside the root was called '/'.
CREATE VIEW actor AS
	SELECT id, exe, comm,
	       exe = '/' OR comm LIKE 'runc:[%' OR (comm IN ('sfc', 'crun', 'runc', 'tracefs')
	                                            AND (exe = '' OR exe LIKE '%/' || comm)) AS setup
	FROM program;

-- Accesses in words: one row per access with the path, the program and the session spelled out. Setting
-- the container up is the tool's, but not what it executes: that is where the service begins.
CREATE VIEW accesses AS
	SELECT entry.path, access.op, access.errno, access.count, actor.exe, actor.comm,
	       access.reading, access.writing, access.executing,
	       access.first_seq, access.first_ns, access.last_ns, session.label, session.uuid,
	       actor.setup AND access.op <> 'exec' AS setup
	FROM access
	JOIN entry   ON entry.id = access.entry
	JOIN actor   ON actor.id = access.program
	JOIN session ON session.id = access.session;

-- The same to be read: seconds since the session began, errors by name, whose file it is.
CREATE VIEW calls AS
	SELECT session.label, round((access.first_ns - session.started_ns) / 1e9, 3) AS first,
	       round((access.last_ns - session.started_ns) / 1e9, 3) AS last, access.count, access.op,
	       coalesce(error.name, 'errno ' || access.errno) AS result, entry.path, packed.package,
	       actor.exe, actor.comm, actor.setup AND access.op <> 'exec' AS setup,
	       strftime('%Y-%m-%d %H:%M:%f', access.first_ns / 1e9, 'unixepoch') AS time	-- of the first, UTC
	FROM access
	JOIN entry       ON entry.id = access.entry
	JOIN actor       ON actor.id = access.program
	JOIN session     ON session.id = access.session
	LEFT JOIN error  ON error.errno = access.errno
	LEFT JOIN packed ON packed.path = entry.path;

-- What the service needs: paths of the source that were used with success, and by whom first.
-- Creating a path is no use of it, and what a run created is never needed. A path that was in the
-- source is needed even when the run deleted it afterwards or put another in its place; one that was
-- missing until the run created it is not. Who was refused (EACCES) has looked the name up before,
-- with success, and that lookup is the use. What only the tool's own set-up looked at (mount points,
-- /etc/resolv.conf) is left out. package and reason are known in the manifest of a package.
CREATE VIEW needed AS
	WITH run (id, base) AS (
		-- sessions in the order they started, far enough apart for every first_seq
		SELECT id, row_number() OVER (ORDER BY started_ns, id) << 40 FROM session
	), used AS (
		-- program is that of the row with the least first: SQLite says so of min()
		SELECT access.entry, access.program, min(run.base + access.first_seq) AS first,
		       sum(iif(access.op IN ('open', 'exec'), access.count, 0)) AS opens,
		       sum(iif(access.op = 'stat', access.count, 0)) AS stats,
		       sum(iif(access.op = 'readlink', access.count, 0)) AS readlinks,
		       count(DISTINCT access.session) AS sessions
		FROM access CROSS JOIN run ON run.id = access.session
		JOIN actor ON actor.id = access.program
		WHERE access.errno = 0 AND NOT (actor.setup AND access.op <> 'exec')
		  AND access.op NOT IN ('create', 'mkdir', 'mknod', 'symlink', 'link')
		GROUP BY access.entry
	)
	SELECT entry.path, entry.kind, entry.size, used.opens, used.stats, used.readlinks,
	       program.exe AS first_exe, used.sessions,
	       row_number() OVER (ORDER BY used.first) AS first_seq,	-- 1 was used first of all
	       packed.package, packed.reason
	FROM used
	JOIN entry       ON entry.id = used.entry
	JOIN program     ON program.id = used.program
	LEFT JOIN packed ON packed.path = entry.path
	WHERE entry.origin = 'source';

-- What it looked for in vain: ENOENT (2) and ENOTDIR (20), the same numbers on every Linux. A name
-- looked up just before the run created it is left out. A path of the source is here when the run
-- had deleted it, or when a 'prod' session missed it in a package.
CREATE VIEW missing AS
	SELECT entry.path, access.op, access.errno, sum(access.count) AS count, program.exe
	FROM access
	JOIN entry   ON entry.id = access.entry
	JOIN program ON program.id = access.program
	WHERE access.errno IN (2, 20) AND entry.origin = 'source'
	GROUP BY access.entry, access.op, access.errno, program.exe;

-- What no session ever touched, not even in vain: the catalog less every path with an access. A folded
-- directory stands for what is in it: nobody touched any of that, whatever became of itself.
CREATE VIEW untouched AS
	SELECT path, kind, size, names
	FROM catalog
	WHERE names IS NOT NULL
	   OR NOT EXISTS (SELECT 1 FROM entry JOIN access ON access.entry = entry.id
	                  WHERE entry.path = catalog.path);
