"""Every version of the schema, in order."""
