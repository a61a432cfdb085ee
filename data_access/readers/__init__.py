"""The only door to rows: every read names the scope it is made in; there is no default."""
