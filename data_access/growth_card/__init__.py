"""Stores of the growth card: ledger, entry sheets, disputes and corrections."""
