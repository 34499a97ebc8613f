-- SPDX-License-Identifier: BSD-2-Clause
-- The state: what the stages know, in state.db of the state directory. This file is its definition;
-- the build embeds it. sfc-state(5) is its manual. Names of things are also those of their directories
-- beside it. Times are nanoseconds since 1970 (CLOCK_REALTIME).
--
-- Every change goes the same way: note the intention (a row that is 'making' or 'going'), do it on disk
-- or in the kernel, note that it is so. Whoever finds such a row and takes its claim finds what a killed
-- command left: 'making' is taken down, 'going' is finished.

PRAGMA application_id = 1397113684;	-- 'SFCT': file(1) and state_open() know a state by it
PRAGMA user_version = 2;		-- the version of this schema; a change of meaning raises it

-- What there is once.
CREATE TABLE state (
	one        INTEGER PRIMARY KEY CHECK (one = 1),
	uuid       TEXT    NOT NULL,		-- of this state directory, in the names of what is its in the kernel
	created_ns INTEGER NOT NULL
) STRICT;

-- A root file system, or a frozen layer over another base; never changed once it is ready.
CREATE TABLE base (
	name       TEXT    PRIMARY KEY,		-- its files are base/NAME/tree; base/NAME/config.json says how
						-- to start it, where its image said so
	source     TEXT    NOT NULL,		-- what it was made from, as given: a path, debian:…, a dev name
	parent     TEXT REFERENCES base (name),	-- tree is a layer over this one; NULL: it stands alone
	created_ns INTEGER NOT NULL,
	state      TEXT    NOT NULL		-- making: not whole yet; going: being removed
	           CHECK (state IN ('making', 'ready', 'going'))
) STRICT, WITHOUT ROWID;

-- A root file system in work: a layer of its own over a base.
CREATE TABLE dev (
	name       TEXT    PRIMARY KEY,
	base       TEXT    NOT NULL REFERENCES base (name),
	source     TEXT    NOT NULL,		-- what it was created from, as given
	layer      INTEGER NOT NULL DEFAULT 1,	-- its layer is dev/NAME/LAYER/upper; commit and reset begin
						-- the next, any other number is a left-over
	created_ns INTEGER NOT NULL,
	state      TEXT    NOT NULL CHECK (state IN ('making', 'ready', 'going'))
) STRICT, WITHOUT ROWID;

-- A process that has the layer of a dev name mounted: a command or a shell in it.
CREATE TABLE visit (
	dev        TEXT    NOT NULL REFERENCES dev (name) ON DELETE CASCADE,
	pid        INTEGER NOT NULL,		-- of the sfc whose mount namespace has it
	pid_started INTEGER NOT NULL,		-- field 22 of /proc/PID/stat, so a reused pid is told apart
	pidns      INTEGER NOT NULL,		-- inode of its pid namespace: a pid means nothing outside it
	boot       TEXT    NOT NULL,		-- /proc/sys/kernel/random/boot_id
	what       TEXT    NOT NULL,		-- the command
	since_ns   INTEGER NOT NULL,
	PRIMARY KEY (dev, pid)
) STRICT, WITHOUT ROWID;

-- A package that was taken in, known by what is in it. Its file is store/kept/DIGEST.
CREATE TABLE package (
	digest     TEXT    PRIMARY KEY,		-- SHA-256 of the file, in hex
	name       TEXT,			-- what it calls itself; NULL: it does not say
	bytes      INTEGER NOT NULL,		-- of the file
	set_id     INTEGER NOT NULL,		-- 1: it holds a set-id or capability-bearing file
	installed_ns INTEGER NOT NULL,
	state      TEXT    NOT NULL CHECK (state IN ('making', 'ready', 'going'))
) STRICT, WITHOUT ROWID;

-- An application: a name for a package, and for the instances that stand on it.
CREATE TABLE app (
	name       TEXT    PRIMARY KEY,
	package    TEXT    NOT NULL REFERENCES package (digest),	-- new instances stand on it
	previous   TEXT REFERENCES package (digest),	-- what rollback goes to
	updating   TEXT REFERENCES package (digest),	-- where an update leads that is under way, or was killed
	installed_ns INTEGER NOT NULL,
	updated_ns INTEGER NOT NULL		-- when it got its package
) STRICT, WITHOUT ROWID;

-- One copy of an application: how it is to be run, and a layer of its own, app/APP/NAME/layer.
CREATE TABLE instance (
	app        TEXT    NOT NULL REFERENCES app (name),
	name       TEXT    NOT NULL,
	package    TEXT    NOT NULL REFERENCES package (digest),	-- it stands on
	asked      TEXT    NOT NULL,		-- what was asked for it, as JSON: options by their names
	before     TEXT,			-- what was asked before the update that is under way
	user       TEXT    NOT NULL,		-- whose limits count
	ephemeral  INTEGER NOT NULL,		-- 1: what it writes is forgotten at its end
	guard      TEXT CHECK (guard IN ('report', 'heal', 'deny')),	-- NULL: none
	guard_source TEXT,			-- the root that heals
	wanted     TEXT    NOT NULL CHECK (wanted IN ('up', 'down')),
	created_ns INTEGER NOT NULL,
	state      TEXT    NOT NULL CHECK (state IN ('making', 'ready', 'going')),
	PRIMARY KEY (app, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX instance_by_package ON instance (package);

-- One time that an instance was up, the newest with the highest id. The kernel's things of it, and its
-- directory run/CONTAINER, carry its container's name.
CREATE TABLE run (
	id         INTEGER PRIMARY KEY AUTOINCREMENT,
	app        TEXT    NOT NULL,
	instance   TEXT    NOT NULL,
	package    TEXT    NOT NULL,		-- it stood on
	container  TEXT    NOT NULL UNIQUE,	-- APP-INSTANCE-STATE-ID, of the state's uuid the beginning
	state      TEXT    NOT NULL CHECK (state IN ('making', 'up', 'ended')),
	boot       TEXT    NOT NULL,		-- /proc/sys/kernel/random/boot_id; of another nothing runs
	pidns      INTEGER NOT NULL,		-- inode of the pid namespace that the numbers are of
	pid        INTEGER,			-- its first process; NULL: there is none yet
	pid_started INTEGER,			-- field 22 of /proc/PID/stat, so a reused pid is told apart
	conmon     INTEGER,			-- who keeps its log and waits for its end
	conmon_started INTEGER,
	network    INTEGER,			-- who forwards its ports; NULL: there are none
	network_started INTEGER,
	waiter     INTEGER,			-- who starts it again after a pause
	waiter_started INTEGER,
	guard      INTEGER,			-- the tracefs of its guard; NULL: it has none
	guard_started INTEGER,
	guard_device TEXT,			-- of its mount, 'MAJOR:MINOR': tracefs is asked by it
	cgroup     TEXT,			-- below each hierarchy
	stop_signal INTEGER,			-- what it is asked to end with
	restarts   INTEGER NOT NULL DEFAULT 0,	-- how often it was started again by itself since it was started
	begun_ns   INTEGER NOT NULL,
	ready_ns   INTEGER,			-- NULL: not yet
	ended_ns   INTEGER,
	status     INTEGER,			-- as a shell has it; NULL once it has ended: nobody saw how
	oom        INTEGER NOT NULL DEFAULT 0,	-- 1: a process of it was killed for want of memory
	said       TEXT,			-- why it did not come up
	FOREIGN KEY (app, instance) REFERENCES instance (app, name) ON DELETE CASCADE
) STRICT;

CREATE INDEX run_by_instance ON run (app, instance, id);

-- A root that is traced between commands: `sfc test start`, `sfc test mount`. Its manifest is
-- test/NAME/manifest.db. A service lives as long as the sfc that stays with it, which has the claim 'test/NAME'.
CREATE TABLE test (
	name       TEXT    PRIMARY KEY,		-- of the dev name
	kind       TEXT    NOT NULL CHECK (kind IN ('service', 'mount')),
	label      TEXT    NOT NULL,		-- of its session in the manifest
	asked      TEXT    NOT NULL,		-- what was asked for it, as JSON: options by their names
	container  TEXT    NOT NULL,		-- its name; '' of a mount
	state      TEXT    NOT NULL CHECK (state IN ('making', 'up', 'going')),
	pid        INTEGER NOT NULL,		-- of that sfc, told apart as in visit; 0 of a mount
	pid_started INTEGER NOT NULL,
	pidns      INTEGER NOT NULL,
	boot       TEXT    NOT NULL,
	begun_ns   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened to something, oldest first by id.
CREATE TABLE event (
	id         INTEGER PRIMARY KEY,
	at_ns      INTEGER NOT NULL,
	object     TEXT    NOT NULL,		-- 'dev/web', 'base/v1', 'app/web', 'instance/web/1': as in claim
	who        TEXT    NOT NULL,		-- the person: the login's user, else sudo's caller
	what       TEXT    NOT NULL		-- 'created from src', 'committed as v1', a command line
) STRICT;

CREATE INDEX event_by_object ON event (object, id);

-- Who is changing something just now. Taken and given back by whole commands; one whose owner is dead is
-- nobody's, and whoever finds it takes it.
CREATE TABLE claim (
	object     TEXT    PRIMARY KEY,		-- as in event; also 'package/DIGEST' and 'test/web'
	pid        INTEGER NOT NULL,		-- the owner, told apart as in visit
	pid_started INTEGER NOT NULL,
	pidns      INTEGER NOT NULL,
	boot       TEXT    NOT NULL,
	since_ns   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
