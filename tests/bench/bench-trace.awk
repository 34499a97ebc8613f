# SPDX-License-Identifier: BSD-2-Clause
# Lines "CONFIG WORKLOAD cold|warm NANOSECONDS" into a table of ratios to native, or into JSON.

{
	key = $1 SUBSEP $2 SUBSEP $3
	if (!($1 in config_seen)) {
		config_seen[$1] = 1
		configs[++config_count] = $1
	}
	if (!($2 in workload_seen)) {
		workload_seen[$2] = 1
		workloads[++workload_count] = $2
	}
	values[key, ++counts[key]] = $4
}

function median(config, workload, heat,		key, n, i, j, v, sorted) {
	key = config SUBSEP workload SUBSEP heat
	n = counts[key]
	if (!n)
		return 0
	for (i = 1; i <= n; i++) {
		v = values[key, i]
		for (j = i - 1; j > 0 && sorted[j] > v; j--)
			sorted[j + 1] = sorted[j]
		sorted[j + 1] = v
	}
	return n % 2 ? sorted[(n + 1) / 2] : (sorted[n / 2] + sorted[n / 2 + 1]) / 2
}

# To native-warm; a first run without any mount is not what cold is compared with.
function ratio(config, workload, heat,		base, got) {
	base = median("native", workload, "warm")
	got = median(config, workload, heat)
	return base && got ? got / base : 0
}

function number(value) {
	return value == 0 ? "-" : value < 9.995 ? sprintf("%.2f", value) : sprintf("%.1f", value)
}

function cell(config, workload,		warm, cold) {
	warm = ratio(config, workload, "warm")
	cold = ratio(config, workload, "cold")
	return config == "native" || !cold ? number(warm) : number(warm) " (" number(cold) ")"
}

function quoted(text) {
	gsub(/["\\]/, "\\\\&", text)
	return "\"" text "\""
}

function print_table(	i, j) {
	printf "%s\n%s, %s\n", machine, tracefs, date
	printf "warm (cold) in multiples of native warm, medians of %d interleaved rounds; find: %d entries; files of %d MiB\n\n", rounds, entries, mib
	printf "%-15s", ""
	for (j = 1; j <= workload_count; j++)
		printf " %14s", workloads[j]
	printf "\n%-15s", "native, ms"
	for (j = 1; j <= workload_count; j++)
		printf " %14.3f", median("native", workloads[j], "warm") / 1e6
	printf "\n"
	for (i = 1; i <= config_count; i++) {
		if (configs[i] == "native")
			continue
		printf "%-15s", configs[i]
		for (j = 1; j <= workload_count; j++)
			printf " %14s", cell(configs[i], workloads[j])
		printf "\n"
	}
	printf "\nnginx, redis and pgbench are the time of one request: their throughput is 1 / the figure\n"
}

function print_json(	i, j, separator) {
	printf "{\"machine\":%s,\"date\":%s,\"tracefs\":%s,\"rounds\":%d,\"find\":%s,\"find_entries\":%d,\"file_mib\":%d,\"results\":[",
		quoted(machine), quoted(date), quoted(tracefs), rounds, quoted(found), entries, mib
	for (i = 1; i <= config_count; i++)
		for (j = 1; j <= workload_count; j++) {
			if (!median(configs[i], workloads[j], "warm"))
				continue
			printf "%s\n{\"config\":%s,\"workload\":%s,\"warm_ns\":%.0f,\"cold_ns\":%.0f,\"warm_ratio\":%.4f,\"cold_ratio\":%.4f}",
				separator, quoted(configs[i]), quoted(workloads[j]),
				median(configs[i], workloads[j], "warm"), median(configs[i], workloads[j], "cold"),
				ratio(configs[i], workloads[j], "warm"), ratio(configs[i], workloads[j], "cold")
			separator = ","
		}
	printf "\n]}\n"
}

END {
	if (json == "yes")
		print_json()
	else
		print_table()
}
