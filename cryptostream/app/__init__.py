"""Where everything meets: the supervision tree of a daemon and what runs in its processes."""
