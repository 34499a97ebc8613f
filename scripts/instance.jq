# SPDX-License-Identifier: BSD-2-Clause
# The OCI configuration of one instance, from that of its package (standard input, as tracepack config
# prints it: checked, destinations of mounts without "//" and "..") and from how it is to be run ($o). A
# package comes from elsewhere, so only what describes the program is taken from it: arguments,
# environment, directory, user, tmpfs mounts. What touches the host (bind mounts, devices, hooks,
# namespaces, limits, seccomp, annotations) is decided here, and capabilities are cut to the usual set of
# a container.

def usual_capabilities: [
	"CAP_AUDIT_WRITE", "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_KILL",
	"CAP_MKNOD", "CAP_NET_BIND_SERVICE", "CAP_NET_RAW", "CAP_SETFCAP", "CAP_SETGID", "CAP_SETPCAP",
	"CAP_SETUID", "CAP_SYS_CHROOT"
];

def usual_mounts: [
	{destination: "/proc", type: "proc", source: "proc", options: ["nosuid", "noexec", "nodev"]},
	{destination: "/dev", type: "tmpfs", source: "tmpfs",
	 options: ["nosuid", "strictatime", "mode=755", "size=65536k"]},
	{destination: "/dev/pts", type: "devpts", source: "devpts",
	 options: ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]},
	{destination: "/dev/shm", type: "tmpfs", source: "shm",
	 options: ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]},
	{destination: "/dev/mqueue", type: "mqueue", source: "mqueue",
	 options: ["nosuid", "noexec", "nodev"]},
	{destination: "/sys", type: "sysfs", source: "sysfs",
	 options: ["nosuid", "noexec", "nodev", "ro"]}
];

def variable: split("=")[0];
# Later settings win, each in the place of the earlier one.
def merged_env($more):
	($more | map(variable)) as $names
	| map(select(variable as $n | $names | index($n) | not)) + $more;

def volume:
	split(":") as $v
	| {destination: $v[1], type: "bind", source: $v[0],
	   options: ["rbind", if $v[2] == "ro" then "ro" else "rw" end]};

def own_namespaces($network):
	[{type: "pid"}, {type: "ipc"}, {type: "uts"}, {type: "mount"}]
	+ if $network == "host" then []
	  elif $network | startswith("/") then [{type: "network", path: $network}]
	  else [{type: "network"}] end;

(usual_mounts | map(.destination)) as $taken
| ((.process.capabilities.bounding // usual_capabilities)
   | map(select(. as $c | usual_capabilities | index($c)))) as $capabilities
| {
	ociVersion: "1.0.2",
	root: {path: $o.root, readonly: false},
	hostname: $o.hostname,
	process: {
		terminal: false,
		user: ($o.user // .process.user // {uid: 0, gid: 0}),
		args: ($o.args // .process.args),
		env: ((.process.env // []) | merged_env($o.env)),
		cwd: ($o.cwd // .process.cwd // "/"),
		noNewPrivileges: (.process.noNewPrivileges // false),
		capabilities: {
			bounding: $capabilities, effective: $capabilities, permitted: $capabilities
		}
	},
	mounts: (
		usual_mounts
		+ [(.mounts // [])[]
		   | select(.type == "tmpfs" and (.destination as $d | $taken | index($d) | not))
		   | {destination, type, source: "tmpfs", options: ((.options // []) + ["nosuid", "nodev"])}]
		+ ($o.volumes | map(volume))
	),
	linux: ({
		cgroupsPath: $o.cgroup,
		namespaces: own_namespaces($o.network),
		resources: ({devices: [{allow: false, access: "rwm"}]}
			+ if $o.memory then {memory: ({limit: $o.memory} + if $o.swap then {swap: $o.memory} else {} end)} else {} end
			+ if $o.cpus then {cpu: {period: 100000, quota: ($o.cpus * 100000 | floor)}} else {} end
			+ if $o.pids then {pids: {limit: $o.pids}} else {} end),
		maskedPaths: [
			"/proc/acpi", "/proc/asound", "/proc/kcore", "/proc/keys", "/proc/latency_stats",
			"/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi", "/sys/firmware"
		],
		readonlyPaths: ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"]
	})
}
