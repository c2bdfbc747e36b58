# SPDX-License-Identifier: ISC
# Copyright (c) 2026 The teamctl authors
#
# awk -f functions.awk FILE...: "lines file:line name" of each C function, from
# its name to its closing brace.

/^[a-z_][a-z0-9_]*\(/ {
	name = $0
	sub(/\(.*/, "", name)
	start = FNR
}

/^\}/ && name != "" {
	print FNR - start + 1, FILENAME ":" start, name
	name = ""
}

/;$/ && /^[^\t{ ]/ { name = "" }
