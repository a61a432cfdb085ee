"""Who may do and see what: roles, posts and rules as data, scopes that compile to SQL, accounts and the audit log."""
