"""The pretend Globus, tried with the vendor's own clients."""
