"""What session files are called, inside and outside."""

EXTENSION = ".drizzledesk"
FORMAT = "drizzledesk session"
VERSION = 1
