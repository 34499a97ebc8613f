# experiment-truth.sh's table as text, cells with | between.
def rounded($n): . * $n | round | . / $n;
"application|margin|MB|failed|of|said|fails",
(.applications[] | "\(.app)|\(.margin)|\(.bytes / 1e6 | rounded(10))|\(.failed)|\(.features)|\(.said.chance * 100 | round) % (\(
	.said.low * 100 | round) to \(.said.high * 100 | round))|\([.failing[].feature] | join(" "))"),
"",
"margin|failed|foreseen|of|mended of none's|bytes, median|said held|of the half not tuned on|no path named",
(.margins[] | "\(.margin)|\(.failed)|\(.foreseen)|\(.features)|\(if .mended then "\(.mended * 100 | round) %" else "-" end)|\(
	.ratio | rounded(1000))|\(.held) of \(.applications)|\(.judged_held) of \(.judged)|\(.unnamed)")
