# Of the rows of experiment-truth.sh its table: applications, and over all of them.
def rank: {none: 0, own: 1, near: 2, module: 3, package: 4, depends: 5}[.margin];
def median: sort | if length == 0 then null elif length % 2 == 1 then .[length / 2 | floor] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
def part($a; $b): if $b == 0 then null else $a / $b end;
map(
	.app as $app | .said as $said |
	[.rows | group_by(rank)[] | .[0].margin as $margin | {
		app: $app, margin: $margin, features: length, failed: map(select(.passes | not)) | length,
		failing: [.[] | select(.passes | not) | {feature, predicted, misses}],
		silent: map(select((.passes | not) and (.misses == []))) | length,
		unforeseen: map(select((.passes | not) and .predicted == 0)) | length,
		bytes: (map(.bytes) | add / length | floor),
		said: ($said.levels[] | select(.level == $margin) | {chance, low, high, labels_missing})
	}]
) | (add // []) as $rows | ($rows | map(select(.margin == "none") | {(.app): .}) | add) as $none |
{applications: $rows, margins: [$rows | group_by(rank)[] | {
	margin: .[0].margin, features: map(.features) | add, failed: map(.failed) | add,
	mended: part(map($none[.app].failed - .failed) | add; map($none[.app].failed) | add),
	ratio: map(.bytes / $none[.app].bytes) | median,
	silent: map(.silent) | add, unforeseen: map(.unforeseen) | add,
	held: map(select(.failed / .features >= .said.low - 1e-6 and .failed / .features <= .said.high + 1e-6)) | length,
	applications: length
}]}
