"""Who gets in: every address is closed to those who are not signed in, but for a short list."""

COOKIE = "mingjing"
"""Name of the cookie that holds the token of a signed-in browser."""
