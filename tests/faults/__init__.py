"""What breaks, and what stays whole: each module is one kind of fault, and all together print a table."""
