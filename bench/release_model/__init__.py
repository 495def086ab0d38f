"""A model of a site that releases: the real rules, driven through every order of events that may happen."""
