# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# awk -f layers.awk src/layers src/*.c src/*.h: who may include whom.  The map
# "stem layer" is src/layers; the rules are here.

BEGIN {
	may["base"] = "base"
	may["model"] = "base model"
	may["core"] = "base model core"
	may["sys"] = "base sys"
	may["drv"] = "base model sys drv limits.h"
	may["svc"] = "base model core sys drv svc shim.h"
	may["shim"] = "base sys shim"
	# ready.h: the words for what an agent waits for
	may["cli"] = "base model sys drv svc shim.h panelog.h ready.h cli"
}

function stem(path) {
	sub(/.*\//, "", path)
	sub(/\.[ch]$/, "", path)
	return path
}

function complain(text) {
	printf "%s:%d: error: %s\n", FILENAME, FNR, text
	bad = 1
}

FILENAME ~ /layers$/ {
	if ($0 ~ /^#/ || NF == 0)
		next
	if (NF != 2 || !($2 in may))
		complain("not 'stem layer': " $0)
	layer[$1] = $2
	next
}

FNR == 1 {
	here = stem(FILENAME)
	seen[here] = 1
	if (here ~ /^cmd-/)
		layer[here] = "cli"
	if (!(here in layer))
		complain(here " has no layer: add it to src/layers")
}

/^#include "/ && here in layer {
	split($0, part, "\"")
	to = stem(part[2])
	if (!(to in layer)) {
		complain("'" part[2] "' has no layer")
		next
	}
	allowed = " " may[layer[here]] " "
	if (!index(allowed, " " layer[to] " ") &&
	    !index(allowed, " " part[2] " "))
		complain(here " (" layer[here] ") may not include " \
		    to " (" layer[to] ")")
}

END {
	for (s in layer)
		if (!(s in seen)) {
			printf "src/layers: error: there is no src/%s.[ch]\n", s
			bad = 1
		}
	exit bad
}
