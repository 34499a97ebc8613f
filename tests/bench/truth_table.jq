# Of the rows of experiment-truth.sh its table: applications, and over all of them. What stat guesses without
# any run (pack/cmd/margins.c) was taken from those whose names have an even number of letters, "tuned"; the
# others judge it.
def rank: {none: 0, own: 1, near: 2, module: 3, package: 4, depends: 5}[.margin];
def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def part($a; $b): if $b == 0 then null else $a / $b end;
def held: .failed / .features >= .said.low - 1e-6 and .failed / .features <= .said.high + 1e-6;
# what a label's run used and a margin lacks, each with the first level that has it
def lacking($said; $feature; $margin):
	first($said.left_out[] | select(.label == $feature)).levels as $levels |
	($levels | map(.level) | index($margin)) as $at |
	[$levels[$at].missing[] | . as $path | {path: $path, margin: (first($levels[$at:][] | select(.missing | index([$path]) | not) | .level) // null)}];
[sort_by(.app)[] |
	.app as $app | .said as $said |
	.rows | group_by(rank)[] | .[0].margin as $margin | {
		app: $app, margin: $margin, tuned: ($app | length % 2 == 0),
		features: length, failed: map(select(.passes | not)) | length,
		foreseen: map(select(.predicted > 0)) | length,
		failing: [.[] | select(.passes | not) | {feature, lacks: lacking($said; .feature; $margin), missed: .misses}],
		bytes: (map(.bytes) | add / length | floor),
		said: ($said.levels[] | select(.level == $margin) | {chance, low, high, labels_missing})
	}
] as $rows | ($rows | map(select(.margin == "none") | {(.app): .}) | add) as $none |
{applications: $rows, margins: [$rows | group_by(rank)[] | {
	margin: .[0].margin, features: map(.features) | add, failed: map(.failed) | add, foreseen: map(.foreseen) | add,
	mended: part(map($none[.app].failed - .failed) | add; map($none[.app].failed) | add),
	ratio: map(.bytes / $none[.app].bytes) | median,
	unnamed: [.[].failing[] | select(.lacks == [] and .missed == [])] | length,
	held: map(select(held)) | length, applications: length,
	judged_held: map(select(held and (.tuned | not))) | length, judged: map(select(.tuned | not)) | length
}]}
