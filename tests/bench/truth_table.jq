# Of the rows of experiment-truth.sh its table: applications, and over all of them.
#
# Halves: what stat guesses without any run (pack/cmd/margins.c) was taken from those applications whose names have
# an even number of letters, "tuned". The width of its interval was settled when they and the others, "seen", had
# been looked at. Eleven applications had no result by then; rules, guesses and interval were not touched for them:
# "fresh". They judge.
def rank: {none: 0, own: 1, near: 2, module: 3, package: 4, depends: 5}[.margin];
def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def part($a; $b): if $b == 0 then null else $a / $b end;
def half: if IN("dovecot", "exim4", "ffmpeg", "gcc", "git", "imagemagick", "mariadb", "mojolicious", "postgresql",
		"privoxy", "tomcat") then "fresh" elif length % 2 == 0 then "tuned" else "seen" end;
def held: .failed / .features >= .said.low - 1e-6 and .failed / .features <= .said.high + 1e-6;
# what a label's run used and a margin lacks, each with the first level that has it
def lacking($said; $feature; $margin):
	first($said.left_out[] | select(.label == $feature)).levels as $levels |
	($levels | map(.level) | index($margin)) as $at |
	[$levels[$at].missing[] | . as $path | {path: $path, margin: (first($levels[$at:][] | select(.missing | index([$path]) | not) | .level) // null)}];

# The part of a beta distribution below x, as pack/report/chance.c has it.
def fraction($a; $b; $x):
	def some: if fabs < 1e-300 then 1e-300 else . end;
	(1 / (1 - ($a + $b) * $x / ($a + 1) | some)) as $d |
	reduce range(1; 200) as $m ({c: 1, d: $d, v: $d};
		($m * ($b - $m) * $x / (($a + 2 * $m - 1) * ($a + 2 * $m))) as $even |
		(-($a + $m) * ($a + $b + $m) * $x / (($a + 2 * $m) * ($a + 2 * $m + 1))) as $odd |
		.d = 1 / (1 + $even * .d | some) | .c = (1 + $even / .c | some) | .v *= .c * .d |
		.d = 1 / (1 + $odd * .d | some) | .c = (1 + $odd / .c | some) | .v *= .c * .d) | .v;
def below($a; $b; $x):
	if $x <= 0 then 0 elif $x >= 1 then 1 else
		(($a + $b | lgamma) - ($a | lgamma) - ($b | lgamma) + $a * ($x | log) + $b * (1 - $x | log) | exp) as $front |
		if $x < ($a + 1) / ($a + $b + 2) then $front * fraction($a; $b; $x) / $a
		else 1 - $front * fraction($b; $a; 1 - $x) / $b end
	end;
# What stat would say of some labels, and whether its interval holds what was seen of the others: the first are
# foreseen to miss something by their traces, the second failed or passed. $level: what was said of all $trials
# labels, from which the guess of that level comes back: mean = (missing + weight * guess) / (trials + weight).
def weight: 2; # CHANCE_WEIGHT
def holds($level; $trials; $first; $second):
	($first | map(select(.predicted > 0)) | length) as $k | ($first | length) as $n |
	(($level.chance * ($trials + weight) - $level.labels_missing) / weight) as $guess |
	($k + weight * $guess) as $a | ($n - $k + weight * (1 - $guess)) as $b |
	(($second | map(select(.passes | not)) | length) / ($second | length)) as $seen |
	($k == 0 or below($a; $b; $seen + 1e-6) >= 0.025) and ($k == $n or below($a; $b; $seen - 1e-6) <= 0.975);
# Every second label, and the others: each half says, and the other is what was seen.
def halves($level; $trials):
	[to_entries[] | select(.key % 2 == 0).value] as $even | [to_entries[] | select(.key % 2 == 1).value] as $odd |
	[holds($level; $trials; $even; $odd), holds($level; $trials; $odd; $even)];

[sort_by(.app)[] |
	.app as $app | .said as $said |
	.rows | group_by(rank)[] | .[0].margin as $margin | ($said.levels[] | select(.level == $margin)) as $level | {
		app: $app, margin: $margin, half: ($app | half),
		features: length, failed: map(select(.passes | not)) | length,
		foreseen: map(select(.predicted > 0)) | length,
		failing: [.[] | select(.passes | not) | {feature, lacks: lacking($said; .feature; $margin), missed: .misses}],
		bytes: (map(.bytes) | add / length | floor),
		said: ($level | {chance, low, high, labels_missing}),
		halves: halves($level; $said.labels)
	}
] as $rows | ($rows | map(select(.margin == "none") | {(.app): .}) | add) as $none |
def sums: {
	margin: .[0].margin, applications: length, features: map(.features) | add, failed: map(.failed) | add,
	foreseen: map(.foreseen) | add,
	mended: part(map($none[.app].failed - .failed) | add; map($none[.app].failed) | add),
	ratio: map(.bytes / $none[.app].bytes) | median,
	unnamed: [.[].failing[] | select(.lacks == [] and .missed == [])] | length,
	held: map(select(held)) | length,
	halves_held: [.[].halves[] | select(.)] | length, halves: [.[].halves[]] | length
};
{applications: $rows, margins: [$rows | group_by(rank)[] | sums],
	halves: [$rows | group_by(.half)[] | .[0].half as $half | group_by(rank)[] | sums + {half: $half}]}
