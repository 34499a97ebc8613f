# experiment-truth.sh's table as text, cells with | between.
def rounded($n): . * $n | round | . / $n;
def percent: if . then "\(. * 100 | round) %" else "-" end;
def sums: "\(.margin)|\(.failed)|\(.foreseen)|\(.features)|\(.mended | percent)|\(.ratio | rounded(1000))|\(.held) of \(
	.applications)|\(.halves_held) of \(.halves)|\(.unnamed)";
def head: "failed|foreseen|of|mended of none's|bytes, median|said held|of half the labels, for the others|no path named";
"application|margin|MB|failed|of|said|fails",
(.applications[] | "\(.app)|\(.margin)|\(.bytes / 1e6 | rounded(10))|\(.failed)|\(.features)|\(.said.chance * 100 | round) % (\(
	.said.low * 100 | round) to \(.said.high * 100 | round))|\([.failing[].feature] | join(" "))"),
"",
"margin|\(head)",
(.margins[] | sums),
(.halves | group_by(.half)[] | "", "\(.[0].half)|\(head)", (.[] | sums))
