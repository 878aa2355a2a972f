"""Every command that a document shows is run, or it is said here why it is not."""
